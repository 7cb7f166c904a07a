"""The hour's file was never written: the time stays unknown, and is no stop."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return HourDelivery((), covered=False)


FAULT = Fault("missing_hour", deliver)
