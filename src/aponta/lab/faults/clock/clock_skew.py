"""The machine's clock is minutes ahead; at the hour's end it is set right. Times stay as told, and are flagged."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, as_it_should, by_clock


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    if hour.before:
        return as_it_should(hour, chance)
    ahead_ms = round(60_000 * chance.uniform(8, 15))
    return by_clock(hour, chance, lambda ms: ms + ahead_ms)


FAULT = Fault("clock_skew", deliver, span="two")
