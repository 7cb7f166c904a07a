"""The machine reports its state each minute, changed or not: the same state reported again goes on."""

from itertools import pairwise
from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.simulation.shifts import HOUR

MINUTE_MS = 60_000


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    end = hour.start_ms + HOUR
    spans = pairwise([*((one.at_ms, one) for one in hour.states), (end, None)])
    states = [
        one._replace(at_ms=at_ms)
        for (since, one), (until, _) in spans
        if one
        for at_ms in range(since, until, MINUTE_MS)
    ]
    return HourDelivery((FileDelivery(hour.path, hour.written(states=states), hour.after_end(chance)),), states=states)


FAULT = Fault("state_again", deliver, suits=lambda form: form.state_row is not None)
