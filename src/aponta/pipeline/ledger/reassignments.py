"""Reassignments as they were recorded: which product or quality people corrected, for which machine and time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import HOUR_US, to_us
from aponta.ops.tables import reassignment
from aponta.pipeline.ledger.hours import Hour


@dataclass(frozen=True)
class RecordedReassignment:
    """A reassignment, and who made it, when and why; taken back, by whom and when."""

    what: Reassignment
    who: str
    why: str
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None


def recorded_reassignments(connection: Connection, machine: str | None = None) -> list[RecordedReassignment]:
    """All of them, those taken back too, in the order in which they were made."""
    wanted = select(reassignment).order_by(reassignment.c.id)
    if machine is not None:
        wanted = wanted.where(reassignment.c.machine == machine)
    return [reassignment_from_row(row) for row in connection.execute(wanted)]


def reassignments_in_force(
    connection: Connection, machines: Collection[str] | None = None
) -> dict[str, tuple[Reassignment, ...]]:
    """By machine, in the order in which they were made."""
    wanted = select(reassignment).where(reassignment.c.undone_at.is_(None)).order_by(reassignment.c.id)
    if machines is not None:
        wanted = wanted.where(reassignment.c.machine.in_(sorted(machines)))
    found: dict[str, tuple[Reassignment, ...]] = {}
    for row in connection.execute(wanted):
        found[row.machine] = (*found.get(row.machine, ()), reassignment_from_row(row).what)
    return found


def reassignments_of_hours(
    hours: Collection[Hour], reassignments: Iterable[tuple[Reassignment, ...]]
) -> tuple[Reassignment, ...]:
    """Those of them that reach into these hours."""
    return tuple(
        one
        for of_machine in reassignments
        for one in of_machine
        if any(machine == one.machine and hour < one.until and hour + HOUR_US > one.since for machine, hour in hours)
    )


def reassignment_from_row(row: Any) -> RecordedReassignment:
    """row: of the table reassignment."""
    what = Reassignment(
        row.id,
        row.machine,
        to_us(row.since),
        to_us(row.until),
        row.product,
        row.quality,
        row.to_product,
        row.to_quality,
    )
    return RecordedReassignment(what, row.who, row.why, row.made_at, row.undone_by, row.undone_at)
