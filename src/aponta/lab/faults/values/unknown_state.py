"""A state that the layout has no word for, for two minutes: it is kept as unknown, and there gaps count."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.simulation.states import RUNNING, StateReport

LENGTH_MS = 120_000


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    at_ms = chance.choice(hour.items).produced_ms + 1
    states = sorted((*hour.states, StateReport(at_ms, "Manual"), StateReport(at_ms + LENGTH_MS, RUNNING)))
    return HourDelivery((FileDelivery(hour.path, hour.written(states=states), hour.after_end(chance)),), states=states)


FAULT = Fault("unknown_state", deliver, suits=lambda form: form.state_row is not None)
