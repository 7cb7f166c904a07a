"""The file lies in folders whose names have spaces and accents."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    path = f"{hour.machine.area}/{hour.machine.name} – produção/{hour.path}"
    return Delivered((Delivery(path, hour.written(), hour.after_end(chance)),))


FAULT = Fault("accents_in_path", deliver)
