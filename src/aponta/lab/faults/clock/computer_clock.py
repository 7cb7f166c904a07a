"""The clock of the computer that keeps the files is wrong: the file is of 1980. That the clocks differ is flagged."""

from datetime import date
from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.simulation.shifts import HOUR, at


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    at_ms = at(date(1980, 1, 1), "12:00") + chance.randrange(HOUR)
    return Delivered((Delivery(hour.path, hour.written(), at_ms, flags="clock"),))


FAULT = Fault("computer_clock", deliver)
