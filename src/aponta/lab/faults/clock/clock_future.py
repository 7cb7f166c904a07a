"""The machine's clock was set to a year that is still far away: rows from then are quarantined."""

from datetime import date
from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_lost_clock


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return with_lost_clock(hour, chance, date(2090, 1, 1))


FAULT = Fault("clock_future", deliver)
