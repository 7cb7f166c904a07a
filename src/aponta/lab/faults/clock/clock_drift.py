"""The machine's clock runs too fast for an hour: each of its seconds is a little shorter."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, by_another_clock, deliver_normally


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    if hour.before:
        return deliver_normally(hour, chance)
    return by_another_clock(hour, chance, lambda ms: ms + (ms - hour.start_ms) // 50)


FAULT = Fault("clock_drift", deliver, span="two")
