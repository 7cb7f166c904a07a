"""Which hours a batch touches: those that came, and all from the item before them to the item after.

Pure arithmetic on few values. Times are integer microseconds, UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aponta.calendar import HOUR_US


@dataclass(frozen=True)
class Edge:
    """The item next to a block, outside of it; without one (`product` None) the limit of what was ever reported."""

    at: int
    hour: int
    product: str | None = None
    cycle_us: int | None = None


@dataclass(frozen=True)
class Block:
    """Touched hours of a machine with no item of an untouched hour between them."""

    number: int
    machine: str
    hours: tuple[int, ...]
    left: Edge
    right: Edge

    @property
    def span(self) -> tuple[str, int, int]:
        """The hours whose KPIs depend on the block: machine, first, last."""
        return self.machine, self.left.hour, self.right.hour


class Index(Protocol):
    """What is known of a machine's other hours."""

    def before(self, machine: str, hour: int) -> int | None:
        """The last hour with items before this one, not touched."""

    def after(self, machine: str, hour: int) -> int | None:
        """The first hour with items after this one, not touched."""

    def limits(self, machine: str) -> tuple[int, int]:
        """The machine's first and last reported hours, touched ones included."""

    def row(self, machine: str, hour: int) -> Mapping[str, Any]:
        """Its row of silver.hours."""


def blocks(touched: Iterable[tuple[str, int]], index: Index) -> list[Block]:
    found: list[Block] = []
    for machine, hours in _by_machine(touched).items():
        group: list[int] = []
        for hour in hours:
            between = index.after(machine, group[-1]) if group else None
            if between is not None and between < hour:
                found.append(_block(len(found), machine, group, index))
                group = []
            group.append(hour)
        found.append(_block(len(found), machine, group, index))
    return found


def _by_machine(touched: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    hours: dict[str, list[int]] = {}
    for machine, hour in sorted(set(touched)):
        hours.setdefault(machine, []).append(hour)
    return hours


def _block(number: int, machine: str, hours: list[int], index: Index) -> Block:
    first, last = index.limits(machine)
    before, after = index.before(machine, hours[0]), index.after(machine, hours[-1])
    if before is None:
        left = Edge(at=min(first, hours[0]), hour=min(first, hours[0]))
    else:
        row = index.row(machine, before)
        left = Edge(row["last_at"], before, row["last_product"], row["last_cycle_us"])
    if after is None:
        end = max(last, hours[-1])
        right = Edge(at=end + HOUR_US, hour=end, cycle_us=0)
    else:
        row = index.row(machine, after)
        right = Edge(row["first_at"], after, row["first_product"], row["first_cycle_us"])
    return Block(number, machine, tuple(hours), left, right)


def merged(spans: Iterable[tuple[str, int, int]]) -> tuple[tuple[str, int, int], ...]:
    """Overlapping and adjacent spans of hours of a machine as one."""
    found: list[tuple[str, int, int]] = []
    for machine, first, last in sorted(spans):
        if found and found[-1][0] == machine and first <= found[-1][2] + HOUR_US:
            found[-1] = (machine, found[-1][1], max(found[-1][2], last))
        else:
            found.append((machine, first, last))
    return tuple(found)


def hours_of(span: tuple[str, int, int]) -> range:
    return range(span[1], span[2] + HOUR_US, HOUR_US)
