"""A machine set to write cumulative files: each of that day's carries all rows of the day so far."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour, deliver_normally


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    if not hour.is_its_own:
        return deliver_normally(hour, chance)
    rows = [row for each in (*hour.before, hour) for row in each.lines]
    return HourDelivery((FileDelivery(hour.path, hour.written(rows, states=()), hour.after_end(chance)),))


FAULT = Fault("cumulative", deliver, span="day", per_week=0.1, needs=0)  # rare: one such day weighs as much as a week
