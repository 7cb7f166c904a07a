"""Delivery of a machine's hour to the landing folder: normal, or through a fault.

A fault is one file under `faults/` that declares a `Fault`; the folder is walked for these declarations.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import Literal

from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR, to_ms
from aponta.lab.simulation.states import StateReport

MINUTE = 60_000  # ms: a file whose name has no hour covers the hours of which its rows span so much
AHEAD_MS = 60_000  # of the file's own time: from then on a machine's clock is flagged as wrong
Status = Literal["new", "duplicate", "version", "quarantined"]
AGAIN = "reenvio/"  # folder, in the landing folder, of files sent a second time


@dataclass(frozen=True)
class SimulatedHour:
    """A machine's production in an hour, and the rows of it."""

    machine: SimulatedMachine
    form: FileForm
    start_ms: int
    product: str  # named in the file's header
    counters: Sequence[int]
    items: Sequence[SimulatedItem]
    rows: Sequence[str]  # one per item
    states: Sequence[StateReport] = ()  # reported by the machine, where its form has states
    before: Sequence["SimulatedHour"] = ()  # earlier hours of this very fault, where it takes several
    last: bool = True  # of the fault's hours
    peer: SimulatedMachine | None = None  # the other machine, for a fault of two
    turn: int = 0  # how often this fault was planned before

    @property
    def path(self) -> str:
        return self.form.path(self.machine.code, self.start_ms)

    @property
    def is_written(self) -> bool:
        return bool(self.items) or self.form.writes_empty

    @property
    def is_its_own(self) -> bool:
        """Would the file still count for this hour with rows of other hours in it? By its name and a row, or by a
        minute of rows.
        """
        if self.form.names_hour:
            return bool(self.items or self.states)
        return bool(self.items) and self.items[-1].produced_ms - self.items[0].produced_ms >= MINUTE

    @property
    def lines(self) -> list[str]:
        """The rows of items and states, in order of time."""
        return self._merge(self.rows, self.states, len(self.rows))

    def after_end(self, chance: Random, least_s: float = 5, most_s: float = 40) -> int:
        """A time of delivery (ms): so many seconds after the hour's end."""
        return self.start_ms + HOUR + round(1000 * chance.uniform(least_s, most_s))

    def written(
        self,
        rows: Sequence[str] | None = None,
        trailer: int | None = -1,
        encoding: str | None = None,
        wrong_checksum: bool = False,
        states: Sequence[StateReport] | None = None,
    ) -> bytes:
        """The file with these rows of items (default: all of the hour).

        trailer: the number of rows that it claims (-1: the real number; None: no trailer).
        states: the states in it (default: all of the hour). A whole hour without a trailer
        ends with the row of an item.
        """
        rows = self.rows if rows is None else rows
        claimed = len(rows) if trailer == -1 else trailer
        lines = self._merge(
            rows,
            self.states if states is None else states,
            len(rows) - (claimed is None and len(rows) == len(self.items)),
        )
        header = self.form.header(self.machine, self.start_ms, self.product) if self.form.header else []
        return self.form.file(header, lines, claimed, encoding or self.form.encoding, wrong_checksum)

    def _merge(self, rows: Sequence[str], states: Sequence[StateReport], last: int) -> list[str]:
        """Rows with the states among them, by time; where rows are missing at the end, later states are too."""
        if self.form.state_row is None or not states:
            return list(rows)
        times, lines, done = [item.produced_ms for item in self.items], list[str](), 0
        for state in sorted(states):
            place = bisect_right(times, state.at_ms)
            if place > len(rows) < len(times):
                break
            place = max(done, min(place, last))
            lines += [*rows[done:place], self.form.state_row(state)]
            done = place
        return [*lines, *rows[done:]]


@dataclass(frozen=True)
class FileDelivery:
    """A file that arrives: its path in the landing folder, and the status that the pipeline should give it."""

    path: str
    data: bytes
    at_ms: int
    status: Status | None = "new"  # None: it is ignored
    reason: str = ""  # of its refusal as a whole
    flags: str = ""
    files: int = 1  # an archive holds several


@dataclass(frozen=True)
class HourDelivery:
    """All files of a machine's hour, and how they differ from the truth."""

    files: tuple[FileDelivery, ...]
    withheld: Mapping[int, str] = field(default_factory=dict)  # index of an item missing in every file -> why
    changed_items: Mapping[int, SimulatedItem] = field(default_factory=dict)  # index of an item -> as the files have it
    states: Sequence[StateReport] | None = None  # the states in them, where they differ
    set_aside: Mapping[str, int] = field(default_factory=dict)  # reason -> rows that are quarantined
    covered: bool = True  # a good file came: else the hour is unknown, and all its items are withheld
    stock_withheld: bool = False  # nothing of this hour may be declared to stock
    also_covers: Sequence[int] = ()  # later hours that its files cover, too


@dataclass(frozen=True)
class Fault:
    """deliver: the hour's files, given the hour and a source of chance of its own.

    span: hours that one fault takes - one hour, two in a row, the same hour of two machines, a machine's day.
    per_week: faults in a week of one machine; `at_least` so many in the whole simulation, at most one per machine if
    `once`, at most one per hour if `apart`.
    needs: items the hour must have; else the fault waits for the machine's next free hour.
    fits: may it fall on the hour that begins at that time, in a simulation that begins on that day?
    suits: can it happen to files of this form?
    number: the counters of these items, given the first counter, and how many numbers the counter has.
    form: the form of all its machines where the fault may occur: another layout, another trailer.
    """

    name: str
    deliver: Callable[[SimulatedHour, Random], HourDelivery]
    span: Literal["hour", "two", "pair", "day"] = "hour"
    per_week: float = 0.3
    at_least: int = 1
    once: bool = False
    apart: bool = False
    needs: int = 2
    fits: Callable[[int, date], bool] = lambda hour_ms, first_day: True
    suits: Callable[[FileForm], bool] = lambda form: True
    number: Callable[[int, Sequence[SimulatedItem], int], Sequence[int]] = lambda first, items, counters: range(
        first, first + len(items)
    )
    form: Callable[[FileForm], FileForm] = lambda form: form


def deliver_normally(hour: SimulatedHour, chance: Random) -> HourDelivery:
    """One whole file, some seconds after the hour's end."""
    if not hour.is_written:
        return HourDelivery((), covered=False)
    return HourDelivery((FileDelivery(hour.path, hour.written(), hour.after_end(chance)),))


def middle_item(items: Sequence[SimulatedItem]) -> int:
    """The index of an item in mid-hour, later than its predecessor: so the order of the two is certain."""
    half = len(items) // 2
    times = [item.produced_ms for item in items]
    later = (index for index in range(max(half, 1), len(items)) if times[index] > times[index - 1])
    return next(later, half)


def refused_file(
    hour: SimulatedHour, reason: str, data: bytes, chance: Random, path: str | None = None
) -> FileDelivery:
    """A file that is quarantined as a whole."""
    return FileDelivery(path or hour.path, data, hour.after_end(chance), "quarantined", reason)


def with_spoilt_rows(
    hour: SimulatedHour, chance: Random, reason: str, rows: Mapping[int, str], lines: int = 1
) -> HourDelivery:
    """The hour's file with these rows changed, each into so many quarantined lines; the trailer counts the items."""
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    file = FileDelivery(hour.path, hour.written(written), hour.after_end(chance))
    return HourDelivery((file,), dict.fromkeys(rows, reason), set_aside={reason: lines * len(rows)})


def with_changed_items(
    hour: SimulatedHour,
    chance: Random,
    items: Mapping[int, SimulatedItem],
    rows: Mapping[int, str],
    states: Sequence[StateReport] | None = None,
) -> HourDelivery:
    """The hour's file with these items changed, by these rows, and with these states instead of its own."""
    changed = {index: hour.form.as_written(hour.machine, item) for index, item in items.items()}
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    at_ms = hour.after_end(chance)
    latest = max((item.produced_ms for item in changed.values()), default=0)
    flags = "clock" if latest - at_ms > AHEAD_MS else ""
    return HourDelivery(
        (FileDelivery(hour.path, hour.written(written, states=states), at_ms, flags=flags),),
        changed_items=changed,
        states=states,
    )


def by_another_clock(hour: SimulatedHour, chance: Random, clock: Callable[[int], int]) -> HourDelivery:
    """The hour's file by another clock: true time (ms) -> shown time (ms)."""
    shown = (item._replace(produced_ms=clock(item.produced_ms)) for item in hour.items)
    items = {index: hour.form.as_written(hour.machine, item) for index, item in enumerate(shown)}
    own = [item for item in items.values() if item.produced_ms < hour.start_ms + HOUR]
    later = [item.produced_ms for item in items.values()][len(own) :]
    named = hour.form.names_hour
    if not replace(hour, items=own, states=()).is_its_own or not named and len(later) > len(own):
        return deliver_normally(hour, chance)  # it would cover another hour
    also = [hour.start_ms + HOUR] if not named and later and later[-1] - later[0] >= MINUTE else []
    rows = {index: _timed(hour, index, item.produced_ms) for index, item in items.items()}
    states = [state._replace(at_ms=clock(state.at_ms)) for state in hour.states]
    return replace(with_changed_items(hour, chance, items, rows, states), also_covers=also)


def with_lost_clock(hour: SimulatedHour, chance: Random, since: date) -> HourDelivery:
    """Towards the hour's end the clock restarts on that day: rows from then on are quarantined."""
    chosen, begun_ms = last_items(hour), to_ms(since, "00:00")
    lost_ms = hour.items[chosen[0]].produced_ms if chosen else hour.start_ms + HOUR
    rows = {index: _timed(hour, index, begun_ms + hour.items[index].produced_ms - hour.start_ms) for index in chosen}
    before = [state for state in hour.states if state.at_ms < lost_ms]
    lost = [
        state._replace(at_ms=begun_ms + state.at_ms - hour.start_ms) for state in hour.states if state.at_ms >= lost_ms
    ]
    written = [rows.get(index, row) for index, row in enumerate(hour.rows)]
    written += [hour.form.state_row(state) for state in lost] if hour.form.state_row else []
    file = FileDelivery(hour.path, hour.written(written, len(written), states=before), hour.after_end(chance))
    reasons = Counter(clock=len(rows) + len(lost))
    return HourDelivery((file,), dict.fromkeys(rows, "clock"), states=before, set_aside=+reasons)


def _timed(hour: SimulatedHour, index: int, ms: int) -> str:
    return hour.form.put(hour.rows[index], "produced_at", hour.form.time_text(ms))


def last_items(hour: SimulatedHour, most: int = 40) -> range:
    """The indices of the hour's last items: at most half of them, at most `most`."""
    return range(len(hour.items) - min(most, len(hour.items) // 2), len(hour.items))
