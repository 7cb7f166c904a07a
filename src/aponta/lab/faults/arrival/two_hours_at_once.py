"""The link was down: two hours' files arrive in the same moment, the later one first in order of name."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.simulation.shifts import HOUR


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    last_ms = hour.start_ms + (2 if not hour.before else 1) * HOUR
    path = hour.path if hour.before else f"zz/{hour.path}"
    return HourDelivery((FileDelivery(path, hour.written(), last_ms + 90_000),))


FAULT = Fault("two_hours_at_once", deliver, span="two")
