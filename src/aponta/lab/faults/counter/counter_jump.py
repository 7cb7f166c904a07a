"""The counter passes over numbers in mid-hour: so many items were not seen, and none is invented."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, as_it_should, middle
from aponta.lab.simulation.machine import Item

PASSED_OVER = 1000


def number(first: int, items: Sequence[Item], counters: int) -> Sequence[int]:
    before = middle(items)
    return [*range(first, first + before), *range(first + before + PASSED_OVER, first + len(items) + PASSED_OVER)]


FAULT = Fault("counter_jump", as_it_should, number=number)
