"""The clock's battery is empty: after a power cut it begins at 1 January 2000. Rows from then are set aside."""

from datetime import date
from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, clock_lost


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return clock_lost(hour, chance, date(2000, 1, 1))


FAULT = Fault("clock_reset", deliver)
