"""The board of a day: for each machine and hour, whether its file has arrived."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from pydantic import BaseModel, Field

from aponta.contract.pages.completeness import UNKNOWN, WITHOUT_FILE, HourCompleteness, Status
from aponta.show.context import PageContext
from aponta.show.figures.day import ONE_DAY
from aponta.show.page import Page

ORDER: tuple[Status, ...] = ("missing", "quarantined", "partial", "late", "closed", "waiting", "arrived")


class Cell(BaseModel):
    hour: datetime
    status: Status
    expected: bool = Field(description="the calendar has busy time in it")
    due_at: datetime
    came_at: datetime | None = Field(description="when the first good file that covers the hour came")
    late_ms: int | None = Field(description="how long after the file was due")
    closed_by: str | None = Field(description="the person who stated that no file will come")
    closed_at: datetime | None
    why: str | None


class MachineOnBoard(BaseModel):
    machine: str
    name: str
    cells: list[Cell | None] = Field(description="by the board's hours; empty: no file is expected, none came")
    overdue: int = Field(description="hours that a person may close now")
    closable: int = Field(description="with hours still to come")


class LineOnBoard(BaseModel):
    line: str
    machines: list[MachineOnBoard]


class CompletenessBoard(BaseModel):
    day: date
    is_today: bool
    previous: date
    following: date | None
    hours: list[datetime]
    counts: dict[Status, int] = Field(description="most urgent first")
    never: list[str] = Field(description="machines that never sent a file: from most of them none is expected")
    lines: list[LineOnBoard]


def load(context: PageContext, day: date | None = None) -> CompletenessBoard:
    """For each machine and hour of a production day: whether its file arrived, late, in part, refused or never."""
    factory, today = context.factory, context.today()
    chosen = day or today
    rows = context.completeness.hours(chosen, chosen)
    by_machine: dict[str, dict[datetime, HourCompleteness]] = {}
    for row in rows:
        by_machine.setdefault(row.machine, {})[row.hour] = row
    hours = sorted({row.hour for row in rows})
    with_files = {row["machine"] for row in context.rows("SELECT DISTINCT machine FROM silver.files")}
    lines: dict[str, list[MachineOnBoard]] = {}
    for machine in factory.machines.values():
        own = by_machine.get(machine.machine, {})
        lines.setdefault(machine.line, []).append(
            MachineOnBoard(
                machine=machine.machine,
                name=machine.name or machine.machine,
                cells=[cell_of(own[hour]) if hour in own else None for hour in hours],
                overdue=sum(row.status in UNKNOWN for row in own.values()),
                closable=sum(row.status in WITHOUT_FILE for row in own.values()),
            )
        )
    return CompletenessBoard(
        day=chosen,
        is_today=chosen == today,
        previous=chosen - ONE_DAY,
        following=chosen + ONE_DAY if chosen < today else None,
        hours=hours,
        counts=count_statuses(rows),
        never=[machine for machine in factory.machines if machine not in with_files],
        lines=[LineOnBoard(line=line, machines=machines) for line, machines in sorted(lines.items())],
    )


PAGE = Page("completeness", "/completeness", load, place=3)


def cell_of(row: HourCompleteness) -> Cell:
    """A row of gold.completeness as pages show it."""
    behind = row.came_at - row.due_at if row.came_at and row.expected else timedelta()
    late_ms = behind // timedelta(milliseconds=1) if behind > timedelta() else None
    same = {name: getattr(row, name) for name in Cell.model_fields if name != "late_ms"}
    return Cell(late_ms=late_ms, **same)


def count_statuses(rows: Iterable[HourCompleteness]) -> dict[Status, int]:
    """Hours by status, the most urgent first; statuses without hours are left out."""
    counts = Counter(row.status for row in rows)
    return {status: counts[status] for status in ORDER if counts[status]}
