"""The machine's clock is minutes ahead; at the hour's end it is set right. Times stay as written, and are flagged."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, by_another_clock, deliver_normally


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    if hour.before:
        return deliver_normally(hour, chance)
    ahead_ms = round(60_000 * chance.uniform(8, 15))
    return by_another_clock(hour, chance, lambda ms: ms + ahead_ms)


FAULT = Fault("clock_skew", deliver, span="two")
