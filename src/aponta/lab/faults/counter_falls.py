"""Two neighbours have each other's number: a small fall, which is a row out of order and no restart."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, as_it_should


def number(first: int, count: int) -> Sequence[int]:
    half = count // 2
    if count < 2:
        return range(first, first + count)
    return [*range(first, first + half - 1), first + half, first + half - 1, *range(first + half + 1, first + count)]


FAULT = Fault("counter_falls", as_it_should, number=number, needs=4)
