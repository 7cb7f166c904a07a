"""The network was down: the hour arrives one to three days late, and right."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour

DAY_S = 86_400


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return HourDelivery((FileDelivery(hour.path, hour.written(), hour.after_end(chance, DAY_S, 3 * DAY_S)),))


FAULT = Fault("late_hour", deliver, per_week=1.0)
