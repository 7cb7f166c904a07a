"""The machine was given a number that no row of machines.csv has."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, refused


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    code = hour.machine.code
    data = hour.written().replace(code.encode(), hour.form.nobody.encode())
    path = hour.form.path(hour.form.nobody, hour.start_ms)
    return Delivered((refused(hour, "unknown_machine", data, chance, path),), covered=False)


FAULT = Fault("unknown_machine", deliver, once=True, apart=True)  # two of an hour would have one name
