"""A machine set to write cumulative files: each of that day's carries all rows of the day so far."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows = [row for each in (*hour.before, hour) for row in each.rows]
    return Delivered((Delivery(hour.name, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault("cumulative", deliver, span="day", per_week=0.1, needs=0)  # rare: one such day weighs as much as a week
