"""Declarations that are not in stock take the stock code and unit that products.csv has now, and wait again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import units
from aponta.ship.outbox.destination import StockProduct, stock_code_of
from aponta.ship.outbox.reason import is_not_in_stock, load_reason, unknown_product

_COLUMNS = ("stock_code", "unit", "quantity", "pieces_per_unit", "booked_on")


def map_products(connection: Connection, destination: str, products: Mapping[str, StockProduct], now: datetime) -> int:
    """Releases declarations that were rejected for their product once `products` has it; returns how many."""
    return len(remap(connection, destination, _rejected_for_product(connection, destination, products), products, now))


def remap(
    connection: Connection,
    destination: str,
    rows: Iterable[Row[Any]],
    products: Mapping[str, StockProduct],
    now: datetime,
) -> list[str]:
    """Makes rows of the outbox wait again, mapped by `products`. Returns their keys.

    Rows whose product is still unknown, or whose document was cancelled in the stock system, stay as they are.
    """
    carried = units.load_carry(connection, destination)
    changes = [change for row in rows if (change := _change(row, products, carried))]
    if changes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        connection.execute(same.values(attempts=0, changed_at=now, shown_in_lake=False), changes)
        units.save_carry(connection, destination, carried)
    return [change["of"] for change in changes]


def _change(row: Row[Any], products: Mapping[str, StockProduct], carried: units.Carry) -> dict[str, Any] | None:
    """The columns that change; None: the row stays as it is."""
    error = load_reason(row.why)
    if error and error.code == "ship.cancelled":
        return None
    change = {name: getattr(row, name) for name in _COLUMNS} | {"state": "prepared", "reference": None, "why": None}
    if error and error.code == "ship.period_closed":
        change["booked_on"] = date.fromisoformat(str(error.facts["opens"]))
    product, code = products.get(row.product), stock_code_of(row.product, products)
    if row.pieces_per_unit is None:  # never counted in units yet: its product was unknown
        if row.stock_code != row.product:  # a correction takes back from where the first revision was booked
            code = row.stock_code
        change["stock_code"] = code
        change |= units.count_in_units(row.product, row.pieces, (code, row.location), products, carried)
    elif product and (row.state == "prepared" or is_not_in_stock(row)):  # its code or unit may have been the reason
        change["stock_code"] = code
        if (row.stock_code, row.unit, row.pieces_per_unit) != (code, product.unit, product.pieces_per_unit):
            place = (row.stock_code, row.location)
            units.return_units(carried, place, row.pieces, row.quantity, row.pieces_per_unit)
            change |= units.count_in_units(row.product, row.pieces, (code, row.location), products, carried)
    return None if change["state"] == "rejected" else change | {"of": row.key}


def _rejected_for_product(
    connection: Connection, destination: str, products: Mapping[str, StockProduct]
) -> Iterator[Row[Any]]:
    """Rows that were rejected for a product that `products` now has."""
    rejected = (
        select(outbox).where(outbox.c.destination == destination, outbox.c.state == "rejected").order_by(outbox.c.hour)
    )
    for row in connection.execute(rejected):
        if row.product in products and row.why == unknown_product(row.product):
            yield row
