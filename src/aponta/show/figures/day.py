"""A production day of machines: planned time, running time, stops."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel, Field

from aponta.factory_calendar import HOUR_US, Piece, calendar_pieces, from_us, hour_of, to_us
from aponta.show.context import PageContext

ONE_DAY = timedelta(days=1)
Kind = Literal[
    "run", "break", "off", "unknown", "future", "stop", "micro_stop", "changeover", "planned", "external", "failure"
]
State = Literal["producing", "stopped", "no_data", "off", "never"]


class TimelineStretch(BaseModel):
    """A part of a machine's day in one state."""

    kind: Kind
    start: datetime
    end: datetime
    reason: str | None = None
    ms: int | None = None  # busy time of a stop


class StopOfDay(BaseModel):
    """A stop of a machine, from silver.stops."""

    start: datetime
    end: datetime
    ms: int = Field(description="busy time of this day in the stop: without breaks and other days")
    kind: Kind
    reason: str | None = Field(description="where it is known")
    product: str = Field(description="that was running")


@dataclass(frozen=True)
class ProductionDay:
    """One production day: the shifts that begin on it, and production outside of shifts."""

    day: date
    start: datetime
    end: datetime
    planned: dict[str, list[Piece]]  # line -> its pieces, in order
    covered: dict[str, set[int]]  # machine -> hours that a good file covers
    stops: dict[str, list[dict[str, Any]]]  # machine -> rows of silver.stops, in order
    now: datetime
    due_us: int  # an hour's file is due so long after the hour's end


def read_day(context: PageContext, day: date, machines: Collection[str]) -> ProductionDay:
    """The machines' day, from the first planned or reported time to the last. Raises as PageContext.rows does."""
    factory = context.factory
    midnight = datetime.combine(day, time(), tzinfo=factory.zone)
    first, last = hour_of(to_us(midnight)), hour_of(to_us(midnight + 2 * ONE_DAY))
    lines = {factory.machines[machine].line for machine in machines if machine in factory.machines}
    planned = {
        line: [
            piece
            for piece in calendar_pieces(factory.calendar, factory.zone, line, first, last)
            if piece.production_day == day and piece.shift
        ]
        for line in lines
    }
    names = [*machines]
    produced = context.rows(
        "SELECT min(hour)::TIMESTAMP AS first, max(hour)::TIMESTAMP AS last FROM gold.production "
        "WHERE production_day = ? AND month IN (?, ?) AND list_contains(?::VARCHAR[], machine)",
        day,
        *_months(day),
        names,
    )[0]
    starts = [piece.start for own in planned.values() for piece in own] + (
        [to_us(produced["first"])] if produced["first"] else []
    )
    ends = [piece.end for own in planned.values() for piece in own]
    ends += [to_us(produced["last"]) + HOUR_US] if produced["last"] else []
    start = from_us(min(starts)) if starts else midnight.astimezone(UTC)
    end = from_us(max(ends)) if ends else (midnight + ONE_DAY).astimezone(UTC)
    return ProductionDay(
        day=day,
        start=start,
        end=end,
        planned=planned,
        covered=_covered(context, start, end, names),
        stops=_stops(context, start, end, names),
        now=context.clock(),
        due_us=int(factory.settings.landing.due_minutes * 60_000_000),
    )


def _months(day: date) -> tuple[date, date]:
    """Months in UTC that the day lies in: it may reach into the next one."""
    return day.replace(day=1), (day + ONE_DAY).replace(day=1)


def _covered(context: PageContext, start: datetime, end: datetime, machines: list[str]) -> dict[str, set[int]]:
    covered: dict[str, set[int]] = {machine: set() for machine in machines}
    rows = context.rows(
        "SELECT machine, hour::TIMESTAMP AS hour FROM silver.hours WHERE covered AND hour >= ? AND hour < ? "
        "AND list_contains(?::VARCHAR[], machine)",
        start - timedelta(hours=1),
        end,
        machines,
    )
    for row in rows:
        covered.setdefault(row["machine"], set()).add(to_us(row["hour"]))
    return covered


def _stops(
    context: PageContext, start: datetime, end: datetime, machines: list[str]
) -> dict[str, list[dict[str, Any]]]:
    stops: dict[str, list[dict[str, Any]]] = {machine: [] for machine in machines}
    rows = context.rows(
        "SELECT machine, started_at::TIMESTAMP AS started_at, ended_at::TIMESTAMP AS ended_at, ms, kind, reason, "
        "product FROM silver.stops WHERE started_at < ? AND ended_at > ? AND month >= ? "
        "AND list_contains(?::VARCHAR[], machine) ORDER BY machine, started_at",
        end,
        start,
        (start.date() - 31 * ONE_DAY).replace(day=1),
        machines,
    )
    for row in rows:
        stops.setdefault(row["machine"], []).append(row)
    return stops


def timeline(day: ProductionDay, line: str, machine: str) -> list[TimelineStretch]:
    """The machine's day without gaps: planned time, over it what files cover, over that the stops."""
    now, covered = to_us(day.now), day.covered.get(machine, set())
    painted: list[tuple[int, int, Kind, dict[str, Any] | None]] = [(to_us(day.start), to_us(day.end), "off", None)]
    for piece in day.planned.get(line, ()):
        if piece.hour in covered:
            painted.append((piece.start, piece.end, "run" if piece.busy else "break", None))
        else:
            due = piece.hour + HOUR_US + day.due_us <= now
            painted.append((piece.start, piece.end, "unknown" if due else "future", None))
    for stop in day.stops.get(machine, ()):
        painted += [(start, end, stop["kind"], stop) for start, end in _within(stop, day, line, machine)]
    return list(_flatten(painted))


def stops_of_day(day: ProductionDay, line: str, machine: str) -> list[StopOfDay]:
    """The machine's stops in order, each with its busy time in this day; without busy time it is left out."""
    stops = []
    for stop in day.stops.get(machine, ()):
        us = sum(end - start for start, end in _within(stop, day, line, machine))
        if us:
            cause = {name: stop[name] for name in ("kind", "reason", "product")}
            stops.append(StopOfDay(start=stop["started_at"], end=stop["ended_at"], ms=us // 1000, **cause))
    return stops


def _within(stop: dict[str, Any], day: ProductionDay, line: str, machine: str) -> Iterator[tuple[int, int]]:
    """The parts of a stop that lie in busy time of covered hours."""
    since, until, covered = to_us(stop["started_at"]), to_us(stop["ended_at"]), day.covered.get(machine, set())
    for piece in day.planned.get(line, ()):
        if piece.busy and piece.hour in covered and since < piece.end and until > piece.start:
            yield max(since, piece.start), min(until, piece.end)


def state_of_machine(
    day: ProductionDay, machine: str, stretches: list[TimelineStretch]
) -> tuple[State, datetime | None, datetime | None]:
    """The machine's state at the end of the last hour it reported, since when, and that hour's end."""
    covered = [hour for hour in day.covered.get(machine, ()) if to_us(day.start) - HOUR_US < hour]
    until = from_us(max(covered) + HOUR_US) if covered else None
    now = [stretch for stretch in stretches if stretch.start <= day.now < stretch.end]
    if not now or now[0].kind in ("off", "break"):
        return "off", now[0].start if now else None, until
    known = [stretch for stretch in stretches if stretch.end <= day.now and stretch.kind != "future"]
    last = known[-1] if now[0].kind == "future" and known else now[0]  # an hour not due yet continues the state
    if last.kind in ("unknown", "future"):
        return "no_data", last.start, until
    return "producing" if last.kind == "run" else "stopped", last.start, until


def _flatten(painted: Iterable[tuple[int, int, Kind, dict[str, Any] | None]]) -> Iterator[TimelineStretch]:
    """Layers, each over those before it, as one row of stretches; neighbours of one kind and stop are joined."""
    layers = [layer for layer in painted if layer[0] < layer[1]]
    marks = sorted({mark for start, end, *_ in layers for mark in (start, end)})
    at = {mark: number for number, mark in enumerate(marks)}
    top: list[tuple[Kind, dict[str, Any] | None] | None] = [None] * max(0, len(marks) - 1)
    for start, end, kind, stop in layers:
        top[at[start] : at[end]] = [(kind, stop)] * (at[end] - at[start])
    number = 0
    for what, cells in groupby(top):
        first, number = number, number + len([*cells])
        if what:
            yield _timeline_stretch(*what, marks[first], marks[number])


def _timeline_stretch(kind: Kind, stop: dict[str, Any] | None, start: int, end: int) -> TimelineStretch:
    reason, ms = (stop["reason"], stop["ms"]) if stop else (None, None)
    return TimelineStretch(kind=kind, start=from_us(start), end=from_us(end), reason=reason, ms=ms)
