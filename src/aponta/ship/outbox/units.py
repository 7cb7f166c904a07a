"""Units: pieces become boxes or kg. What does not fill one is carried to the next declaration, never rounded away."""

from decimal import Decimal
from math import floor

from sqlalchemy import Connection, bindparam, delete, insert, select

from aponta.ops.stock_tables import carry

Carry = dict[tuple[str, str], Decimal]  # (stock_code, location) -> pieces that fill no unit yet
_PLACE = ("destination", "stock_code", "location")


def load_carry(connection: Connection, destination: str) -> Carry:
    """The pieces that fill no unit yet, by stock code and location."""
    rows = connection.execute(
        select(carry.c.stock_code, carry.c.location, carry.c.pieces).where(carry.c.destination == destination)
    )
    return {(row.stock_code, row.location): row.pieces for row in rows}


def take_units(carried: Carry, place: tuple[str, str], pieces: int, per_unit: Decimal) -> Decimal:
    """The whole units that `pieces` (signed) complete or break at `place`, whose remainder moves on in `carried`.

    Another `per_unit` than before counts the remainder in it, and nothing that was declared already.
    """
    at_hand = carried.get(place, Decimal(0)) + pieces
    units = Decimal(floor(at_hand / per_unit))
    _leave(carried, place, at_hand - units * per_unit)
    return units


def return_units(carried: Carry, place: tuple[str, str], pieces: int, units: Decimal, per_unit: Decimal) -> None:
    """As if `take` had never been told of these."""
    _leave(carried, place, carried.get(place, Decimal(0)) - pieces + units * per_unit)


def _leave(carried: Carry, place: tuple[str, str], pieces: Decimal) -> None:
    if pieces or place in carried:
        carried[place] = pieces


def save_carry(connection: Connection, destination: str, carried: Carry) -> None:
    """Replaces the places that moved since `load`."""
    before = load_carry(connection, destination)
    moved = [
        {"destination": destination, "stock_code": code, "location": location, "pieces": pieces}
        for (code, location), pieces in carried.items()
        if before.get((code, location)) != pieces
    ]
    if moved:
        place = [carry.c[name] == bindparam(f"old_{name}") for name in _PLACE]
        connection.execute(
            delete(carry).where(*place), [{f"old_{name}": row[name] for name in _PLACE} for row in moved]
        )
        connection.execute(insert(carry), moved)
