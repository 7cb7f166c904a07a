"""The machine writes some of its rows twice."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    twice = set(chance.sample(range(len(hour.rows)), len(hour.rows) // 10 + 1))
    rows = [row for index, row in enumerate(hour.rows) for _ in range(1 + (index in twice))]
    return HourDelivery((FileDelivery(hour.path, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault("repeated_record", deliver)
