"""How an hour of a machine reaches the landing folder: as it should, or by a fault.

A fault is one file under `faults/` that declares a `Fault`; the folder is walked and the declaration found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from aponta.lab.machine import Item
from aponta.lab.plant import Machine
from aponta.lab.shifts import HOUR
from aponta.lab.text import file_bytes, file_name

Status = Literal["new", "duplicate", "version", "quarantined"]
AGAIN = "reenvio/"  # folder, in the landing folder, of what is sent a second time


@dataclass(frozen=True)
class MachineHour:
    """What a machine made in an hour, and the rows that tell it."""

    machine: Machine
    start_ms: int
    product: str  # named in the file's header
    counters: Sequence[int]
    items: Sequence[Item]
    rows: Sequence[str]
    earlier: Sequence[str] = ()  # rows of the day's earlier hours, for a fault that spans the day
    peer: Machine | None = None  # the other machine, for a fault of two
    turn: int = 0  # how often this fault was planned before

    @property
    def name(self) -> str:
        return file_name(self.machine.code, self.start_ms)

    def after_end(self, chance: Random, least_s: float = 5, most_s: float = 40) -> int:
        """A moment of delivery: so many seconds after the hour's end."""
        return self.start_ms + HOUR + round(1000 * chance.uniform(least_s, most_s))

    def written(self, rows: Sequence[str] | None = None, trailer: int | None = -1) -> bytes:
        """The file with these rows (its own), claiming so many (-1: as many as there are; None: no trailer)."""
        rows = self.rows if rows is None else rows
        claimed = len(rows) if trailer == -1 else trailer
        return file_bytes(self.machine, self.start_ms, self.product, rows, claimed)


@dataclass(frozen=True)
class Delivery:
    """A file that arrives: its path in the landing folder, and what the pipeline should call it."""

    path: str
    data: bytes
    at_ms: int
    status: Status = "new"


@dataclass(frozen=True)
class Delivered:
    """All files of a machine's hour, and what cannot be known from them."""

    files: tuple[Delivery, ...]
    withheld: Mapping[int, str] = field(default_factory=dict)  # index of an item that no file tells -> why
    covered: bool = True  # a good file came: else the hour is unknown, and all its items are withheld
    held: bool = False  # nothing of this hour may be declared to stock


@dataclass(frozen=True)
class Fault:
    """`deliver` is given the hour and a source of chance of its own.

    span: what one fault takes - an hour, the same hour of two machines, or a machine's whole day.
    per_week: how many in a week of one machine; `at_least` so many in the whole simulation.
    needs: items the hour must have; the fault waits for the machine's next free hour else.
    number: the counters of so many items, the first of them given.
    """

    name: str
    deliver: Callable[[MachineHour, Random], Delivered]
    span: Literal["hour", "pair", "day"] = "hour"
    per_week: float = 1.0
    at_least: int = 1
    needs: int = 2
    number: Callable[[int, int], Sequence[int]] = lambda first, count: range(first, first + count)


def as_it_should(hour: MachineHour, chance: Random) -> Delivered:
    """One file, whole, some seconds after the hour's end."""
    return Delivered((Delivery(hour.name, hour.written(), hour.after_end(chance)),))
