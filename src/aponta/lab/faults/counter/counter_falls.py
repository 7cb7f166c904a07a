"""Two neighbours have each other's number: a small fall, which is a row out of order and no restart."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, deliver_normally, middle_item
from aponta.lab.simulation.machine import SimulatedItem


def _number(first: int, items: Sequence[SimulatedItem], counters: int) -> Sequence[int]:
    last, half = first + len(items), first + middle_item(items)
    return [*range(first, half - 1), half, half - 1, *range(half + 1, last)] if len(items) > 1 else range(first, last)


FAULT = Fault("counter_falls", deliver_normally, number=_number, needs=4)
