"""A value is written with a decimal point, one with a point between thousands: each could be read as another number."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt
from aponta.lab.text import CYCLE, TEMPERATURE, changed


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    point, thousands = chance.sample(range(len(hour.rows)), 2)
    rows = {
        point: changed(hour.rows[point], TEMPERATURE, "68.97"),
        thousands: changed(hour.rows[thousands], CYCLE, "1.234,5"),
    }
    return spoilt(hour, chance, "number", rows)


FAULT = Fault("mixed_decimals", deliver)
