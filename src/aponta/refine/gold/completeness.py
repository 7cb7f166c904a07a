"""gold.completeness: each hour that a machine's file is expected for, and whether one came. Derived when read, never
stored: lateness depends on the time.

An hour is **expected** when the calendar of the machine's line has busy time in it (in a shift, outside breaks and
planned stoppages), from the machine's `installed_on` on, though not from before the factory's first file; without
`installed_on`, from the first hour the machine reported. It is **due** `due_minutes` after its end. A file **came**
when it was written into the landing folder, at the latest when it was taken from there: files that lay there while
aponta was stopped are not late. The status is the first of these that holds:

    partial      a good file covers it, but its trailer lies and nobody accepted that; or every good file lacks the
                 trailer that its layout has, and the hour is due
    late         a good file covers it; the first one came after it was due
    arrived      a good file covers it, with or without items
    closed       none does, and a person said that none will come
    quarantined  none does; a file that was refused as a whole is named after it
    missing      none does, and it is due
    waiting      none does yet, or one that may still grow, and it is not due

Hours outside the calendar have a row where a file came for them; they are never late, closed, missing or waited for.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from aponta.contract.pages.completeness import Status
from aponta.contract.table import Column, Table, string, timestamp

Trailer = Literal["right", "none", "accepted", "wrong", "absent"]  # none: its layout has none; absent: it has one
TABLE = Table(
    "gold.completeness",
    "an hour of a machine that a file is expected for or came for, of the last 35 days",
    (
        string("machine", "as in machines.csv"),
        timestamp("hour", "UTC hour"),
        Column("production_day", "date", "the day its shift began; outside the calendar, the local date"),
        string("status", "arrived, late, partial, missing, quarantined, closed, waiting"),
        Column("expected", "boolean", "its line has busy planned time in it"),
        timestamp("due_at", "after which it is late"),
        timestamp("came_at", "when the first good file that covers it came", null=True),
        string("closed_by", "the person who closed it, since no file will come", null=True),
        timestamp("closed_at", "and when", null=True),
        string("why", "and why", null=True),
    ),
    unique=("machine", "hour"),
)


def completeness_status(
    now: datetime,
    *,
    expected: bool,
    due: datetime,
    came: datetime | None = None,
    trailers: Collection[Trailer] = (),
    refused: bool = False,
    closed: bool = False,
) -> Status | None:
    """None: no row, since nothing is expected and nothing came. came: when the first good file that covers the hour
    came; trailers: of those in force; refused: some file was; closed: by a person.
    """
    if trailers:
        if "right" not in trailers:
            if "wrong" in trailers:
                return "partial"
            if set(trailers) == {"absent"}:
                return "partial" if now >= due else "waiting"
        return "late" if expected and came is not None and came > due else "arrived"
    if expected and closed:
        return "closed"
    if refused:
        return "quarantined"
    if not expected:
        return None
    return "missing" if now >= due else "waiting"
