"""The states that machines reported around touched hours: intervals of one state, and the time they leave to gaps.

Times are integer microseconds, UTC.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aponta.contract.lake import Lake, Spans
from aponta.contract.table import Kind
from aponta.factory_calendar import HOUR_US, hour_of
from aponta.pipeline.facts.blocks import Block, NeighbourIndex
from aponta.pipeline.ledger.hours import Hour
from aponta.refine.silver import states
from aponta.refine.silver.states import UNKNOWN

DAY_US = 24 * HOUR_US
LOOKS = (DAY_US, 5 * DAY_US, 35 * DAY_US)  # how far: most machines change their state within a day, none is held longer
BUSY: dict[str, Kind] = {"machine": "string", "piece_start": "long", "piece_end": "long"}
Span = tuple[int, int]


@dataclass(frozen=True)
class StateInterval:
    machine: str
    started_at: int
    ended_at: int
    state: str
    reason: str | None


@dataclass(frozen=True)
class StateTimeline:
    """The states around one block."""

    block: Block
    since: int  # start of the state in force where the block begins; it may end otherwise now
    intervals: tuple[StateInterval, ...]  # all that are near

    @property
    def starting_in_block(self) -> Iterator[StateInterval]:
        """Intervals that begin in the block, and the one that goes on into it."""
        first, last = self.block.starts
        for interval in self.intervals:
            if interval.started_at == self.since or first <= interval.started_at <= last:
                yield interval

    @property
    def stop_before(self) -> Iterator[tuple[str, int, int]]:
        """Start of the stop in progress where the block begins; none where the machine reported no state, so that stops
        come from gaps.
        """
        if any(one.started_at == self.since and one.state != UNKNOWN for one in self.intervals):
            yield self.block.machine, self.since, self.since

    @property
    def span(self) -> tuple[str, int, int]:
        """The hours whose KPIs depend on these states: machine, first, last."""
        machine, first, last = self.block.span
        return machine, min(hour_of(self.since), first), last

    def uncovered(self, start: int, end: int) -> Iterator[Span]:
        """The parts of a time in which no state is known."""
        for interval in self.intervals:
            if interval.state != UNKNOWN and interval.started_at < end and interval.ended_at > start:
                if interval.started_at > start:
                    yield start, interval.started_at
                start = interval.ended_at
        if start < end:
            yield start, end


def state_timelines(
    lake: Lake,
    blocks: Collection[Block],
    reported: Iterable[Mapping[str, Any]],
    touched: Collection[Hour],
    neighbours: NeighbourIndex,
) -> dict[int, StateTimeline]:
    """By the number of the block; none where the machine reports no state. reported: silver.states of touched hours."""
    new: dict[str, list[Mapping[str, Any]]] = {}
    for row in reported:
        new.setdefault(row["machine"], []).append(row)
    timelines: dict[int, StateTimeline] = {}
    for far in LOOKS:
        todo = [block for block in blocks if block.number not in timelines]
        old = _read(lake, todo, far)
        for block in todo:
            near = old.get(block.machine, ())
            kept = [row for row in near if (block.machine, hour_of(row["started_at"])) not in touched]
            end = neighbours.limits(block.machine)[1] + HOUR_US
            timeline = _timeline(block, kept, new.get(block.machine, []), end)
            if timeline is not None and (far == LOOKS[-1] or _reaches_far_enough(timeline, far, neighbours)):
                timelines[block.number] = timeline
    return timelines


def _read(lake: Lake, blocks: Sequence[Block], far: int) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    if blocks:
        spans = tuple((block.machine, block.span[1] - far, block.span[2] + HOUR_US + far) for block in blocks)
        for row in lake.collect(lake.read(states.TABLE, Spans(spans, "started_at"))):
            rows.setdefault(row["machine"], []).append(row)
    return rows


def _timeline(
    block: Block, kept: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], until: int
) -> StateTimeline | None:
    if not kept and not new:
        return None
    begin = block.hours[0]
    before = _intervals(block.machine, [row for row in kept if row["started_at"] < begin], begin)
    since = max((interval.started_at for interval in before), default=begin)
    return StateTimeline(block, since, tuple(_intervals(block.machine, [*kept, *new], until)))


def _intervals(machine: str, rows: Iterable[Mapping[str, Any]], until: int) -> Iterator[StateInterval]:
    """A state that is reported again goes on."""
    begun: Mapping[str, Any] | None = None
    for row in sorted(rows, key=lambda row: row["started_at"]):
        if begun is not None:
            if (row["state"], row["reason"]) == (begun["state"], begun["reason"]):
                continue
            yield StateInterval(machine, begun["started_at"], row["started_at"], begun["state"], begun["reason"])
        begun = row
    if begun is not None and begun["started_at"] < until:
        yield StateInterval(machine, begun["started_at"], until, begun["state"], begun["reason"])


def _reaches_far_enough(timeline: StateTimeline, far: int, neighbours: NeighbourIndex) -> bool:
    """Does another state come before the one in force and one after the block, or is there nothing more to read?"""
    machine, begin, end = timeline.block.span
    first, last = neighbours.limits(machine)
    starts = [interval.started_at for interval in timeline.intervals]
    earlier = begin - far <= first or any(start < timeline.since for start in starts)
    later = end + far >= last or any(start > timeline.block.starts[1] for start in starts)
    return earlier and later


@dataclass(frozen=True)
class KnownTime:
    """The time of known states, and the rest that is left to gaps."""

    timelines: Collection[StateTimeline]
    pieces: Sequence[tuple[str, int, int]]  # machine, start, end of busy time that a good file covers

    def unknown_time(self) -> Iterator[tuple[str, int, int]]:
        """BUSY: the pieces, without the time of known states."""
        for machine, start, end in self.pieces:
            for since, until in self._without(machine, start, end):
                yield machine, since, until

    def without_known(self, stops: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """stops: silver.stops of gaps. Cuts away the parts that lie in a known state."""
        for stop in stops:
            whole = (stop["started_at"], stop["ended_at"])
            parts = list(self._without(stop["machine"], *whole))
            for since, until in parts:
                ms = stop["ms"] if parts == [whole] else self._busy(stop["machine"], since, until) // 1000
                if ms:
                    yield {**stop, "started_at": since, "ended_at": until, "ms": ms}

    def intervals(self) -> list[StateInterval]:
        """The intervals whose stops are computed again, each once."""
        by_start = {
            (interval.machine, interval.started_at): interval
            for timeline in self.timelines
            for interval in timeline.starting_in_block
        }
        return list(by_start.values())

    def _without(self, machine: str, start: int, end: int) -> Iterable[Span]:
        own = [timeline for timeline in self.timelines if timeline.block.machine == machine]
        near = min(own, key=lambda timeline: abs(timeline.block.hours[0] - start), default=None)
        return [(start, end)] if near is None else near.uncovered(start, end)

    def _busy(self, machine: str, since: int, until: int) -> int:
        return sum(max(0, min(until, end) - max(since, start)) for name, start, end in self.pieces if name == machine)
