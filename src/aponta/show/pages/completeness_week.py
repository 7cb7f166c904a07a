"""The board of seven days: for each machine and day, how many files have arrived."""

from datetime import date, timedelta

from pydantic import BaseModel, Field

from aponta.contract.pages.completeness import HourCompleteness, Status
from aponta.show.context import PageContext
from aponta.show.page import Page
from aponta.show.pages.completeness import ORDER, count_statuses
from aponta.show.pages.completeness import PAGE as BOARD

DAYS = timedelta(days=6)
CALM: tuple[Status, ...] = ("arrived", "waiting", "closed")


class DayOfMachine(BaseModel):
    day: date
    statuses: list[Status] = Field(description="hour by hour")
    counts: dict[Status, int]
    worst: Status | None = Field(description="the most urgent; empty: nothing was expected")
    in_doubt: int = Field(description="hours that are late, partial, quarantined or missing")


class MachineOfWeek(BaseModel):
    machine: str
    name: str
    days: list[DayOfMachine]


class Week(BaseModel):
    first: date
    day: date = Field(description="the last of the seven")
    is_today: bool
    previous: date
    following: date | None
    days: list[date]
    counts: dict[Status, int]
    machines: list[MachineOfWeek]


def load(context: PageContext, day: date | None = None) -> Week:
    """For each machine and the seven production days up to this one: which hours' files have arrived."""
    today = context.today()
    last = max(day or today, date.min + DAYS)
    rows = context.completeness.hours(last - DAYS, last)
    days = [last - DAYS + timedelta(days=number) for number in range(7)]
    by_day: dict[tuple[str, date], list[HourCompleteness]] = {}
    for row in rows:
        by_day.setdefault((row.machine, row.production_day), []).append(row)
    machines = context.factory.machines.values()
    return Week(
        first=days[0],
        day=last,
        is_today=last == today,
        previous=last - DAYS - timedelta(days=1),
        following=min(last + timedelta(days=7), today) if last < today else None,
        days=days,
        counts=count_statuses(rows),
        machines=[
            MachineOfWeek(
                machine=machine.machine,
                name=machine.name or machine.machine,
                days=[_day(own, by_day.get((machine.machine, own), [])) for own in days],
            )
            for machine in machines
        ],
    )


PAGE = Page("completeness_week", f"{BOARD.path}/week", load)


def _day(day: date, rows: list[HourCompleteness]) -> DayOfMachine:
    counts = count_statuses(rows)
    return DayOfMachine(
        day=day,
        statuses=[row.status for row in rows],
        counts=counts,
        worst=next((status for status in ORDER if status in counts), None),
        in_doubt=sum(count for status, count in counts.items() if status not in CALM),
    )
