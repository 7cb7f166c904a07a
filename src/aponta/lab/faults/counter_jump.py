"""The counter passes over numbers in mid-hour: so many items were not seen, and none is invented."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, as_it_should

PASSED_OVER = 1000


def number(first: int, count: int) -> Sequence[int]:
    before = count // 2
    return [*range(first, first + before), *range(first + before + PASSED_OVER, first + count + PASSED_OVER)]


FAULT = Fault("counter_jump", as_it_should, number=number)
