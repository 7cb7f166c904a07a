"""The machine was reset in mid-hour: its counter begins again at 1, and goes on from there."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, deliver_normally, middle_item
from aponta.lab.simulation.machine import SimulatedItem


def _number(first: int, items: Sequence[SimulatedItem], counters: int) -> Sequence[int]:
    """The counters of the items, the first of them `first`: half of them, then from 1."""
    before = middle_item(items)
    return [*range(first, first + before), *range(1, len(items) - before + 1)]


FAULT = Fault("counter_restart", deliver_normally, per_week=1.0, number=_number)
