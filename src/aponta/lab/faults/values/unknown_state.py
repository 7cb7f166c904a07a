"""A state that the layout has no word for, for two minutes: it is kept as unknown, and there gaps count."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.simulation.states import RUNNING, Said

LENGTH_MS = 120_000


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    at_ms = chance.choice(hour.items).produced_ms + 1
    said = sorted((*hour.said, Said(at_ms, "Manual"), Said(at_ms + LENGTH_MS, RUNNING)))
    return Delivered((Delivery(hour.path, hour.written(said=said), hour.after_end(chance)),), said=said)


FAULT = Fault("unknown_state", deliver, suits=lambda form: form.says is not None)
