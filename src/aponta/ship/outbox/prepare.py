"""Prepares declarations: compares the pieces that machines produced with the pieces declared so far.

Facts may come in any order and any number of times. For each machine, product, hour and quality the outbox has
revisions whose pieces add up to the last known production. A declaration is never edited; a correction is the next
revision.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aponta.contract.stock.key import LONGEST_PRODUCT, KeyParts, bounded, key_of
from aponta.ops.database import chunks
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import units
from aponta.ship.outbox.destination import Destination, stock_code_of
from aponta.ship.outbox.reason import is_surely_not_in_stock
from aponta.ship.outbox.remap import map_products


@dataclass(frozen=True)
class Fact:
    """gold.production summed over shifts."""

    machine: str
    product: str
    hour: datetime  # UTC
    quality: str
    pieces: int


@dataclass(frozen=True)
class PrepareResult:
    """The number of declarations that a comparison wrote, and how many of them are rejected for an unknown product."""

    declarations: int
    rejected: int


@dataclass(frozen=True)
class _Declared:
    """The revisions of a key so far."""

    pieces: int = 0
    revision: int = 0
    place: tuple[str, str] | None = None  # stock_code, location: a correction takes back from there
    lot: str | None = None
    absent: tuple[str, ...] = ()  # keys of revisions that are surely not in stock
    maybe_in_stock: bool = False


def prepare_declarations(
    connection: Connection,
    destination: Destination,
    machine_hours: Collection[tuple[str, datetime]],
    facts: Iterable[Fact],
    now: datetime,
) -> PrepareResult:
    """Compares the facts of `machine_hours` with the outbox and writes the differences. Idempotent.

    `facts` are complete for these machine-hours: a key without a fact counts 0. Declarations that were rejected for
    their product count as written once `destination.products` has it. Times are zone-aware. Raises ConfigError where
    the destination's start is missing or has no zone.
    """
    start = destination.start
    hours = {(machine, hour) for machine, hour in machine_hours if hour >= start}
    produced: Counter[KeyParts] = Counter()
    for fact in facts:
        if (fact.machine, fact.hour) in hours:
            product = bounded(fact.product, LONGEST_PRODUCT)
            produced[KeyParts(fact.machine, product, fact.hour, fact.quality)] += fact.pieces
    mapped = map_products(connection, destination.name, destination.products, now)
    declared = _declared(connection, destination.name, hours)
    carried = units.load_carry(connection, destination.name)
    revisions: list[dict[str, Any]] = []
    withdrawn: list[str] = []
    for key in sorted(produced.keys() | declared.keys(), key=lambda key: (key.hour, key)):  # the oldest fills the box
        before = declared.get(key, _Declared())
        location = destination.location(key.machine, key.quality)
        if location is None or produced[key] == before.pieces:
            continue
        if produced[key] == 0 and before.absent and not before.maybe_in_stock:
            withdrawn += before.absent
        else:
            pieces = produced[key] - before.pieces
            revisions.append(_next_revision(destination, key, before, pieces, location, carried, now))
    mark_void(connection, destination.name, withdrawn, carried, now)
    if revisions:
        connection.execute(insert(outbox), revisions)
    if revisions or withdrawn:
        units.save_carry(connection, destination.name, carried)
    return PrepareResult(mapped + len(revisions), sum(row["state"] == "rejected" for row in revisions))


def mark_void(
    connection: Connection, destination: str, keys: Collection[str], carried: units.Carry, now: datetime
) -> None:
    """Makes these declarations count as never declared; their units go back to `carried`."""
    own = outbox.c.destination == destination
    for chunk in chunks(keys):
        these = (own, outbox.c.key.in_(chunk))
        for row in connection.execute(select(outbox).where(*these)).all():
            if row.pieces_per_unit is not None:
                place = (row.stock_code, row.location)
                units.return_units(carried, place, row.pieces, row.quantity, row.pieces_per_unit)
        connection.execute(update(outbox).where(*these).values(state="void", changed_at=now, shown_in_lake=False))


def _next_revision(
    destination: Destination,
    key: KeyParts,
    before: _Declared,
    pieces: int,
    location: str,
    carried: units.Carry,
    now: datetime,
) -> dict[str, Any]:
    """A row of the outbox."""
    revision = before.revision + 1
    day = key.hour.astimezone(destination.zone).date()
    place = before.place or (stock_code_of(key.product, destination.products), location)
    lot = before.lot if before.place else destination.lot(key.machine, key.product, day)
    return {
        "destination": destination.name,
        "key": key_of(destination.site, *key, revision),
        **key._asdict(),
        "stock_code": place[0],
        "revision": revision,
        "pieces": pieces,
        "location": place[1],
        "lot": lot,
        "booked_on": day,
        "attempts": 0,
        "created_at": now,
        "changed_at": now,
        "shown_in_lake": False,
        **units.count_in_units(key.product, pieces, place, destination.products, carried),
    }


def _declared(
    connection: Connection, destination: str, hours: Collection[tuple[str, datetime]]
) -> dict[KeyParts, _Declared]:
    declared: dict[KeyParts, _Declared] = {}
    machines = {machine for machine, _ in hours}
    for chunk in chunks({hour for _, hour in hours}):
        # Two lists and not one of pairs: SQLite answers pairs by walking over the whole outbox.
        touched = (outbox.c.machine.in_(machines), outbox.c.hour.in_(chunk))
        rows = connection.execute(
            select(outbox).where(outbox.c.destination == destination, *touched).order_by(outbox.c.revision)
        )
        for row in rows:
            if (row.machine, row.hour) not in hours:
                continue
            key = KeyParts(row.machine, row.product, row.hour, row.quality)
            before = declared.get(key, _Declared())
            void, absent = row.state == "void", is_surely_not_in_stock(row)
            unplaced = void or row.state == "rejected" or row.pieces_per_unit is None  # the last: code not known yet
            declared[key] = _Declared(
                pieces=before.pieces + (0 if void else row.pieces),
                revision=row.revision,
                place=before.place if unplaced else (row.stock_code, row.location),
                lot=row.lot,
                absent=(*before.absent, row.key) if absent else before.absent,
                maybe_in_stock=before.maybe_in_stock or not (absent or void),
            )
    return declared
