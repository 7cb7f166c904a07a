"""What machines told of themselves around touched hours: stretches of one state, and what they leave to gaps.

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
from aponta.refine.silver.states import SAYS_NOTHING

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
    """Of one block. since: when the state began that was in force when the block began; it may end otherwise now."""

    block: Block
    since: int
    intervals: tuple[StateInterval, ...]  # all that are near

    @property
    def starting_in_block(self) -> Iterator[StateInterval]:
        """Those that begin in the block, and the one that goes on into it."""
        first, last = self.block.starts
        for one in self.intervals:
            if one.started_at == self.since or first <= one.started_at <= last:
                yield one

    @property
    def stop_before(self) -> Iterator[tuple[str, int, int]]:
        """When the stop begins that is told of the block's beginning. Where nothing is said, gaps tell, of any hour."""
        if any(one.started_at == self.since and one.state != SAYS_NOTHING for one in self.intervals):
            yield self.block.machine, self.since, self.since

    @property
    def span(self) -> tuple[str, int, int]:
        """The hours whose KPIs depend on these: machine, first, last."""
        machine, first, last = self.block.span
        return machine, min(hour_of(self.since), first), last

    def uncovered(self, start: int, end: int) -> Iterator[Span]:
        """What of a time no state is known of."""
        for one in self.intervals:
            if one.state != SAYS_NOTHING and one.started_at < end and one.ended_at > start:
                if one.started_at > start:
                    yield start, one.started_at
                start = one.ended_at
        if start < end:
            yield start, end


def state_timelines(
    lake: Lake,
    blocks: Collection[Block],
    told: Iterable[Mapping[str, Any]],
    touched: Collection[Hour],
    index: NeighbourIndex,
) -> dict[int, StateTimeline]:
    """By the number of the block; none where the machine tells nothing. told: silver.states of touched hours."""
    new: dict[str, list[Mapping[str, Any]]] = {}
    for row in told:
        new.setdefault(row["machine"], []).append(row)
    found: dict[int, StateTimeline] = {}
    for far in LOOKS:
        todo = [block for block in blocks if block.number not in found]
        old = _read(lake, todo, far)
        for block in todo:
            near = old.get(block.machine, ())
            kept = [row for row in near if (block.machine, hour_of(row["started_at"])) not in touched]
            one = _timeline(block, kept, new.get(block.machine, []), index.limits(block.machine)[1] + HOUR_US)
            if one is not None and (far == LOOKS[-1] or _seen_whole(one, far, index)):
                found[block.number] = one
    return found


def _read(lake: Lake, blocks: Sequence[Block], far: int) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    if blocks:
        spans = tuple((one.machine, one.span[1] - far, one.span[2] + HOUR_US + far) for one in blocks)
        for row in lake.collect(lake.read(states.TABLE, Spans(spans, "started_at"))):
            rows.setdefault(row["machine"], []).append(row)
    return rows


def _timeline(
    block: Block, kept: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], until: int
) -> StateTimeline | None:
    if not kept and not new:
        return None
    begin = block.hours[0]
    before = _stretches(block.machine, [row for row in kept if row["started_at"] < begin], begin)
    since = max((one.started_at for one in before), default=begin)
    return StateTimeline(block, since, tuple(_stretches(block.machine, [*kept, *new], until)))


def _stretches(machine: str, rows: Iterable[Mapping[str, Any]], until: int) -> Iterator[StateInterval]:
    """The same state told again goes on."""
    begun: Mapping[str, Any] | None = None
    for row in sorted(rows, key=lambda row: row["started_at"]):
        if begun is not None:
            if (row["state"], row["reason"]) == (begun["state"], begun["reason"]):
                continue
            yield StateInterval(machine, begun["started_at"], row["started_at"], begun["state"], begun["reason"])
        begun = row
    if begun is not None and begun["started_at"] < until:
        yield StateInterval(machine, begun["started_at"], until, begun["state"], begun["reason"])


def _seen_whole(one: StateTimeline, far: int, index: NeighbourIndex) -> bool:
    """Was it looked far enough: does another state come before the one in force and one after the block, or nothing?"""
    machine, begin, end = one.block.span
    first, last = index.limits(machine)
    earlier = begin - far <= first or any(stretch.started_at < one.since for stretch in one.intervals)
    later = end + far >= last or any(stretch.started_at > one.block.starts[1] for stretch in one.intervals)
    return earlier and later


@dataclass(frozen=True)
class KnownTime:
    """What is left to gaps. pieces: (machine, start, end) of busy time that a good file speaks for."""

    timelines: Collection[StateTimeline]
    pieces: Sequence[tuple[str, int, int]]

    def unknown_time(self) -> Iterator[tuple[str, int, int]]:
        """BUSY: the pieces, without the time of known states."""
        for machine, start, end in self.pieces:
            for since, until in self._without(machine, start, end):
                yield machine, since, until

    def without_known(self, stops: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """silver.stops of gaps: no part of one lies in a known state."""
        for stop in stops:
            whole = (stop["started_at"], stop["ended_at"])
            parts = list(self._without(stop["machine"], *whole))
            for since, until in parts:
                ms = stop["ms"] if parts == [whole] else self._busy(stop["machine"], since, until) // 1000
                if ms:
                    yield {**stop, "started_at": since, "ended_at": until, "ms": ms}

    def intervals(self) -> list[StateInterval]:
        """Whose stops are made anew, each once."""
        found = {(one.machine, one.started_at): one for line in self.timelines for one in line.starting_in_block}
        return list(found.values())

    def _without(self, machine: str, start: int, end: int) -> Iterable[Span]:
        own = [line for line in self.timelines if line.block.machine == machine]
        near = min(own, key=lambda line: abs(line.block.hours[0] - start), default=None)
        return [(start, end)] if near is None else near.uncovered(start, end)

    def _busy(self, machine: str, since: int, until: int) -> int:
        return sum(max(0, min(until, end) - max(since, start)) for name, start, end in self.pieces if name == machine)
