"""A manual count beside the stock system's own account. The drift is shown and never added to anything."""

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

_COLUMNS = ("location", "counted_at", "counted", "held", "declared_since")


def record_count(
    factory: Factory, engine: Engine, destination: StockSection, rows: Iterable[CountRow], who: str, clock: Clock
) -> list[CountedStock]:
    """Stores the count beside the stock system's quantities of now.

    Raises TransientError where it does not answer, ConfigError `pipeline.no_on_hand` where it reports no stock.
    """
    sink = open_destination(destination, factory.stock_url(destination), factory.folder)
    on_hand = {(code, location): quantity for code, location, quantity in sink.on_hand()}
    if not on_hand:
        raise ConfigError("pipeline.no_on_hand", destination=destination.name)
    counted = []
    with transaction(engine) as connection:
        for row in rows:
            at = row.counted_at if row.counted_at.tzinfo else row.counted_at.replace(tzinfo=factory.zone)
            place = (row.product, row.location)
            since = _declared_since(connection, destination.name, *place, at)
            held = on_hand.get(place, Decimal(0))
            counted.append(CountedStock(*place, at.astimezone(UTC), row.counted, held, since))
        if counted:
            about = {"destination": destination.name, "who": who, "imported_at": clock()}
            connection.execute(insert(stock_count), [about | _columns(line) for line in counted])
    return counted


def last_count(connection: Connection, destination: str) -> list[CountedStock]:
    """The count that was imported last."""
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


def _columns(line: CountedStock) -> dict[str, object]:
    return {name: getattr(line, name) for name in _COLUMNS} | {"stock_code": line.product}


def _declared_since(connection: Connection, destination: str, code: str, location: str, at: datetime) -> Decimal:
    """The declared quantity of hours that began after the count. The hour of the count itself was partly counted, and
    is left out.
    """
    place = (outbox.c.destination == destination, outbox.c.stock_code == code, outbox.c.location == location)
    query = select(func.sum(outbox.c.quantity)).where(*place, outbox.c.state.in_(IN_STOCK), outbox.c.hour >= at)
    return Decimal(connection.scalars(query).first() or 0)
