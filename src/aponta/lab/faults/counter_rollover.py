"""The counter reaches its last number in mid-hour and goes on at 0: the layout declares it, so it is no restart."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, as_it_should
from aponta.lab.text import COUNTERS

USUAL = "counter     = { column = 2 }"


def number(first: int, count: int) -> Sequence[int]:
    """Whatever came before: it had been set close to its end."""
    before = count // 2
    return [*range(COUNTERS - before, COUNTERS), *range(count - before)]


FAULT = Fault(
    "counter_rollover",
    as_it_should,
    number=number,
    layout=((USUAL, f"counter     = {{ column = 2, rollover = {COUNTERS} }}"),),
)
