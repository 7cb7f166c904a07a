"""Two neighbours have each other's number: a small fall, which is a row out of order and no restart."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, as_it_should, middle
from aponta.lab.simulation.machine import Item


def number(first: int, items: Sequence[Item], counters: int) -> Sequence[int]:
    last, half = first + len(items), first + middle(items)
    return [*range(first, half - 1), half, half - 1, *range(half + 1, last)] if len(items) > 1 else range(first, last)


FAULT = Fault("counter_falls", as_it_should, number=number, needs=4)
