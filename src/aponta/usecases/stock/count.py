"""A manual count: what people found, beside what the stock system held. Drift is shown, never added to anything."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine, func, insert, select

from aponta.config import Factory, StockSection
from aponta.config.master import CountRow
from aponta.contract.clock import Clock
from aponta.contract.stock.control import IN_STOCK, CountedStock
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.stock_tables import outbox, stock_count
from aponta.ship.destinations import open_destination


def record_count(
    factory: Factory, engine: Engine, destination: StockSection, rows: Iterable[CountRow], who: str, clock: Clock
) -> list[CountedStock]:
    """Keeps the count beside what the stock system holds now.

    Raises TransientError where it does not answer, ConfigError `pipeline.no_on_hand` where it does not tell.
    """
    opened = open_destination(destination, factory.stock_url(destination), factory.folder)
    held = {(code, place): quantity for code, place, quantity in opened.on_hand()}
    if not held:
        raise ConfigError("pipeline.no_on_hand", destination=destination.name)
    taken = []
    with transaction(engine) as connection:
        for row in rows:
            at = row.counted_at if row.counted_at.tzinfo else row.counted_at.replace(tzinfo=factory.zone)
            place = (row.product, row.location)
            since = _declared_since(connection, destination.name, *place, at)
            taken.append(CountedStock(*place, at.astimezone(UTC), row.counted, held.get(place, Decimal(0)), since))
        about = {"destination": destination.name, "who": who, "imported_at": clock()}
        if taken:
            connection.execute(insert(stock_count), [about | _columns(one) for one in taken])
    return taken


def last_count(connection: Connection, destination: str) -> list[CountedStock]:
    """The count that was read in last."""
    table = stock_count.c
    newest = select(func.max(table.imported_at)).where(table.destination == destination).scalar_subquery()
    rows = connection.execute(
        select(stock_count)
        .where(table.destination == destination, table.imported_at == newest)
        .order_by(table.stock_code, table.location)
    )
    return [
        CountedStock(row.stock_code, row.location, row.counted_at, row.counted, row.held, row.declared_since)
        for row in rows
    ]


def _columns(one: CountedStock) -> dict[str, object]:
    kept = ("location", "counted_at", "counted", "held", "declared_since")
    return {name: getattr(one, name) for name in kept} | {"stock_code": one.product}


def _declared_since(connection: Connection, destination: str, code: str, location: str, at: datetime) -> Decimal:
    """Of hours that began after the count; an hour that it fell into was partly counted, and is not."""
    place = (outbox.c.destination == destination, outbox.c.stock_code == code, outbox.c.location == location)
    query = select(func.sum(outbox.c.quantity)).where(*place, outbox.c.state.in_(IN_STOCK), outbox.c.hour >= at)
    return Decimal(connection.scalars(query).first() or 0)
