"""A row was broken over two lines, and nothing tells that they belong together: both are set aside."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    (index,) = chance.sample(range(len(hour.rows)), 1)
    broken = hour.rows[index].replace(";", "\r\n", 3).replace("\r\n", ";", 2)
    return spoilt(hour, chance, "columns", {index: broken}, lines=2)


FAULT = Fault("broken_row", deliver)
