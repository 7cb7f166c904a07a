"""The machine's clock runs too fast for an hour: each of its seconds is a little shorter."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, as_it_should, by_clock


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    if hour.before:
        return as_it_should(hour, chance)
    return by_clock(hour, chance, lambda ms: ms + (ms - hour.start_ms) // 50)


FAULT = Fault("clock_drift", deliver, span="two")
