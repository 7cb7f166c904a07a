"""The rows come in any order."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows = chance.sample(list(hour.rows), len(hour.rows))
    return Delivered((Delivery(hour.path, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault("out_of_order", deliver)
