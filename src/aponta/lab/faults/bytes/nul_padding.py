"""The computer lost power while writing: behind the last row its disk shows zero bytes."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    padding = bytes(chance.randrange(1, 4096))
    return HourDelivery((FileDelivery(hour.path, hour.written() + padding, hour.after_end(chance)),))


FAULT = Fault("nul_padding", deliver)
