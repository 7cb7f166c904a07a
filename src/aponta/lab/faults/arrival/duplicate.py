"""The same file is sent again, hours later, by someone who was not sure."""

from random import Random

from aponta.lab.delivery import AGAIN, Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    data = hour.written()
    first = FileDelivery(hour.path, data, hour.after_end(chance))
    return HourDelivery(
        (first, FileDelivery(AGAIN + hour.path, data, hour.after_end(chance, 3_600, 30_000), "duplicate"))
    )


FAULT = Fault("duplicate", deliver, per_week=1.0)
