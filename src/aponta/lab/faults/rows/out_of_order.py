"""The rows come in any order."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    rows = chance.sample(list(hour.rows), len(hour.rows))
    return HourDelivery((FileDelivery(hour.path, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault("out_of_order", deliver)
