"""The true stops of a machine: by the states it reports, else by the gaps between its items.

The rules of time: a gap runs from an item to the start of the next item's cycle. Its net length is the part of it in a
shift, outside breaks and planned stoppages, within hours whose file came. A gap longer than `micro_stop_after` is a
stop of some kind. A reported state lasts until the next one, the last state until its last hour's end; the same state
reported again goes on. Gaps do not count while a state is known; a state without a meaning is not known.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aponta.lab.simulation.machine import MachinePause
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR
from aponta.lab.simulation.states import StateReport
from aponta.lab.truth.observer import ItemGap, Observer

Span = tuple[int, int]
RUN, STOP = "run", "stop"


@dataclass(frozen=True)
class TrueStop:
    start: int
    end: int
    product: str  # in force: the stop is this product's time
    ms: int  # net
    kind: str
    reason: str | None  # known to the simulator, or reported by the machine
    reported: bool = False  # by the machine itself


@dataclass(frozen=True)
class ReportedInterval:
    """A time in which the machine reported one state."""

    start: int
    end: int
    meaning: str
    reason: str | None


def busy_time(observer: Observer) -> dict[int, list[Span]]:
    """Per hour, the times in which the machine should have run; no entry for an hour whose file never came."""
    busy: dict[int, list[Span]] = {hour: [] for hour in observer.covered}
    for shift in observer.shifts:
        edges = [shift.start_ms, *(edge for idle in shift.idle for edge in idle), shift.end_ms]
        for span in zip(edges[::2], edges[1::2], strict=True):
            for hour in range(span[0] // HOUR * HOUR, span[1], HOUR):
                if hour in busy:
                    busy[hour].append(intersection(span, (hour, hour + HOUR)))
    return busy


def true_stops(
    observer: Observer,
    busy: Mapping[int, Sequence[Span]],
    pauses: Sequence[MachinePause],
    state_meanings: Mapping[str, str],
) -> list[TrueStop]:
    """All stops of a machine, in order of time; `pauses` in order. state_meanings: state -> its meaning for a stop."""
    intervals = list(_reported_intervals(observer, state_meanings))
    known = [(interval.start, interval.end) for interval in intervals]
    found = [stop for interval in intervals if (stop := _reported_stop(observer, busy, interval))]
    found += _gaps(observer, busy, known, pauses)
    return sorted(found, key=lambda stop: (stop.start, stop.end))


def kind_of(machine: SimulatedMachine, gap: ItemGap, ms: int) -> str | None:
    """The kind of a gap with so much busy time; None if the machine merely ran slowly."""
    micro_ms = max(5 * machine.ideal_ms.get(gap.following, 0), 30_000)
    if machine.micro_stop_after_s is not None:
        micro_ms = machine.micro_stop_after_s * 1000
    if ms <= micro_ms:
        return None
    if gap.product != gap.following:
        return "changeover"
    return "stop" if ms > max(_stop_ms(machine), micro_ms) else "micro_stop"


def _stop_ms(machine: SimulatedMachine) -> int:
    return 300_000 if machine.stop_after_s is None else machine.stop_after_s * 1000


def _reported_intervals(observer: Observer, state_meanings: Mapping[str, str]) -> Iterator[ReportedInterval]:
    """The intervals in a state of known meaning."""
    end = observer.reported[1] + HOUR
    since: tuple[int, str | None, str | None] | None = None
    states: Iterable[StateReport] = sorted(observer.states, key=lambda report: report.at_ms)
    changes = [
        (report.at_ms, state_meanings.get(report.state), report.reason or None)
        for report in states
        if report.at_ms < end
    ]
    for change in [*changes, (end, "", None)]:
        if since is not None and since[1:] == change[1:]:
            continue
        if since is not None and since[1] is not None:
            yield ReportedInterval(since[0], change[0], since[1], since[2])
        since = change


def _reported_stop(
    observer: Observer, busy: Mapping[int, Sequence[Span]], interval: ReportedInterval
) -> TrueStop | None:
    start, end = interval.start, interval.end
    ms = _net((start, end), busy)
    if interval.meaning == RUN or not ms:
        return None
    kind = "micro_stop" if interval.meaning == STOP and ms <= _stop_ms(observer.machine) else interval.meaning
    return TrueStop(start, end, _in_force(observer, start), ms, kind, interval.reason, reported=True)


def _in_force(observer: Observer, at_ms: int) -> str:
    """The product made last; before the first item, the first item's."""
    begun = bisect_right([since for since, _ in observer.product_changes], at_ms)
    return observer.product_changes[max(begun, 1) - 1][1] if observer.product_changes else "unknown"


def _gaps(
    observer: Observer, busy: Mapping[int, Sequence[Span]], known: Sequence[Span], pauses: Sequence[MachinePause]
) -> Iterator[TrueStop]:
    """The stops of gaps. The parts of a gap in which no state is known are classified as a whole: several stops of one
    kind.
    """
    ends = [pause.ended_ms for pause in pauses]
    for gap in observer.all_gaps():
        parts = [(part, ms) for part in _without((gap.start, gap.end), known) if (ms := _net(part, busy))]
        kind = kind_of(observer.machine, gap, sum(ms for _, ms in parts))
        for span, ms in parts if kind else ():
            causes: Counter[str] = Counter()
            for pause in pauses[bisect_right(ends, span[0]) :]:
                if pause.started_ms >= span[1]:
                    break
                causes[pause.reason] += overlap(span, [(pause.started_ms, pause.ended_ms)])
            yield TrueStop(*span, gap.product, ms, kind or "", max(causes, key=causes.__getitem__, default=None))


def _without(span: Span, known: Sequence[Span]) -> list[Span]:
    """The parts of `span` in none of `known`, which are in order and do not overlap."""
    parts, start = [], span[0]
    for begun, ended in known:
        if start < begun < span[1]:
            parts.append((start, begun))
        if begun < span[1]:
            start = max(start, ended)
    return [*parts, (start, span[1])] if start < span[1] else parts


def _net(span: Span, busy: Mapping[int, Sequence[Span]]) -> int:
    return sum(overlap(span, busy.get(hour, ())) for hour in range(span[0] // HOUR * HOUR, span[1], HOUR))


def intersection(left: Span, right: Span) -> Span:
    """The overlap of two spans; its end lies before its start if they do not overlap."""
    return max(left[0], right[0]), min(left[1], right[1])


def overlap(span: Span, others: Iterable[Span]) -> int:
    """Milliseconds of `span` within any of `others`, which do not overlap each other."""
    return sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)
