"""A machine's production day: its states, production, losses and stops, and the files they come from."""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field

from aponta.factory_calendar import from_us, hour_of, to_us
from aponta.show.charts import losses, output
from aponta.show.charts.losses import LossStep
from aponta.show.charts.output import HourOfDay
from aponta.show.context import PageContext
from aponta.show.figures import day as days
from aponta.show.figures import production
from aponta.show.figures.day import Kind, State, StopOfDay, TimelineStretch
from aponta.show.figures.production import Figures
from aponta.show.page import Page

SHOWN = 25  # stops: a machine may stop a thousand times a day
ONE_HOUR = timedelta(hours=1)


class StopsOfKind(BaseModel):
    kind: Kind
    reason: str | None
    count: int
    ms: int
    longest_ms: int


class FileOfDay(BaseModel):
    sha256: str
    name: str
    hour: datetime = Field(description="the hour it covers; for a refused file, the hour in its name")
    received_at: datetime = Field(description="of its first arrival")
    arrivals: int = Field(description="how often these bytes came")
    in_force: bool = Field(description="no better version came under its names")
    refused: str | None = Field(description="why the whole file was quarantined")
    records: int
    quarantined: int = Field(description="rows")
    trailer: str = Field(description="right, wrong, none")


class ClockOfMachine(BaseModel):
    """From `gold.clocks`: the machine's newest files."""

    files: int
    skew_ms: int | None = Field(description="median: positive, the clock is ahead of the files' own time")
    jitter_ms: int | None = Field(description="90th percentile minus 10th")
    rebuilt: int = Field(description="records whose time was rebuilt")


class MachineDay(Figures):
    machine: str
    name: str
    line: str
    day: date
    is_today: bool
    previous: date
    following: date | None
    machine_before: str | None = Field(description="in the order of the panel")
    machine_after: str | None
    profile: Literal["iso22400"] = "iso22400"
    state: State = Field(description="as the last reported hour left it")
    since: datetime | None = Field(description="when this state began")
    layout: str = Field(description="that reads its files")
    has_shift: bool = Field(description="the calendar has a shift of its line on this day; else there is no OEE")
    has_calendar: bool = Field(description="the calendar has shifts of its line at all")
    start: datetime
    end: datetime
    ticks: list[datetime] = Field(description="hours of the band")
    band: list[TimelineStretch]
    output: list[HourOfDay] = Field(description="hour by hour; empty: no file was expected, none came")
    losses: list[LossStep] = Field(description="of reported hours in a shift; empty: there are none")
    stops_of_kind: list[StopsOfKind] = Field(description="the longest sum first")
    stops: list[StopOfDay] = Field(description=f"the longest first, {SHOWN} at most")
    stops_count: int
    stops_ms: int
    files: list[FileOfDay] = Field(description="by hour, then as they came")
    clock: ClockOfMachine | None = Field(description="lately, not only on this day; none: no file with items came")


def load(context: PageContext, machine: str, day: date | None = None) -> MachineDay:
    """A machine's production day: band, figures, output by hour, losses, stops, files."""
    factory, own = context.factory, context.machine(machine)
    chosen, today = context.shown_day(day), context.today()
    whole = days.read_day(context, chosen, [machine])
    hours = output.hours_of_day(context, machine, whole)
    stretches = days.timeline(whole, own.line, machine)
    ever = context.rows("SELECT 1 AS one FROM silver.files WHERE machine = ? LIMIT 1", machine)
    state, since, _ = days.state_of_machine(whole, machine, stretches) if ever else ("never", None, None)
    figures = production.figures_of_day(context, chosen, [machine]).get(machine, Figures())
    provisional = figures.provisional or any(hour.state == "missing" for hour in hours)
    stops = sorted(days.stops_of_day(whole, own.line, machine), key=lambda stop: (-stop.ms, stop.start))
    order = sorted(factory.machines.values(), key=lambda machine: machine.line)
    at = order.index(own)
    return MachineDay(
        **figures.model_dump(exclude={"provisional"}),
        provisional=provisional,
        machine=machine,
        name=own.name or machine,
        line=own.line,
        day=chosen,
        is_today=chosen == today,
        previous=chosen - days.ONE_DAY,
        following=chosen + days.ONE_DAY if chosen < today else None,
        machine_before=order[at - 1].machine if at else None,
        machine_after=order[at + 1].machine if at + 1 < len(order) else None,
        state=state,
        since=since,
        layout=own.layout,
        has_shift=bool(whole.planned.get(own.line)),
        has_calendar=factory.calendar.knows(own.line),
        start=whole.start,
        end=whole.end,
        ticks=_ticks(whole.start, whole.end),
        band=stretches,
        output=hours,
        losses=losses.load(context, machine, chosen),
        stops_of_kind=_by_kind(stops),
        stops=stops[:SHOWN],
        stops_count=len(stops),
        stops_ms=sum(stop.ms for stop in stops),
        files=[FileOfDay(**row) for row in context.rows(_FILES, machine, whole.start - ONE_HOUR, whole.end)],
        clock=next((ClockOfMachine(**row) for row in context.rows(_CLOCK, machine)), None),
    )


PAGE = Page("machine", "/machines/{machine:path}", load)


def _ticks(start: datetime, end: datetime) -> list[datetime]:
    first = from_us(hour_of(to_us(start) - 1)) + ONE_HOUR
    return [first + number * ONE_HOUR for number in range((end - first) // ONE_HOUR + 1)]


def _by_kind(stops: list[StopOfDay]) -> list[StopsOfKind]:
    kinds: dict[tuple[Kind, str | None], list[int]] = {}
    for stop in stops:
        kinds.setdefault((stop.kind, stop.reason), []).append(stop.ms)
    sums = [
        StopsOfKind(kind=kind, reason=reason, count=len(ms), ms=sum(ms), longest_ms=max(ms))
        for (kind, reason), ms in kinds.items()
    ]
    return sorted(sums, key=lambda kind: (-kind.ms, kind.kind, kind.reason or ""))


_CLOCK = "SELECT files, skew_ms, jitter_ms, rebuilt FROM gold.clocks WHERE machine = ?"
_FILES = """
SELECT file_sha256 AS sha256, min_by(name, arrival) AS name, min_by(hour, arrival)::TIMESTAMP AS hour,
       min(received_at)::TIMESTAMP AS received_at, count(*) AS arrivals, max_by(in_force, arrival) AS in_force,
       max(reason) AS refused, max(records) AS records, max(quarantined) AS quarantined,
       max_by(trailer, arrival) AS trailer
FROM silver.files WHERE machine = ? AND hour > ? AND hour < ?
GROUP BY file_sha256 ORDER BY 3, min(arrival)"""
