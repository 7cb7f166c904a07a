"""The same file is sent again, hours later, by someone who was not sure."""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    data = hour.written()
    first = Delivery(hour.path, data, hour.after_end(chance))
    return Delivered((first, Delivery(AGAIN + hour.path, data, hour.after_end(chance, 3_600, 30_000), "duplicate")))


FAULT = Fault("duplicate", deliver, per_week=1.0)
