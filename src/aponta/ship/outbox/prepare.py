"""The outbox: what is to be said to a stock system, by comparing what machines made with what was said already.

Facts may come in any order and any number of times: the outbox holds, for each machine, product, hour and quality,
revisions whose pieces add up to what was last known. Nothing said is ever edited; a correction is the next revision.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from aponta.config.sections.stock import Locations, StockSection, lot_of
from aponta.contract.stock.key import LONGEST_LOT, LONGEST_PRODUCT, bounded, key_of
from aponta.errors import ConfigError
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import reason, units

StockRole = Literal["finished", "intermediate", "none"]
Key = tuple[str, str, datetime, str]  # machine, product, hour, quality
T = TypeVar("T")
IN_STOCK_REASONS = (
    "ship.other_quantity",
    "ship.changed",
    "ship.cancelled",
    "ship.unfinished",
)  # of rejected ones that it holds
CARRIED = "carried"  # the reference of a declaration that fills no unit: acknowledged without being sent
_CHUNK = 400  # keys a query: databases limit the parameters of a statement


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
    """What a comparison wrote. The rejected are among the declarations: their product is unknown."""

    declarations: int
    rejected: int


class StockProduct(Protocol):
    @property
    def stock_code(self) -> str: ...  # empty: the product's own name
    @property
    def unit(self) -> str: ...
    @property
    def pieces_per_unit(self) -> Decimal | int: ...


@dataclass(frozen=True)
class _Held:
    """What the outbox says of a key so far, and where it put it: a correction takes back from there."""

    pieces: int = 0
    revision: int = 0
    place: tuple[str, str] | None = None  # stock_code, location
    lot: str | None = None
    refused: tuple[str, ...] = ()  # keys of what no stock system has any of
    taken: bool = False  # something may be there


def prepare_declarations(
    connection: Connection,
    destination: StockSection,
    site: str,
    zone: ZoneInfo,
    machine_hours: Collection[tuple[str, datetime]],
    facts: Iterable[Fact],
    machines: Mapping[str, StockRole],
    products: Mapping[str, StockProduct],
    now: datetime,
) -> PrepareResult:
    """Compares the facts of `machine_hours` with the outbox, writes what differs and returns how much that was.

    `facts` are all there is of those machine-hours: a key they no longer have counts 0. Run again, it writes nothing.
    What was rejected for its product is among the written once `products` has it. Times are zone-aware. Raises
    ConfigError when `destination.start` is missing or has no zone.
    """
    start = _start(destination)
    hours = {(machine, hour) for machine, hour in machine_hours if hour >= start}
    made: Counter[Key] = Counter()
    for fact in facts:
        if (fact.machine, fact.hour) in hours:
            made[fact.machine, bounded(fact.product, LONGEST_PRODUCT), fact.hour, fact.quality] += fact.pieces
    mapped = map_products(connection, destination.name, products, now)
    held = _held(connection, destination.name, hours)
    carried = units.load_carry(connection, destination.name)
    written: list[dict[str, Any]] = []
    withdrawn: list[str] = []
    for key in sorted(made.keys() | held.keys(), key=lambda key: (key[2], key)):  # the oldest hour fills the box
        machine, product, hour, quality = key
        location = location_of(destination.locations, machines.get(machine, "none"), quality)
        before = held.get(key, _Held())
        pieces = made[key] - before.pieces
        if location is None or pieces == 0:
            continue
        if made[key] == 0 and before.refused and not before.taken:  # nothing is anywhere, and nothing shall be
            withdrawn += before.refused
            continue
        revision = before.revision + 1
        code, location = place = before.place or (_stock_code(product, products), location)
        day = hour.astimezone(zone).date()
        written.append(
            {
                "destination": destination.name,
                "key": key_of(site, *key, revision),
                "machine": machine,
                "product": product,
                "stock_code": code,
                "hour": hour,
                "quality": quality,
                "revision": revision,
                "pieces": pieces,
                "location": location,
                "lot": before.lot if before.place else _lot(destination, site, machine, product, day),
                "booked_on": day,
                "attempts": 0,
                "created_at": now,
                "changed_at": now,
                "shown_in_lake": False,
            }
            | _said(product, pieces, place, products, carried)
        )
    mark_void(connection, destination.name, withdrawn, carried, now)
    if written:
        connection.execute(insert(outbox), written)
    if written or withdrawn:
        units.save_carry(connection, destination.name, carried)
    return PrepareResult(mapped + len(written), sum(row["state"] == "rejected" for row in written))


def map_products(connection: Connection, destination: str, products: Mapping[str, StockProduct], now: datetime) -> int:
    """What was rejected for its product waits once `products` has it; returns how many."""
    return len(remap(connection, destination, _unknown_products(connection, destination, products), products, now))


def mark_void(
    connection: Connection, destination: str, keys: Collection[str], carried: units.Carry, now: datetime
) -> None:
    """They count as not said: what they had of units goes back to what is `carried`."""
    of = (outbox.c.destination == destination, outbox.c.key)
    for some in chunks(keys):
        for row in connection.execute(select(outbox).where(of[0], of[1].in_(some))).all():
            if row.pieces_per_unit is not None:
                place = (row.stock_code, row.location)
                units.return_units(carried, place, row.pieces, row.quantity, row.pieces_per_unit)
        same = update(outbox).where(of[0], of[1].in_(some))
        connection.execute(same.values(state="void", changed_at=now, shown_in_lake=False))


def is_not_in_stock(row: Row[Any]) -> bool:
    """The stock system has nothing of it, by all that it told."""
    told = reason.load_reason(row.why)
    return row.state == "rejected" and (told is None or told.code not in IN_STOCK_REASONS)


def _nowhere(row: Row[Any]) -> bool:
    """Of what a system answered with errors of its own, nobody knows: the last of them may have been carried out."""
    told = reason.load_reason(row.why)
    return is_not_in_stock(row) and (told is None or told.code != "ship.never_sure")


def _start(destination: StockSection) -> datetime:
    if destination.start is None:
        raise ConfigError("ship.no_start", destination=destination.name)
    if destination.start.tzinfo is None:
        raise ConfigError("ship.start_without_zone", destination=destination.name, start=destination.start)
    return destination.start


def location_of(locations: Locations, role: StockRole, quality: str) -> str | None:
    """Where pieces of that quality go; None: they are not declared."""
    good = {"finished": locations.finished, "intermediate": locations.intermediate, "none": None}[role]
    if role == "none" or (role == "intermediate" and good is None):
        return None
    return {"good": good, "scrap": locations.scrap}.get(quality)


def _lot(destination: StockSection, site: str, machine: str, product: str, day: date) -> str | None:
    lot = lot_of(destination.lot, site, machine, product, day)
    return lot and bounded(lot, LONGEST_LOT)


def _held(connection: Connection, destination: str, hours: Collection[tuple[str, datetime]]) -> dict[Key, _Held]:
    held: dict[Key, _Held] = {}
    machines = {machine for machine, _ in hours}
    for chunk in chunks({hour for _, hour in hours}):
        # Two lists and not one of pairs: SQLite answers pairs by walking over the whole outbox.
        touched = (outbox.c.machine.in_(machines), outbox.c.hour.in_(chunk))
        rows = connection.execute(
            select(outbox).where(outbox.c.destination == destination, *touched).order_by(outbox.c.revision)
        )
        for row in rows:
            if (row.machine, row.hour) in hours:
                key = (row.machine, row.product, row.hour, row.quality)
                before = held.get(key, _Held())
                nowhere_yet = row.state in ("rejected", "void") or row.pieces_per_unit is None  # of the latter no code
                place = before.place if nowhere_yet else (row.stock_code, row.location)
                pieces = before.pieces + (0 if row.state == "void" else row.pieces)
                nowhere = (*before.refused, row.key) if _nowhere(row) else before.refused
                taken = before.taken or not (_nowhere(row) or row.state == "void")
                held[key] = _Held(pieces, row.revision, place, row.lot, nowhere, taken)
    return held


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """So many that a statement can ask of them."""
    listed = list(values)
    return (listed[at : at + _CHUNK] for at in range(0, len(listed), _CHUNK))


def _stock_code(product: str, products: Mapping[str, StockProduct]) -> str:
    known = products.get(product)
    return (known and known.stock_code) or product


def _said(
    product: str, pieces: int, place: tuple[str, str], products: Mapping[str, StockProduct], carried: units.Carry
) -> dict[str, Any]:
    """Quantity, unit and the state that follows from them."""
    known = products.get(product)
    if known is None:
        refusal = reason.unknown_product(product)
        nothing = {"quantity": Decimal(pieces), "unit": "", "pieces_per_unit": None}
        return nothing | {"state": "rejected", "reference": None, "why": refusal}
    per_unit = Decimal(known.pieces_per_unit)
    quantity = units.take_units(carried, place, pieces, per_unit)
    life = {"state": "prepared", "reference": None} if quantity else {"state": "acknowledged", "reference": CARRIED}
    return {"quantity": quantity, "unit": known.unit, "pieces_per_unit": per_unit, "why": None} | life


def _unknown_products(
    connection: Connection, destination: str, products: Mapping[str, StockProduct]
) -> Iterator[Row[Any]]:
    """What was rejected for its product, which `products` now has."""
    rejected = (
        select(outbox).where(outbox.c.destination == destination, outbox.c.state == "rejected").order_by(outbox.c.hour)
    )
    return (
        row
        for row in connection.execute(rejected)
        if row.product in products and row.why == reason.unknown_product(row.product)
    )


def remap(
    connection: Connection,
    destination: str,
    rows: Iterable[Row[Any]],
    products: Mapping[str, StockProduct],
    now: datetime,
) -> list[str]:
    """Declarations that are not in stock wait again; those that cannot (product still unknown, document cancelled) are
    left. Gives the keys of those that wait.
    """
    carried = units.load_carry(connection, destination)
    changes: list[dict[str, Any]] = []
    for row in rows:
        told = reason.load_reason(row.why)
        if told and told.code == "ship.cancelled":
            continue
        known = products.get(row.product)
        code = _stock_code(row.product, products)
        kept = ("stock_code", "unit", "quantity", "pieces_per_unit", "booked_on")
        change = {name: getattr(row, name) for name in kept} | {"state": "prepared"}
        if told and told.code == "ship.period_closed":
            change |= {"booked_on": date.fromisoformat(str(told.facts["opens"]))}
        if row.pieces_per_unit is None:  # never counted in units yet: its product was unknown
            if row.stock_code != row.product:  # a correction: it takes back where it was put
                code = row.stock_code
            change |= {"stock_code": code} | _said(row.product, row.pieces, (code, row.location), products, carried)
        elif known and (
            row.state == "prepared" or is_not_in_stock(row)
        ):  # its code or its unit may have been the reason
            change |= {"stock_code": code}
            counted_in = (row.stock_code, row.unit, row.pieces_per_unit)
            if counted_in != (code, known.unit, known.pieces_per_unit):  # what filled no unit goes with it
                place = (row.stock_code, row.location)
                units.return_units(carried, place, row.pieces, row.quantity, row.pieces_per_unit)
                change |= _said(row.product, row.pieces, (code, row.location), products, carried)
        if change["state"] != "rejected":
            changes.append({"reference": None, "why": None} | change | {"of": row.key})
    if changes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        connection.execute(same.values(attempts=0, changed_at=now, shown_in_lake=False), changes)
        units.save_carry(connection, destination, carried)
    return [change["of"] for change in changes]
