"""The panel: every machine at a glance."""

from datetime import date, datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field

from aponta.contract.completeness import UNKNOWN
from aponta.show.context import PageContext
from aponta.show.figures import day as days
from aponta.show.figures import production
from aponta.show.figures.day import State, TimelineStretch, timeline
from aponta.show.figures.production import Figures
from aponta.show.page import Page


class MachineOnPanel(Figures):
    machine: str
    name: str
    line: str
    state: State = Field(description="as the last reported hour left it")
    since: datetime | None = Field(description="from when on it is in this state")
    until: datetime | None = Field(description="end of the last reported hour: what is known ends there")
    last_file: str | None
    last_received_at: datetime | None
    has_shift: bool = Field(description="the calendar has a shift of its line on this day; else there is no OEE")
    has_calendar: bool = Field(description="the calendar has shifts of its line at all")
    quarantined: int = Field(description="rows and files set aside, not solved")
    band: list[TimelineStretch]


class LineOnPanel(BaseModel):
    line: str
    oee: float | None = Field(description="its machines' times and counts added, then divided")
    good: int
    machines: list[MachineOnPanel]


class Panel(BaseModel):
    day: date
    is_today: bool
    previous: date
    following: date | None
    start: datetime
    end: datetime
    profile: Literal["iso22400"] = "iso22400"
    states: dict[State, int] = Field(description="machines by state; none that is 0")
    lines: list[LineOnPanel]


def load(context: PageContext, day: date | None = None) -> Panel:
    """Every machine on a production day: state, output against the ideal, OEE, scrap, last file."""
    factory = context.factory
    chosen = context.shown_day(day)
    facts = days.read_day(context, chosen, list(factory.machines))
    made = production.figures_of_day(context, chosen, list(factory.machines))
    files = {row["machine"]: row for row in context.rows(_FILES)}
    unknown = {one.machine for one in context.completeness.hours(chosen, chosen) if one.status in UNKNOWN}
    refused = {row["machine"]: row["n"] for row in context.rows(_REFUSED)}
    machines = []
    for one in factory.machines.values():
        own, last = made.get(one.machine, Figures()), files.get(one.machine, {})
        stretches = timeline(facts, one.line, one.machine)
        state, since, until = days.state_of_machine(facts, one.machine, stretches) if last else ("never", None, None)
        machines.append(
            MachineOnPanel(
                **own.model_dump(exclude={"provisional"}),
                machine=one.machine,
                name=one.name or one.machine,
                line=one.line,
                state=state,
                since=since,
                until=until,
                provisional=own.provisional or one.machine in unknown,
                last_file=last.get("name"),
                last_received_at=last.get("received_at"),
                has_shift=bool(facts.planned.get(one.line)),
                has_calendar=factory.calendar.knows(one.line),
                quarantined=refused.get(one.machine, 0),
                band=stretches,
            )
        )
    today = context.today()
    lines = sorted({one.line for one in machines})
    return Panel(
        day=chosen,
        is_today=chosen == today,
        previous=chosen - days.ONE_DAY,
        following=chosen + days.ONE_DAY if chosen < today else None,
        start=facts.start,
        end=facts.end,
        states={state: count for state in get_args(State) if (count := sum(one.state == state for one in machines))},
        lines=[_line(name, [one for one in machines if one.line == name]) for name in lines],
    )


def _line(line: str, machines: list[MachineOnPanel]) -> LineOnPanel:
    """Of machines with an OEE; where one that produced has none for want of an ideal cycle, neither has the line."""
    timed = [one for one in machines if one.busy_ms]
    busy = sum(one.busy_ms or 0 for one in timed)
    known = all(one.oee is not None for one in timed)
    oee = sum(one.ideal_good_ms or 0 for one in timed) / busy if busy and known else None
    return LineOnPanel(line=line, oee=oee, good=sum(one.good for one in machines), machines=machines)


PAGE = Page("panel", "/", load, place=1)

_FILES = """
SELECT machine, max_by(name, arrival) AS name, max_by(received_at, arrival)::TIMESTAMP AS received_at
FROM silver.files WHERE machine IS NOT NULL GROUP BY machine"""
_REFUSED = "SELECT machine, count(*) AS n FROM silver.quarantine WHERE status = 'open' GROUP BY machine"
