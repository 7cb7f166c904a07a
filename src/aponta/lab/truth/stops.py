"""When a machine really stood: by its own word where it tells its states, else by the gaps between its items.

The rules of time: a gap runs from an item to the start of the next one's cycle. Its net length is what of it falls into
a shift, outside breaks and planned stoppages, within hours whose file came. Longer than `micro_stop_after` it is a stop
of some kind. A state that a machine tells lasts until the next one it tells, the last one until its last hour's end;
the same one told again goes on. Where a state is known, gaps say nothing; one that means nothing is none.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aponta.lab.simulation.machine import Pause
from aponta.lab.simulation.plant import Machine
from aponta.lab.simulation.shifts import HOUR
from aponta.lab.simulation.states import Said
from aponta.lab.truth.witness import Gap, Witness

Span = tuple[int, int]
RUN, STOP = "run", "stop"


@dataclass(frozen=True)
class Stop:
    start: int
    end: int
    product: str  # the time is this one's
    ms: int  # net
    kind: str
    reason: str | None  # that the simulator knows, or that the machine tells
    told: bool = False  # by the machine itself


@dataclass(frozen=True)
class Stretch:
    """The machine was, by its own word, in one state."""

    start: int
    end: int
    means: str
    reason: str | None


def busy_time(witness: Witness) -> dict[int, list[Span]]:
    """Per hour, when the machine should have run; nothing for an hour whose file never came."""
    busy: dict[int, list[Span]] = {hour: [] for hour in witness.covered}
    for shift in witness.shifts:
        edges = [shift.start_ms, *(edge for idle in shift.idle for edge in idle), shift.end_ms]
        for span in zip(edges[::2], edges[1::2], strict=True):
            for hour in range(span[0] // HOUR * HOUR, span[1], HOUR):
                if hour in busy:
                    busy[hour].append(both(span, (hour, hour + HOUR)))
    return busy


def stops(
    witness: Witness, busy: Mapping[int, Sequence[Span]], pauses: Sequence[Pause], means: Mapping[str, str]
) -> list[Stop]:
    """All of a machine, in order of time; `pauses` in order. means: of each state that it may tell, for a stop."""
    stretches = list(_stretches(witness, means))
    known = [(each.start, each.end) for each in stretches]
    found = [stop for each in stretches if (stop := _told(witness, busy, each))]
    found += _gaps(witness, busy, known, pauses)
    return sorted(found, key=lambda stop: (stop.start, stop.end))


def kind_of(machine: Machine, gap: Gap, ms: int) -> str | None:
    """What a gap of so much busy time is: None if the machine merely ran slowly."""
    micro_ms = max(5 * machine.ideal_ms.get(gap.following, 0), 30_000)
    if machine.micro_stop_after_s is not None:
        micro_ms = machine.micro_stop_after_s * 1000
    if ms <= micro_ms:
        return None
    if gap.product != gap.following:
        return "changeover"
    return "stop" if ms > max(_stop_ms(machine), micro_ms) else "micro_stop"


def _stop_ms(machine: Machine) -> int:
    return 300_000 if machine.stop_after_s is None else machine.stop_after_s * 1000


def _stretches(witness: Witness, means: Mapping[str, str]) -> Iterator[Stretch]:
    """Those of a known meaning."""
    end = witness.reported[1] + HOUR
    since: tuple[int, str | None, str | None] | None = None
    told: Iterable[Said] = sorted(witness.told, key=lambda one: one.at_ms)
    changes = [(one.at_ms, means.get(one.state), one.reason or None) for one in told if one.at_ms < end]
    for change in [*changes, (end, "", None)]:
        if since is not None and since[1:] == change[1:]:
            continue
        if since is not None and since[1] is not None:
            yield Stretch(since[0], change[0], since[1], since[2])
        since = change


def _told(witness: Witness, busy: Mapping[int, Sequence[Span]], each: Stretch) -> Stop | None:
    ms = _net((each.start, each.end), busy)
    if each.means == RUN or not ms:
        return None
    kind = "micro_stop" if each.means == STOP and ms <= _stop_ms(witness.machine) else each.means
    return Stop(each.start, each.end, _in_force(witness, each.start), ms, kind, each.reason, told=True)


def _in_force(witness: Witness, at_ms: int) -> str:
    """The product made last; before the first item, that one's."""
    begun = bisect_right([since for since, _ in witness.reigns], at_ms)
    return witness.reigns[max(begun, 1) - 1][1] if witness.reigns else "unknown"


def _gaps(
    witness: Witness, busy: Mapping[int, Sequence[Span]], known: Sequence[Span], pauses: Sequence[Pause]
) -> Iterator[Stop]:
    """What is left of each gap where no state is known is classified as a whole, and may be several stretches."""
    ends = [pause.ended_ms for pause in pauses]
    for gap in witness.all_gaps():
        parts = [(part, ms) for part in _without((gap.start, gap.end), known) if (ms := _net(part, busy))]
        kind = kind_of(witness.machine, gap, sum(ms for _, ms in parts))
        for span, ms in parts if kind else ():
            causes: Counter[str] = Counter()
            for pause in pauses[bisect_right(ends, span[0]) :]:
                if pause.started_ms >= span[1]:
                    break
                causes[pause.reason] += overlap(span, [(pause.started_ms, pause.ended_ms)])
            yield Stop(*span, gap.product, ms, kind or "", max(causes, key=causes.__getitem__, default=None))


def _without(span: Span, known: Sequence[Span]) -> list[Span]:
    """What of it lies in none of these, which are in order and do not overlap."""
    left, start = [], span[0]
    for begun, ended in known:
        if start < begun < span[1]:
            left.append((start, begun))
        if begun < span[1]:
            start = max(start, ended)
    return [*left, (start, span[1])] if start < span[1] else left


def _net(span: Span, busy: Mapping[int, Sequence[Span]]) -> int:
    return sum(overlap(span, busy.get(hour, ())) for hour in range(span[0] // HOUR * HOUR, span[1], HOUR))


def both(one: Span, other: Span) -> Span:
    """Where two spans overlap; its end lies before its start if they do not."""
    return max(one[0], other[0]), min(one[1], other[1])


def overlap(span: Span, others: Iterable[Span]) -> int:
    """Milliseconds of `span` within any of `others`, which do not overlap each other."""
    return sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)
