"""The clock of the computer that keeps the files is wrong: the file is dated 1980. The difference is flagged."""

from datetime import date
from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.simulation.shifts import HOUR, to_ms


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    at_ms = to_ms(date(1980, 1, 1), "12:00") + chance.randrange(HOUR)
    return HourDelivery((FileDelivery(hour.path, hour.written(), at_ms, flags="clock"),))


FAULT = Fault("computer_clock", deliver)
