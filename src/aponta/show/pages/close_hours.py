"""Closing hours for which no file will come: the page asks for confirmation, and closing can be undone."""

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field

from aponta.contract.pages.completeness import WITHOUT_FILE
from aponta.show.context import PageContext
from aponta.show.page import Action, Page
from aponta.show.pages.completeness import PAGE as BOARD
from aponta.show.pages.completeness import Cell, cell_of
from aponta.show.pages.hour import parse_hour

MOST_HOURS = 500
Reason = Literal["off", "no_orders", "maintenance", "no_power"]


class ClosableHours(BaseModel):
    machine: str
    name: str
    day: date
    hours: list[Cell] = Field(description="hours of the day that no good file covers")
    chosen: list[datetime] = Field(description="selected at first")
    reasons: list[Reason] = Field(description="that are given often")


def load(context: PageContext, machine: str, day: date, hour: str | None = None) -> ClosableHours:
    """The hours of a machine's production day that a person may close. hour: selected at first; None: all of them."""
    rows = [row for row in context.completeness.hours(day, day, [machine]) if row.status in WITHOUT_FILE]
    only = parse_hour(hour) if hour else None
    return ClosableHours(
        machine=machine,
        name=context.factory.machines[machine].name or machine,
        day=day,
        hours=[cell_of(row) for row in rows],
        chosen=[row.hour for row in rows if only is None or row.hour == only],
        reasons=list(get_args(Reason)),
    )


class HoursToReopen(BaseModel):
    """Hours of a machine, or its whole production day."""

    machine: str = Field(max_length=100)
    hours: Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)] = Field(
        [], max_length=MOST_HOURS, description="UTC, as in 2026-03-02T10"
    )
    day: date | None = Field(None, description="a whole production day, where no hours are given")
    back: date | None = Field(None, description="the day of the board to which a form's sender returns")

    def when(self) -> date | list[datetime]:
        return self.day if self.day and not self.hours else [parse_hour(hour) for hour in self.hours]


class HoursToClose(HoursToReopen):
    why: str = Field(max_length=500, description="why no file will come")


class ChangedHours(BaseModel):
    machine: str
    hours: list[datetime] = Field(description="that were changed")


def close_hours(context: PageContext, request: HoursToClose, who: str) -> ChangedHours:
    """Close hours that no good file covers, because a person knows that none will come. A file that comes wins."""
    hours = context.completeness.close(request.machine, request.when(), request.why, who)
    return ChangedHours(machine=request.machine, hours=hours)


def reopen_hours(context: PageContext, request: HoursToReopen, who: str) -> ChangedHours:
    """Undo closing: the hours are expected again."""
    return ChangedHours(
        machine=request.machine, hours=context.completeness.reopen(request.machine, request.when(), who)
    )


def _board(request: HoursToReopen) -> str:
    return f"{BOARD.path}?day={request.back}" if request.back else BOARD.path


PAGE = Page(
    "closing",
    f"{BOARD.path}/close",
    load,
    actions=(
        Action(f"{BOARD.api}/close", HoursToClose, close_hours, _board),
        Action(f"{BOARD.api}/reopen", HoursToReopen, reopen_hours, _board),
    ),
)
