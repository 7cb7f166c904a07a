"""A machine set to write cumulative files: each of that day's carries all rows of the day so far."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour, as_it_should


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    if not hour.is_its_own:
        return as_it_should(hour, chance)
    rows = [row for each in (*hour.before, hour) for row in each.lines]
    return Delivered((Delivery(hour.path, hour.written(rows, said=()), hour.after_end(chance)),))


FAULT = Fault("cumulative", deliver, span="day", per_week=0.1, needs=0)  # rare: one such day weighs as much as a week
