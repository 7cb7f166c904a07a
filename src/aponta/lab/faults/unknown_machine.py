"""The machine was given a number that no row of machines.csv has."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, refused

NOBODY = "M00"


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    code = hour.machine.code
    data, name = hour.written().replace(code.encode(), NOBODY.encode()), hour.name.replace(code, NOBODY)
    return Delivered((refused(hour, "unknown_machine", data, chance, name),), covered=False)


FAULT = Fault("unknown_machine", deliver, once=True)
