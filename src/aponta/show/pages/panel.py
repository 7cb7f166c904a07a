"""The panel: every machine at a glance."""

from datetime import date, datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field

from aponta.calendar import HOUR_US, from_us, to_us
from aponta.contract.completeness import UNKNOWN
from aponta.show import day as days
from aponta.show.day import Day, Stretch, band
from aponta.show.desk import Desk
from aponta.show.page import Page

State = Literal["producing", "stopped", "no_data", "off", "never"]


class Machine(BaseModel):
    machine: str
    name: str
    line: str
    state: State = Field(description="as the last reported hour left it")
    since: datetime | None = Field(description="from when on it is in this state")
    until: datetime | None = Field(description="end of the last reported hour: what is known ends there")
    good: int = Field(description="pieces of the day")
    produced: int = Field(description="all qualities")
    scrap: int
    rework: int
    ideal: int | None = Field(description="pieces that the ideal cycle gives in the busy time so far")
    oee: float | None = Field(description="ideal_good_ms / busy_ms, ISO 22400-2")
    busy_ms: int | None = Field(description="planned busy time so far: without breaks and hours of no data")
    ideal_good_ms: int | None = Field(description="ideal time of its good pieces")
    availability: float | None
    effectiveness: float | None
    quality: float | None
    provisional: bool = Field(description="an hour is open or unknown: these numbers may change")
    last_file: str | None
    last_received_at: datetime | None
    quarantined: int = Field(description="rows and files set aside, not solved")
    band: list[Stretch]


class Line(BaseModel):
    line: str
    oee: float | None = Field(description="its machines' times and counts added, then divided")
    good: int
    machines: list[Machine]


class Panel(BaseModel):
    day: date
    is_today: bool
    previous: date
    following: date | None
    start: datetime
    end: datetime
    profile: Literal["iso22400"] = "iso22400"
    states: dict[State, int] = Field(description="machines by state; none that is 0")
    lines: list[Line]


def load(desk: Desk, day: date | None = None) -> Panel:
    """Every machine on a production day: state, output against the ideal, OEE, scrap, last file."""
    factory = desk.factory
    chosen = desk.shown_day(day)
    facts = days.read(desk, chosen, list(factory.machines))
    kpi = {row["machine"]: row for row in desk.rows(_KPI, chosen)}
    made = {row["machine"]: row for row in desk.rows(_MADE, chosen)}
    files = {row["machine"]: row for row in desk.rows(_FILES)}
    unknown = {one.machine for one in desk.completeness.of(chosen, chosen) if one.status in UNKNOWN}
    refused = {row["machine"]: row["n"] for row in desk.rows(_REFUSED)}
    machines = []
    for one in factory.machines.values():
        counts, times, last = made.get(one.machine, {}), kpi.get(one.machine, {}), files.get(one.machine, {})
        stretches = band(facts, one.line, one.machine)
        state, since, until = _state(facts, one.machine, stretches) if last else ("never", None, None)
        produced = counts.get("produced", 0)
        busy, ideal_ms = times.get("busy_ms"), times.get("ideal_ms")
        machines.append(
            Machine(
                machine=one.machine,
                name=one.name or one.machine,
                line=one.line,
                state=state,
                since=since,
                until=until,
                good=counts.get("good", 0),
                produced=produced,
                scrap=counts.get("scrap", 0),
                rework=counts.get("rework", 0),
                ideal=round(times["produced"] * busy / ideal_ms) if busy and ideal_ms else None,
                oee=times.get("oee"),
                busy_ms=busy,
                ideal_good_ms=times.get("ideal_good_ms"),
                availability=times.get("availability"),
                effectiveness=times.get("effectiveness"),
                quality=times.get("quality"),
                provisional=bool(counts.get("provisional") or one.machine in unknown),
                last_file=last.get("name"),
                last_received_at=last.get("received_at"),
                quarantined=refused.get(one.machine, 0),
                band=stretches,
            )
        )
    today = desk.today()
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


def _line(line: str, machines: list[Machine]) -> Line:
    """Of machines with an OEE; where one that produced has none for want of an ideal cycle, neither has the line."""
    timed = [one for one in machines if one.busy_ms]
    busy = sum(one.busy_ms or 0 for one in timed)
    known = all(one.oee is not None for one in timed)
    oee = sum(one.ideal_good_ms or 0 for one in timed) / busy if busy and known else None
    return Line(line=line, oee=oee, good=sum(one.good for one in machines), machines=machines)


PAGE = Page("panel", "/", load, place=1)

# Roll-ups add facts and divide then, as kpi.oee_iso22400 does for one row.
_KPI = """
SELECT machine, sum(produced)::BIGINT AS produced, sum(ideal_ms_produced)::BIGINT AS ideal_ms,
       sum(ideal_ms_good)::BIGINT AS ideal_good_ms,
       sum(planned_ms - planned_down_ms - unknown_ms)::BIGINT AS busy_ms,
       CASE WHEN busy_ms > 0 AND sum(produced) = 0 THEN 0.0 ELSE sum(run_ms) / nullif(busy_ms, 0) END AS availability,
       CASE WHEN sum(produced) > 0 AND count(*) = count(ideal_ms_produced)
            THEN sum(ideal_ms_produced) / nullif(sum(run_ms), 0) END AS effectiveness,
       CASE WHEN sum(produced) > sum(unclassified) THEN sum(good) / nullif(sum(produced), 0) END AS quality,
       CASE WHEN busy_ms > 0 AND sum(produced) = 0 THEN 0.0
            WHEN sum(produced) > sum(unclassified) AND count(*) = count(ideal_ms_good)
            THEN sum(ideal_ms_good) / nullif(busy_ms, 0) END AS oee
FROM kpi.oee WHERE production_day = ?1 AND shift IS NOT NULL AND month >= date_trunc('month', ?1::DATE)
GROUP BY machine"""
_MADE = """
SELECT machine, sum(pieces)::BIGINT AS produced, bool_or(provisional) AS provisional,
       coalesce(sum(pieces) FILTER (WHERE quality = 'good'), 0)::BIGINT AS good,
       coalesce(sum(pieces) FILTER (WHERE quality = 'scrap'), 0)::BIGINT AS scrap,
       coalesce(sum(pieces) FILTER (WHERE quality = 'rework'), 0)::BIGINT AS rework
FROM gold.production WHERE production_day = ?1 AND month >= date_trunc('month', ?1::DATE) GROUP BY machine"""
_FILES = """
SELECT machine, max_by(name, arrival) AS name, max_by(received_at, arrival)::TIMESTAMP AS received_at
FROM silver.files WHERE machine IS NOT NULL GROUP BY machine"""
_REFUSED = "SELECT machine, count(*) AS n FROM silver.quarantine WHERE status = 'open' GROUP BY machine"


def _state(day: Day, machine: str, stretches: list[Stretch]) -> tuple[State, datetime | None, datetime | None]:
    """What the machine was doing when the last hour it reported ended, and since when."""
    covered = [hour for hour in day.covered.get(machine, ()) if to_us(day.start) - HOUR_US < hour]
    until = from_us(max(covered) + HOUR_US) if covered else None
    now = [one for one in stretches if one.start <= day.now < one.end]
    if not now or now[0].kind in ("off", "break"):
        return "off", now[0].start if now else None, until
    known = [one for one in stretches if one.end <= day.now and one.kind != "future"]
    last = known[-1] if now[0].kind == "future" and known else now[0]  # what is not due yet goes on as it was
    if last.kind in ("unknown", "future"):
        return "no_data", last.start, until
    return "producing" if last.kind == "run" else "stopped", last.start, until
