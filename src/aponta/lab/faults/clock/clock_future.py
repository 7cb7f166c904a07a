"""The machine's clock was set to a year that is still far away: rows from then are set aside."""

from datetime import date
from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, clock_lost


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return clock_lost(hour, chance, date(2090, 1, 1))


FAULT = Fault("clock_future", deliver)
