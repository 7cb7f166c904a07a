"""Blocks: the hours that came, and all from the item before them to the item after.

Pure arithmetic on few values. Times are integer microseconds, UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aponta.factory_calendar import HOUR_US


@dataclass(frozen=True)
class Neighbour:
    """The item next to a block, outside of it; where there is none (`product` None) the limit of what is reported."""

    at: int
    hour: int
    product: str | None = None
    cycle_us: int | None = None
    cycles: int = 1  # how many cycle_us stands for, or the ideal cycle where it is unknown
    running_product: str | None = None  # after that time, in which several products may be made


@dataclass(frozen=True)
class Block:
    """Touched hours of a machine with no item of an untouched hour between them."""

    number: int
    machine: str
    hours: tuple[int, ...]
    left: Neighbour
    right: Neighbour

    @property
    def span(self) -> tuple[str, int, int]:
        """The hours whose KPIs depend on the block: machine, first, last."""
        return self.machine, min(self.left.hour, self.hours[0]), max(self.right.hour, self.hours[-1])

    @property
    def starts(self) -> tuple[int, int]:
        """The first and the last time at which a stop of the block begins, or began before hours fell away."""
        first = self.left.at if self.left.product is not None else min(self.left.at, self.hours[0])
        last = self.right.at if self.right.product is not None else max(self.right.at, self.hours[-1] + HOUR_US)
        return first, last - 1


class NeighbourIndex(Protocol):
    """A machine's other hours, as they are known."""

    def before(self, machine: str, hour: int) -> int | None:
        """The last hour in which anything was made before this one, not touched."""

    def after(self, machine: str, hour: int) -> int | None:
        """The first hour in which anything was made after this one, not touched."""

    def limits(self, machine: str) -> tuple[int, int]:
        """The first and last hour that a file covers or that has items, with the batch's changes."""

    def row(self, machine: str, hour: int) -> Mapping[str, Any]:
        """Its row of silver.hours."""


def blocks(touched: Iterable[tuple[str, int]], index: NeighbourIndex) -> list[Block]:
    """(machine, hour), in any order and repeated -> blocks, in the order of machine and hour."""
    result: list[Block] = []
    for machine, hours in _by_machine(touched).items():
        group: list[int] = []
        for hour in hours:
            between = index.after(machine, group[-1]) if group else None
            if between is not None and between < hour:
                result.append(_block(len(result), machine, group, index))
                group = []
            group.append(hour)
        result.append(_block(len(result), machine, group, index))
    return result


def _by_machine(touched: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    hours: dict[str, list[int]] = {}
    for machine, hour in sorted(set(touched)):
        hours.setdefault(machine, []).append(hour)
    return hours


def _block(number: int, machine: str, hours: list[int], index: NeighbourIndex) -> Block:
    first, last = index.limits(machine)
    before, after = index.before(machine, hours[0]), index.after(machine, hours[-1])
    if before is None:
        left = Neighbour(at=first, hour=first)
    else:
        row = index.row(machine, before)
        left = Neighbour(row["last_at"], before, row["last_product"], row["last_cycle_us"])
    if after is None:
        right = Neighbour(at=last + HOUR_US, hour=last, cycle_us=0)
    else:
        row = index.row(machine, after)
        cycles = row["first_cycle_us"], row["first_cycles"]
        right = Neighbour(row["first_at"], after, row["first_product"], *cycles, row["first_in_force"])
    return Block(number, machine, tuple(hours), left, right)


def merge_spans(spans: Iterable[tuple[str, int, int]]) -> tuple[tuple[str, int, int], ...]:
    """Overlapping and adjacent spans of hours of a machine as one."""
    merged: list[tuple[str, int, int]] = []
    for machine, first, last in sorted(spans):
        if merged and merged[-1][0] == machine and first <= merged[-1][2] + HOUR_US:
            merged[-1] = (machine, merged[-1][1], max(merged[-1][2], last))
        else:
            merged.append((machine, first, last))
    return tuple(merged)


def hours_of_span(span: tuple[str, int, int]) -> range:
    return range(span[1], span[2] + HOUR_US, HOUR_US)
