"""Reassigns items whose product or quality was typed wrong at a machine; a reassignment can be taken back.

Recording it changes no table: the reassignments in force are among the inputs of a machine's facts, so the next pass
rebuilds the hours, and later files are read with them.
"""

from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import Connection, insert, select, update

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.layout import QUALITIES
from aponta.contract.reassignment import Reassignment
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, iso
from aponta.ops.database import transaction
from aponta.ops.lock import exclusive
from aponta.ops.tables import reassignment
from aponta.pipeline.ledger.reassignments import RecordedReassignment, reassignment_from_row
from aponta.usecases.correct.hour_board import LONGEST_REASON


def check_reassignment(factory: Factory, wanted: Reassignment) -> Reassignment:
    """Returns it unchanged. Raises ConfigError where it makes no sense: `pipeline.no_machine`, `pipeline.no_product`,
    `pipeline.no_quality`, `pipeline.no_time_between`, `pipeline.nothing_else`.
    """
    if wanted.machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=wanted.machine, known=", ".join(factory.machines) or "-")
    if wanted.to_product is not None and wanted.to_product not in factory.products:
        nearest = get_close_matches(wanted.to_product, factory.products, n=3, cutoff=0.3) or list(factory.products)[:3]
        raise ConfigError("pipeline.no_product", product=wanted.to_product, nearest=", ".join(nearest) or "-")
    for quality in (wanted.quality, wanted.to_quality):
        if quality is not None and quality not in QUALITIES:
            raise ConfigError("pipeline.no_quality", quality=quality, known=", ".join(QUALITIES))
    if wanted.since >= wanted.until:
        raise ConfigError(
            "pipeline.no_time_between", since=iso(from_us(wanted.since)), until=iso(from_us(wanted.until))
        )
    if wanted.to_product in (None, wanted.product) and wanted.to_quality in (None, wanted.quality):
        raise ConfigError("pipeline.nothing_else")
    return wanted


def checked_reason(why: str) -> str:
    """The reason as it is recorded. Raises ConfigError `pipeline.no_why`."""
    reason = " ".join(why.split())[:LONGEST_REASON]
    if not reason:
        raise ConfigError("pipeline.no_why")
    return reason


def record_reassignment(connection: Connection, wanted: Reassignment, who: str, why: str, now: datetime) -> int:
    """Puts it in force, after those before it. Returns its number. Raises ConfigError `pipeline.no_why`."""
    origin = {"who": who[:200], "why": checked_reason(why), "made_at": now}
    what = {name: getattr(wanted, name) for name in ("machine", "product", "quality", "to_product", "to_quality")}
    times = {"since": from_us(wanted.since), "until": from_us(wanted.until)}
    number = connection.execute(insert(reassignment).values(**what, **times, **origin)).inserted_primary_key
    assert number is not None
    return int(number[0])


def reassignment_to_undo(connection: Connection, number: int) -> RecordedReassignment:
    """The reassignment of that number.

    Raises ConfigError `pipeline.no_reassignment`, `pipeline.reassignment_undone`.
    """
    row = connection.execute(select(reassignment).where(reassignment.c.id == number)).one_or_none()
    if row is None:
        raise ConfigError("pipeline.no_reassignment", number=number)
    if row.undone_at is not None:
        raise ConfigError("pipeline.reassignment_undone", number=number, who=row.undone_by, at=iso(row.undone_at))
    return reassignment_from_row(row)


def record_undo(connection: Connection, number: int, who: str, now: datetime) -> None:
    """Puts it out of force; it stays on record. Raises as `reassignment_to_undo`."""
    reassignment_to_undo(connection, number)
    undone = {"undone_by": who[:200], "undone_at": now}
    connection.execute(update(reassignment).where(reassignment.c.id == number).values(undone))


def reassign(factory: Factory, wanted: Reassignment, who: str, why: str, clock: Clock, wait_seconds: float = 30) -> int:
    """Checks and records a reassignment between passes; returns its number. Raises ConfigError."""
    check_reassignment(factory, wanted)
    with exclusive(factory, clock, wait_seconds) as engine, transaction(engine) as connection:
        return record_reassignment(connection, wanted, who, why, clock())


def undo_reassignment(factory: Factory, number: int, who: str, clock: Clock, wait_seconds: float = 30) -> None:
    """Takes a reassignment back between passes. Raises as `reassignment_to_undo`."""
    with exclusive(factory, clock, wait_seconds) as engine, transaction(engine) as connection:
        record_undo(connection, number, who, clock())
