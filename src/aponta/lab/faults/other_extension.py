"""The name ends in .dat since a change at the machine: no layout reads such names."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, refused


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    name = hour.name.replace(".txt", ".dat")
    return Delivered((refused(hour, "no_layout", hour.written(), chance, name),), covered=False)


FAULT = Fault("other_extension", deliver)
