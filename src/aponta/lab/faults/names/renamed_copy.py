"""A copy made by hand in the landing folder: the same bytes beside the original, under the name that Windows gives."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    data = hour.written()
    first = Delivery(hour.path, data, hour.after_end(chance))
    copy = hour.form.named(hour.path, lambda name: " - Cópia.".join(name.rsplit(".", 1)))
    return Delivered((first, Delivery(copy, data, hour.after_end(chance, 600, 7_200), "duplicate")))


FAULT = Fault("renamed_copy", deliver, per_week=1.0)
