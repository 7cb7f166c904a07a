"""The counter passes over numbers in mid-hour: so many items were not seen, and none is invented."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, deliver_normally, middle_item
from aponta.lab.simulation.machine import SimulatedItem

PASSED_OVER = 1000


def _number(first: int, items: Sequence[SimulatedItem], counters: int) -> Sequence[int]:
    before = middle_item(items)
    return [*range(first, first + before), *range(first + before + PASSED_OVER, first + len(items) + PASSED_OVER)]


FAULT = Fault("counter_jump", deliver_normally, number=_number)
