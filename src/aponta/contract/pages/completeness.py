"""Completeness of hours: whether their files have arrived, and the closing of hours for which none will come."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol

Status = Literal["arrived", "late", "missing", "partial", "quarantined", "closed", "waiting"]
WITHOUT_FILE: tuple[Status, ...] = ("missing", "quarantined", "waiting")  # a person may close them
UNKNOWN: tuple[Status, ...] = ("missing", "quarantined")  # overdue, and no good file came: facts may still change
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)  # days that may be read


class HourCompleteness(NamedTuple):
    """A row of gold.completeness; refine/gold/completeness.py defines each status. Times are UTC."""

    machine: str
    hour: datetime
    production_day: date
    status: Status
    expected: bool
    due_at: datetime
    came_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None
    why: str | None


class Completeness(Protocol):
    def hours(self, first: date, last: date, machines: Collection[str] | None = None) -> list[HourCompleteness]:
        """The hours of these production days that are expected or have a file, machine by machine, in order.

        Raises ConfigError `pipeline.no_machine`, `pipeline.no_day`.
        """

    def close(self, machine: str, when: date | Sequence[datetime], why: str, who: str) -> list[datetime]:
        """Closes hours that no good file covers - the given ones, or those of a production day - because a person
        states that none will come. Returns the closed hours. Raises ConfigError `pipeline.nothing_to_close`,
        `pipeline.no_reason`, `pipeline.hours_apart` (more than two days), `pipeline.no_day`.
        """

    def reopen(self, machine: str, when: date | Sequence[datetime], who: str) -> list[datetime]:
        """Undoes closing. Returns the hours that are expected again. Raises ConfigError `pipeline.nothing_to_reopen`,
        `pipeline.hours_apart`, `pipeline.no_day`.
        """
