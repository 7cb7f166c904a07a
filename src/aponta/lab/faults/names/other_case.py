"""The name comes as M01_20260303_09.TXT, or as m01_20260303_09.txt."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    path = hour.form.renamed_path(hour.path, str.lower if hour.turn % 2 else str.upper)
    return HourDelivery((FileDelivery(path, hour.written(), hour.after_end(chance)),))


FAULT = Fault("other_case", deliver, at_least=2)
