"""The machine tells its state anew each minute, changed or not: the same one told again goes on."""

from itertools import pairwise
from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.simulation.shifts import HOUR

MINUTE_MS = 60_000


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    end = hour.start_ms + HOUR
    spans = pairwise([*((one.at_ms, one) for one in hour.said), (end, None)])
    said = [
        one._replace(at_ms=at_ms)
        for (since, one), (until, _) in spans
        if one
        for at_ms in range(since, until, MINUTE_MS)
    ]
    return Delivered((Delivery(hour.path, hour.written(said=said), hour.after_end(chance)),), said=said)


FAULT = Fault("state_again", deliver, suits=lambda form: form.says is not None)
