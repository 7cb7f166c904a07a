"""What people put right of what was typed wrong at machines: recorded, listed, taken back.

Recording moves nothing: which reassignments are in force is among the premises of a machine's facts, so the next pass
makes the hours anew, and later files are read with it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aponta.calendar import HOUR_US, from_us, to_us
from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.layout import QUALITIES
from aponta.contract.reassignment import Reassignment
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.tables import reassignment
from aponta.pipeline.accounts import iso
from aponta.pipeline.board import LONGEST_WHY
from aponta.pipeline.task import Hour
from aponta.pipeline.workplace import between_passes


@dataclass(frozen=True)
class Recorded:
    """A reassignment, and who made it, when and why; taken back, by whom and when."""

    what: Reassignment
    who: str
    why: str
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None


def recorded(connection: Connection, machine: str | None = None) -> list[Recorded]:
    """All of them, those taken back too, in the order in which they were made."""
    wanted = select(reassignment).order_by(reassignment.c.id)
    if machine is not None:
        wanted = wanted.where(reassignment.c.machine == machine)
    return [_recorded(row) for row in connection.execute(wanted)]


def in_force(connection: Connection, machines: Collection[str] | None = None) -> dict[str, tuple[Reassignment, ...]]:
    """By machine, in the order in which they were made."""
    wanted = select(reassignment).where(reassignment.c.undone_at.is_(None)).order_by(reassignment.c.id)
    if machines is not None:
        wanted = wanted.where(reassignment.c.machine.in_(sorted(machines)))
    found: dict[str, tuple[Reassignment, ...]] = {}
    for row in connection.execute(wanted):
        found[row.machine] = (*found.get(row.machine, ()), _recorded(row).what)
    return found


def of_hours(hours: Collection[Hour], reassignments: Iterable[tuple[Reassignment, ...]]) -> tuple[Reassignment, ...]:
    """Those of them that reach into these hours."""
    return tuple(
        one
        for of_machine in reassignments
        for one in of_machine
        if any(machine == one.machine and hour < one.until and hour + HOUR_US > one.since for machine, hour in hours)
    )


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


def to_undo(connection: Connection, number: int) -> Recorded:
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
    with between_passes(factory, clock, wait_seconds) as engine, transaction(engine) as connection:
        return record(connection, wanted, who, why, clock())


def take_back(factory: Factory, number: int, who: str, clock: Clock, wait_seconds: float = 30) -> None:
    """Between passes: `undo`."""
    with between_passes(factory, clock, wait_seconds) as engine, transaction(engine) as connection:
        undo(connection, number, who, clock())


def _recorded(row: Any) -> Recorded:
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
    return Recorded(what, row.who, row.why, row.made_at, row.undone_by, row.undone_at)
