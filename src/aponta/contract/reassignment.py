"""A product or a quality that was typed wrong at a machine, as a person put it right. Times are integer microseconds
since 1970, UTC.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reassignment:
    """Items of a machine from `since` up to, and without, `until`. Several that match one item apply in the order of
    their numbers, each to the result of the one before.
    """

    number: int
    machine: str
    since: int
    until: int
    product: str | None  # only items of this one; None: of any
    quality: str | None
    to_product: str | None  # None: as it was
    to_quality: str | None
