"""The name comes as M01_20260303_09.TXT, or as m01_20260303_09.txt."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    path = hour.form.named(hour.path, str.lower if hour.turn % 2 else str.upper)
    return Delivered((Delivery(path, hour.written(), hour.after_end(chance)),))


FAULT = Fault("other_case", deliver, at_least=2)
