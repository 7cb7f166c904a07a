"""The computer lost power while writing: behind the last row its disk shows zero bytes."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    padding = bytes(chance.randrange(1, 4096))
    return Delivered((Delivery(hour.path, hour.written() + padding, hour.after_end(chance)),))


FAULT = Fault("nul_padding", deliver)
