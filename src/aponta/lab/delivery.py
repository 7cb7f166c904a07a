"""How an hour of a machine reaches the landing folder: as it should, or by a fault.

A fault is one file under `faults/` that declares a `Fault`; the folder is walked and the declaration found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Literal

from aponta.lab.machine import Item
from aponta.lab.plant import Machine
from aponta.lab.shifts import HOUR
from aponta.lab.text import TIME, changed, file_bytes, file_name, moment

AHEAD_MS = 60_000  # of the file's own time: from then on a machine's clock is told to be wrong
Seal = Callable[[bytes], bytes]  # the bytes above a trailer -> what the trailer ends with
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
    before: Sequence["MachineHour"] = ()  # hours that this very fault took before, of one that takes several
    last: bool = True  # of the hours that it takes
    peer: Machine | None = None  # the other machine, for a fault of two
    turn: int = 0  # how often this fault was planned before
    seal: Seal | None = None  # where trailers have a checksum

    @property
    def name(self) -> str:
        return file_name(self.machine.code, self.start_ms)

    def after_end(self, chance: Random, least_s: float = 5, most_s: float = 40) -> int:
        """A moment of delivery: so many seconds after the hour's end."""
        return self.start_ms + HOUR + round(1000 * chance.uniform(least_s, most_s))

    def written(
        self, rows: Sequence[str] | None = None, trailer: int | None = -1, encoding: str = "cp1252", lies: bool = False
    ) -> bytes:
        """The file with these rows (its own), claiming so many (-1: as many as there are; None: no trailer)."""
        rows = self.rows if rows is None else rows
        claimed = len(rows) if trailer == -1 else trailer

        def seal(above: bytes) -> bytes:
            return self.seal(above[1:] if lies else above) if self.seal else b""

        return file_bytes(self.machine, self.start_ms, self.product, rows, claimed, encoding, seal)


@dataclass(frozen=True)
class Delivery:
    """A file that arrives: its path in the landing folder, and what the pipeline should make of it."""

    path: str
    data: bytes
    at_ms: int
    status: Status | None = "new"  # None: it is passed over
    reason: str = ""  # why it is refused whole
    flags: str = ""
    files: int = 1  # that come of it: an archive holds several


@dataclass(frozen=True)
class Delivered:
    """All files of a machine's hour, and what cannot be known from them."""

    files: tuple[Delivery, ...]
    withheld: Mapping[int, str] = field(default_factory=dict)  # index of an item that no file tells -> why
    told: Mapping[int, Item] = field(default_factory=dict)  # index of an item that they tell otherwise -> how
    set_aside: Mapping[str, int] = field(default_factory=dict)  # reason -> rows that are quarantined
    covered: bool = True  # a good file came: else the hour is unknown, and all its items are withheld
    held: bool = False  # nothing of this hour may be declared to stock


@dataclass(frozen=True)
class Fault:
    """`deliver` is given the hour and a source of chance of its own.

    span: what one fault takes - an hour, an hour and the next one, the same hour of two machines, or a machine's day.
    per_week: how many in a week of one machine; `at_least` so many in the whole simulation, at most one a machine if
    `once`.
    needs: items the hour must have; the fault waits for the machine's next free hour else.
    fits: may it fall on the hour that begins then, in a simulation that begins on that day?
    number: the counters of so many items, the first of them given.
    layout: what the machines' layout then says in other words: as it is, as it is to be.
    seal: what then ends all files' trailers.
    """

    name: str
    deliver: Callable[[MachineHour, Random], Delivered]
    span: Literal["hour", "two", "pair", "day"] = "hour"
    per_week: float = 0.3
    at_least: int = 1
    once: bool = False
    needs: int = 2
    fits: Callable[[int, date], bool] = lambda hour_ms, first_day: True
    number: Callable[[int, int], Sequence[int]] = lambda first, count: range(first, first + count)
    layout: Sequence[tuple[str, str]] = ()
    seal: Seal | None = None


def as_it_should(hour: MachineHour, chance: Random) -> Delivered:
    """One file, whole, some seconds after the hour's end."""
    return Delivered((Delivery(hour.name, hour.written(), hour.after_end(chance)),))


def refused(hour: MachineHour, reason: str, data: bytes, chance: Random, name: str | None = None) -> Delivery:
    """A file that is set aside as a whole."""
    return Delivery(name or hour.name, data, hour.after_end(chance), "quarantined", reason)


def spoilt(hour: MachineHour, chance: Random, reason: str, rows: Mapping[int, str], lines: int = 1) -> Delivered:
    """These rows are written so instead, each as so many lines that are set aside; the trailer counts the items."""
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    file = Delivery(hour.name, hour.written(written), hour.after_end(chance))
    return Delivered((file,), dict.fromkeys(rows, reason), set_aside={reason: lines * len(rows)})


def retold(hour: MachineHour, chance: Random, told: Mapping[int, Item], rows: Mapping[int, str]) -> Delivered:
    """These items are told otherwise, by these rows."""
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    at_ms = hour.after_end(chance)
    latest = max((item.produced_ms for item in told.values()), default=0)
    flags = "clock" if latest - at_ms > AHEAD_MS else ""
    return Delivered((Delivery(hour.name, hour.written(written), at_ms, flags=flags),), told=told)


def by_clock(hour: MachineHour, chance: Random, clock: Callable[[int], int]) -> Delivered:
    """The hour as told by another clock: true times -> what it shows."""
    told = {index: item._replace(produced_ms=clock(item.produced_ms)) for index, item in enumerate(hour.items)}
    if not told or told[0].produced_ms >= hour.start_ms + HOUR:
        return as_it_should(hour, chance)  # a file without a row of its own hour speaks for another one
    rows = {index: changed(hour.rows[index], TIME, moment(item.produced_ms)) for index, item in told.items()}
    return retold(hour, chance, told, rows)


def tail(hour: MachineHour, most: int = 40) -> range:
    """The indices of the last items: a part of the hour, and not many of a busy one."""
    return range(len(hour.items) - min(most, len(hour.items) // 2), len(hour.items))
