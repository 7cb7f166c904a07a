"""Closing hours of which no file will come: asked once more before it is done, and undone as easily."""

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field

from aponta.contract.completeness import WITHOUT_FILE
from aponta.show.context import Desk
from aponta.show.page import Action, Page
from aponta.show.pages.completeness import PAGE as BOARD
from aponta.show.pages.completeness import Cell, cell
from aponta.show.pages.hour import parsed

MOST_HOURS = 500
Reason = Literal["off", "no_orders", "maintenance", "no_power"]


class Closing(BaseModel):
    machine: str
    name: str
    day: date
    hours: list[Cell] = Field(description="hours of the day that no good file speaks for")
    chosen: list[datetime] = Field(description="those meant at first")
    reasons: list[Reason] = Field(description="that are often given")


def load(desk: Desk, machine: str, day: date, hour: str | None = None) -> Closing:
    """The hours of a machine's production day that a person may close. hour: the one meant, else all of them."""
    rows = [row for row in desk.completeness.of(day, day, [machine]) if row.status in WITHOUT_FILE]
    only = parsed(hour) if hour else None
    return Closing(
        machine=machine,
        name=desk.factory.machines[machine].name or machine,
        day=day,
        hours=[cell(row) for row in rows],
        chosen=[row.hour for row in rows if only is None or row.hour == only],
        reasons=list(get_args(Reason)),
    )


class Meant(BaseModel):
    """Hours of a machine, or its whole production day."""

    machine: str = Field(max_length=100)
    hours: Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)] = Field(
        [], max_length=MOST_HOURS, description="UTC, as in 2026-03-02T10"
    )
    day: date | None = Field(None, description="a whole production day, where no hours are given")
    back: date | None = Field(None, description="the day on the board that a form's sender is led back to")

    def when(self) -> date | list[datetime]:
        return self.day if self.day and not self.hours else [parsed(hour) for hour in self.hours]


class ToClose(Meant):
    why: str = Field(max_length=500, description="why no file will come")


class Done(BaseModel):
    machine: str
    hours: list[datetime] = Field(description="those that were changed")


def close(desk: Desk, given: ToClose, who: str) -> Done:
    """Close hours that no good file speaks for, because a person knows that none will come. A file that comes wins."""
    hours = desk.completeness.close(given.machine, given.when(), given.why, who)
    return Done(machine=given.machine, hours=hours)


def reopen(desk: Desk, given: Meant, who: str) -> Done:
    """Undo it: the hours are expected again."""
    return Done(machine=given.machine, hours=desk.completeness.reopen(given.machine, given.when(), who))


def _board(given: Meant) -> str:
    return f"{BOARD.path}?day={given.back}" if given.back else BOARD.path


PAGE = Page(
    "closing",
    f"{BOARD.path}/close",
    load,
    actions=(
        Action(f"{BOARD.api}/close", ToClose, close, _board),
        Action(f"{BOARD.api}/reopen", Meant, reopen, _board),
    ),
)
