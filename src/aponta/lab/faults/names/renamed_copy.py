"""A copy made by hand in the landing folder: the same bytes beside the original, under the name that Windows gives."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    data = hour.written()
    first = FileDelivery(hour.path, data, hour.after_end(chance))
    copy = hour.form.renamed_path(hour.path, lambda name: " - Cópia.".join(name.rsplit(".", 1)))
    return HourDelivery((first, FileDelivery(copy, data, hour.after_end(chance, 600, 7_200), "duplicate")))


FAULT = Fault("renamed_copy", deliver, per_week=1.0)
