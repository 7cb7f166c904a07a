"""Units: pieces become boxes or kg. Pieces that fill no unit are carried to the next declaration, not rounded."""

from collections.abc import Mapping
from decimal import Decimal
from math import floor
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from aponta.ops.stock_tables import carry
from aponta.ship.outbox.destination import StockProduct
from aponta.ship.outbox.reason import unknown_product

CARRIED = "carried"  # the reference of a declaration that fills no unit: acknowledged without being sent
Carry = dict[tuple[str, str], Decimal]  # (stock_code, location) -> pieces that fill no unit yet
_PLACE = ("destination", "stock_code", "location")


def load_carry(connection: Connection, destination: str) -> Carry:
    """The pieces that fill no unit yet, by stock code and location."""
    rows = connection.execute(
        select(carry.c.stock_code, carry.c.location, carry.c.pieces).where(carry.c.destination == destination)
    )
    return {(row.stock_code, row.location): row.pieces for row in rows}


def count_in_units(
    product: str, pieces: int, place: tuple[str, str], products: Mapping[str, StockProduct], carried: Carry
) -> dict[str, Any]:
    """The outbox's columns that follow from a declaration's pieces: quantity, unit, pieces_per_unit, state, reference
    and why. Moves the remainder at `place` in `carried`. Rejected where `products` lacks the product.
    """
    known = products.get(product)
    if known is None:
        columns = {"quantity": Decimal(pieces), "unit": "", "pieces_per_unit": None}
        return columns | {"state": "rejected", "reference": None, "why": unknown_product(product)}
    per_unit = Decimal(known.pieces_per_unit)
    quantity = take_units(carried, place, pieces, per_unit)
    state, reference = ("prepared", None) if quantity else ("acknowledged", CARRIED)
    columns = {"quantity": quantity, "unit": known.unit, "pieces_per_unit": per_unit}
    return columns | {"state": state, "reference": reference, "why": None}


def take_units(carried: Carry, place: tuple[str, str], pieces: int, per_unit: Decimal) -> Decimal:
    """The whole units that `pieces` (signed) complete or break at `place`. The remainder stays in `carried`.

    A changed `per_unit` applies to the remainder, never to declared units.
    """
    available = carried.get(place, Decimal(0)) + pieces
    units = Decimal(floor(available / per_unit))
    _set_remainder(carried, place, available - units * per_unit)
    return units


def return_units(carried: Carry, place: tuple[str, str], pieces: int, units: Decimal, per_unit: Decimal) -> None:
    """Reverses `take_units`."""
    _set_remainder(carried, place, carried.get(place, Decimal(0)) - pieces + units * per_unit)


def _set_remainder(carried: Carry, place: tuple[str, str], pieces: Decimal) -> None:
    if pieces or place in carried:
        carried[place] = pieces


def save_carry(connection: Connection, destination: str, carried: Carry) -> None:
    """Stores the places that changed since `load_carry`."""
    before = load_carry(connection, destination)
    changed = [
        {"destination": destination, "stock_code": code, "location": location, "pieces": pieces}
        for (code, location), pieces in carried.items()
        if before.get((code, location)) != pieces
    ]
    if changed:
        place = [carry.c[name] == bindparam(f"old_{name}") for name in _PLACE]
        connection.execute(
            delete(carry).where(*place), [{f"old_{name}": row[name] for name in _PLACE} for row in changed]
        )
        connection.execute(insert(carry), changed)
