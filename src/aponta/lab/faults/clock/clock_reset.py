"""The clock's battery is empty: after a power cut it begins at 1 January 2000. Rows from then are quarantined."""

from datetime import date
from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_lost_clock


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return with_lost_clock(hour, chance, date(2000, 1, 1))


FAULT = Fault("clock_reset", deliver)
