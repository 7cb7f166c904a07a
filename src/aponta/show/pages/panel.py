"""The panel: every machine at a glance."""

from collections import Counter
from datetime import date, datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field

from aponta.contract.pages.completeness import UNKNOWN
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
    since: datetime | None = Field(description="when this state began")
    until: datetime | None = Field(description="end of the last reported hour: nothing is known after it")
    last_file: str | None
    last_received_at: datetime | None
    has_shift: bool = Field(description="the calendar has a shift of its line on this day; else there is no OEE")
    has_calendar: bool = Field(description="the calendar has shifts of its line at all")
    quarantined: int = Field(description="rows and files, not solved")
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
    states: dict[State, int] = Field(description="machines by state, without zeros")
    lines: list[LineOnPanel]


def load(context: PageContext, day: date | None = None) -> Panel:
    """Every machine on a production day: state, output against the ideal, OEE, scrap, last file."""
    factory = context.factory
    chosen = context.shown_day(day)
    facts = days.read_day(context, chosen, list(factory.machines))
    figures = production.figures_of_day(context, chosen, list(factory.machines))
    files = {row["machine"]: row for row in context.rows(_FILES)}
    unknown = {row.machine for row in context.completeness.hours(chosen, chosen) if row.status in UNKNOWN}
    quarantined = {row["machine"]: row["n"] for row in context.rows(_QUARANTINED)}
    machines = []
    for machine in factory.machines.values():
        name, line = machine.machine, machine.line
        own, last = figures.get(name, Figures()), files.get(name, {})
        stretches = timeline(facts, line, name)
        state, since, until = days.state_of_machine(facts, name, stretches) if last else ("never", None, None)
        machines.append(
            MachineOnPanel(
                **own.model_dump(exclude={"provisional"}),
                machine=name,
                name=machine.name or name,
                line=line,
                state=state,
                since=since,
                until=until,
                provisional=own.provisional or name in unknown,
                last_file=last.get("name"),
                last_received_at=last.get("received_at"),
                has_shift=bool(facts.planned.get(line)),
                has_calendar=factory.calendar.knows(line),
                quarantined=quarantined.get(name, 0),
                band=stretches,
            )
        )
    today, counts = context.today(), Counter(machine.state for machine in machines)
    lines = sorted({machine.line for machine in machines})
    return Panel(
        day=chosen,
        is_today=chosen == today,
        previous=chosen - days.ONE_DAY,
        following=chosen + days.ONE_DAY if chosen < today else None,
        start=facts.start,
        end=facts.end,
        states={state: counts[state] for state in get_args(State) if counts[state]},
        lines=[_line(line, [machine for machine in machines if machine.line == line]) for line in lines],
    )


def _line(line: str, machines: list[MachineOnPanel]) -> LineOnPanel:
    """The line's OEE adds machines with busy time; none where a machine lacks its own for want of an ideal cycle."""
    timed = [machine for machine in machines if machine.busy_ms]
    busy = sum(machine.busy_ms or 0 for machine in timed)
    known = all(machine.oee is not None for machine in timed)
    oee = sum(machine.ideal_good_ms or 0 for machine in timed) / busy if busy and known else None
    return LineOnPanel(line=line, oee=oee, good=sum(machine.good for machine in machines), machines=machines)


PAGE = Page("panel", "/", load, place=1)

_FILES = """
SELECT machine, max_by(name, arrival) AS name, max_by(received_at, arrival)::TIMESTAMP AS received_at
FROM silver.files WHERE machine IS NOT NULL GROUP BY machine"""
_QUARANTINED = "SELECT machine, count(*) AS n FROM silver.quarantine WHERE status = 'open' GROUP BY machine"
