"""The name comes as M01_20260303_09.TXT, or as m01_20260303_09.txt."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    name = hour.name.lower() if hour.turn % 2 else hour.name.upper()
    return Delivered((Delivery(name, hour.written(), hour.after_end(chance)),))


FAULT = Fault("other_case", deliver, at_least=2)
