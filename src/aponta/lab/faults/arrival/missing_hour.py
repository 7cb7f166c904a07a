"""The hour's file was never written: the time stays unknown, and is no stop."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return Delivered((), covered=False)


FAULT = Fault("missing_hour", deliver)
