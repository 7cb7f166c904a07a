"""How an hour of a machine reaches the landing folder: as it should, or by a fault.

A fault is one file under `faults/` that declares a `Fault`; the folder is walked and the declaration found.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import Literal

from aponta.lab.form import Form
from aponta.lab.simulation.machine import Item
from aponta.lab.simulation.plant import Machine
from aponta.lab.simulation.shifts import HOUR, at
from aponta.lab.simulation.states import Said

MINUTE = 60_000  # ms: a file that names no hour speaks for those of which its rows tell so much
AHEAD_MS = 60_000  # of the file's own time: from then on a machine's clock is told to be wrong
Status = Literal["new", "duplicate", "version", "quarantined"]
AGAIN = "reenvio/"  # folder, in the landing folder, of what is sent a second time


@dataclass(frozen=True)
class MachineHour:
    """What a machine made in an hour, and the rows that tell it."""

    machine: Machine
    form: Form
    start_ms: int
    product: str  # named in the file's header
    counters: Sequence[int]
    items: Sequence[Item]
    rows: Sequence[str]  # one an item
    said: Sequence[Said] = ()  # of itself, where its form tells that
    before: Sequence["MachineHour"] = ()  # hours that this very fault took before, of one that takes several
    last: bool = True  # of the hours that it takes
    peer: Machine | None = None  # the other machine, for a fault of two
    turn: int = 0  # how often this fault was planned before

    @property
    def path(self) -> str:
        return self.form.path(self.machine.code, self.start_ms)

    @property
    def is_written(self) -> bool:
        return bool(self.items) or self.form.writes_empty

    @property
    def is_its_own(self) -> bool:
        """With rows of other hours in it the file would still be this hour's: its name and a row tell that, or a minute
        of rows.
        """
        if self.form.names_hour:
            return bool(self.items or self.said)
        return bool(self.items) and self.items[-1].produced_ms - self.items[0].produced_ms >= MINUTE

    @property
    def lines(self) -> list[str]:
        """Its rows, items and states in order of time."""
        return self._among(self.rows, self.said, len(self.rows))

    def after_end(self, chance: Random, least_s: float = 5, most_s: float = 40) -> int:
        """A moment of delivery: so many seconds after the hour's end."""
        return self.start_ms + HOUR + round(1000 * chance.uniform(least_s, most_s))

    def written(
        self,
        rows: Sequence[str] | None = None,
        trailer: int | None = -1,
        encoding: str | None = None,
        lies: bool = False,
        said: Sequence[Said] | None = None,
    ) -> bytes:
        """The file with these rows of items (its own), claiming so many (-1: as many as there are; None: no trailer).

        said: what states it tells (its own). Of a whole hour without a trailer the last row is that of an item.
        """
        rows = self.rows if rows is None else rows
        claimed = len(rows) if trailer == -1 else trailer
        lines = self._among(
            rows, self.said if said is None else said, len(rows) - (claimed is None and len(rows) == len(self.items))
        )
        head = self.form.head(self.machine, self.start_ms, self.product) if self.form.head else []
        return self.form.file(head, lines, claimed, encoding or self.form.encoding, lies)

    def _among(self, rows: Sequence[str], said: Sequence[Said], last: int) -> list[str]:
        """Rows, and before which of them each state is told; where some are lacking, no later state is told yet."""
        if self.form.says is None or not said:
            return list(rows)
        times, lines, done = [item.produced_ms for item in self.items], list[str](), 0
        for one in sorted(said):
            place = bisect_right(times, one.at_ms)
            if place > len(rows) < len(times):
                break
            place = max(done, min(place, last))
            lines += [*rows[done:place], self.form.says(one)]
            done = place
        return [*lines, *rows[done:]]


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
    said: Sequence[Said] | None = None  # the states that they tell, where they tell others
    set_aside: Mapping[str, int] = field(default_factory=dict)  # reason -> rows that are quarantined
    covered: bool = True  # a good file came: else the hour is unknown, and all its items are withheld
    held: bool = False  # nothing of this hour may be declared to stock
    also: Sequence[int] = ()  # later hours that its files speak for, too


@dataclass(frozen=True)
class Fault:
    """`deliver` is given the hour and a source of chance of its own.

    span: what one fault takes - an hour, an hour and the next one, the same hour of two machines, or a machine's day.
    per_week: how many in a week of one machine; `at_least` so many in the whole simulation, at most one a machine if
    `once`, at most one an hour if `apart`.
    needs: items the hour must have; the fault waits for the machine's next free hour else.
    fits: may it fall on the hour that begins then, in a simulation that begins on that day?
    suits: can it happen to files of this form? Not that it matters to all of them.
    number: the counters of these items, the first of them given, where there are so many counters.
    form: what the form of all its machines then is: what their layout says, what their trailers end with.
    """

    name: str
    deliver: Callable[[MachineHour, Random], Delivered]
    span: Literal["hour", "two", "pair", "day"] = "hour"
    per_week: float = 0.3
    at_least: int = 1
    once: bool = False
    apart: bool = False
    needs: int = 2
    fits: Callable[[int, date], bool] = lambda hour_ms, first_day: True
    suits: Callable[[Form], bool] = lambda form: True
    number: Callable[[int, Sequence[Item], int], Sequence[int]] = lambda first, items, counters: range(
        first, first + len(items)
    )
    form: Callable[[Form], Form] = lambda form: form


def as_it_should(hour: MachineHour, chance: Random) -> Delivered:
    """One file, whole, some seconds after the hour's end."""
    if not hour.is_written:
        return Delivered((), covered=False)
    return Delivered((Delivery(hour.path, hour.written(), hour.after_end(chance)),))


def middle(items: Sequence[Item]) -> int:
    """The index of an item in mid-hour, later than the one before it: in that order the two are known."""
    half = len(items) // 2
    times = [item.produced_ms for item in items]
    later = (index for index in range(max(half, 1), len(items)) if times[index] > times[index - 1])
    return next(later, half)


def refused(hour: MachineHour, reason: str, data: bytes, chance: Random, path: str | None = None) -> Delivery:
    """A file that is set aside as a whole."""
    return Delivery(path or hour.path, data, hour.after_end(chance), "quarantined", reason)


def spoilt(hour: MachineHour, chance: Random, reason: str, rows: Mapping[int, str], lines: int = 1) -> Delivered:
    """These rows are written so instead, each as so many lines that are set aside; the trailer counts the items."""
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    file = Delivery(hour.path, hour.written(written), hour.after_end(chance))
    return Delivered((file,), dict.fromkeys(rows, reason), set_aside={reason: lines * len(rows)})


def retold(
    hour: MachineHour,
    chance: Random,
    told: Mapping[int, Item],
    rows: Mapping[int, str],
    said: Sequence[Said] | None = None,
) -> Delivered:
    """These items are told otherwise, by these rows; and these states, all of them."""
    told = {index: hour.form.told(hour.machine, item) for index, item in told.items()}
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    at_ms = hour.after_end(chance)
    latest = max((item.produced_ms for item in told.values()), default=0)
    flags = "clock" if latest - at_ms > AHEAD_MS else ""
    return Delivered((Delivery(hour.path, hour.written(written, said=said), at_ms, flags=flags),), told=told, said=said)


def by_clock(hour: MachineHour, chance: Random, clock: Callable[[int], int]) -> Delivered:
    """The hour as told by another clock: true times -> what it shows."""
    shown = (item._replace(produced_ms=clock(item.produced_ms)) for item in hour.items)
    told = {index: hour.form.told(hour.machine, item) for index, item in enumerate(shown)}
    own = [item for item in told.values() if item.produced_ms < hour.start_ms + HOUR]
    later = [item.produced_ms for item in told.values()][len(own) :]
    named = hour.form.names_hour
    if not replace(hour, items=own, said=()).is_its_own or not named and len(later) > len(own):
        return as_it_should(hour, chance)  # it would speak for another one
    also = [hour.start_ms + HOUR] if not named and later and later[-1] - later[0] >= MINUTE else []
    rows = {index: _timed(hour, index, item.produced_ms) for index, item in told.items()}
    said = [one._replace(at_ms=clock(one.at_ms)) for one in hour.said]
    return replace(retold(hour, chance, told, rows, said), also=also)


def clock_lost(hour: MachineHour, chance: Random, since: date) -> Delivered:
    """Towards the hour's end its clock begins anew on that day, and what it then tells is set aside."""
    chosen, begun_ms = tail(hour), at(since, "00:00")
    lost_ms = hour.items[chosen[0]].produced_ms if chosen else hour.start_ms + HOUR
    rows = {index: _timed(hour, index, begun_ms + hour.items[index].produced_ms - hour.start_ms) for index in chosen}
    kept = [one for one in hour.said if one.at_ms < lost_ms]
    lost = [one._replace(at_ms=begun_ms + one.at_ms - hour.start_ms) for one in hour.said if one.at_ms >= lost_ms]
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    written += [hour.form.says(one) for one in lost] if hour.form.says else []
    file = Delivery(hour.path, hour.written(written, len(written), said=kept), hour.after_end(chance))
    reasons = Counter(clock=len(rows) + len(lost))
    return Delivered((file,), dict.fromkeys(rows, "clock"), said=kept, set_aside=+reasons)


def _timed(hour: MachineHour, index: int, ms: int) -> str:
    return hour.form.put(hour.rows[index], "produced_at", hour.form.moment(ms))


def tail(hour: MachineHour, most: int = 40) -> range:
    """The indices of the last items: a part of the hour, and not many of a busy one."""
    return range(len(hour.items) - min(most, len(hour.items) // 2), len(hour.items))
