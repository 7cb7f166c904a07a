"""What people put right of what was typed wrong at machines: recorded, listed, taken back.

Recording moves nothing: which reassignments are in force is among the premises of a machine's facts, so the next pass
makes the hours anew, and later files are read with it.
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
from aponta.pipeline.ledger.reassignments import RecordedReassignment, _recorded
from aponta.usecases.correct.hour_board import LONGEST_WHY


def checked(factory: Factory, wanted: Reassignment) -> Reassignment:
    """The same. Raises ConfigError where it cannot be meant: `pipeline.no_machine`, `pipeline.no_product`,
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
    stays = (wanted.to_product in (None, wanted.product), wanted.to_quality in (None, wanted.quality))
    if all(stays):
        raise ConfigError("pipeline.nothing_else")
    return wanted


def reason(why: str) -> str:
    """As it is kept. Raises ConfigError `pipeline.no_why`."""
    told = " ".join(why.split())[:LONGEST_WHY]
    if not told:
        raise ConfigError("pipeline.no_why")
    return told


def record(connection: Connection, wanted: Reassignment, who: str, why: str, now: datetime) -> int:
    """Puts it in force, after those before it. Returns its number."""
    said = {"who": who[:200], "why": reason(why), "made_at": now}
    what = {name: getattr(wanted, name) for name in ("machine", "product", "quality", "to_product", "to_quality")}
    times = {"since": from_us(wanted.since), "until": from_us(wanted.until)}
    number = connection.execute(insert(reassignment).values(**what, **times, **said)).inserted_primary_key
    assert number is not None
    return int(number[0])


def to_undo(connection: Connection, number: int) -> RecordedReassignment:
    """Raises ConfigError `pipeline.no_reassignment`, `pipeline.reassignment_undone`."""
    row = connection.execute(select(reassignment).where(reassignment.c.id == number)).one_or_none()
    if row is None:
        raise ConfigError("pipeline.no_reassignment", number=number)
    if row.undone_at is not None:
        raise ConfigError("pipeline.reassignment_undone", number=number, who=row.undone_by, at=iso(row.undone_at))
    return _recorded(row)


def undo(connection: Connection, number: int, who: str, now: datetime) -> None:
    """Out of force, and on record still. Raises as `to_undo`."""
    to_undo(connection, number)
    undone = {"undone_by": who[:200], "undone_at": now}
    connection.execute(update(reassignment).where(reassignment.c.id == number).values(undone))


def put(factory: Factory, wanted: Reassignment, who: str, why: str, clock: Clock, wait_seconds: float = 30) -> int:
    """Between passes: `record` of what is `checked`."""
    checked(factory, wanted)
    with exclusive(factory, clock, wait_seconds) as engine, transaction(engine) as connection:
        return record(connection, wanted, who, why, clock())


def take_back(factory: Factory, number: int, who: str, clock: Clock, wait_seconds: float = 30) -> None:
    """Between passes: `undo`."""
    with exclusive(factory, clock, wait_seconds) as engine, transaction(engine) as connection:
        undo(connection, number, who, clock())
