"""The machine was given a number that no row of machines.csv has."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, refused_file


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    code = hour.machine.code
    data = hour.written().replace(code.encode(), hour.form.unknown_code.encode())
    path = hour.form.path(hour.form.unknown_code, hour.start_ms)
    return HourDelivery((refused_file(hour, "unknown_machine", data, chance, path),), covered=False)


FAULT = Fault("unknown_machine", deliver, once=True, apart=True)  # two of an hour would have one name
