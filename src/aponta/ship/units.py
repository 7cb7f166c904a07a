"""Units: pieces become boxes or kg. What does not fill one is carried to the next declaration, never rounded away."""

from decimal import Decimal
from fractions import Fraction
from math import floor

from sqlalchemy import Connection, bindparam, delete, insert, select

from aponta.ops.tables import carry

Carried = dict[tuple[str, str], int]  # (stock_code, location) -> pieces declared so far
_PLACE = ("destination", "stock_code", "location")


def load(connection: Connection, destination: str) -> Carried:
    """The pieces that fill no unit yet, by stock code and location."""
    rows = connection.execute(
        select(carry.c.stock_code, carry.c.location, carry.c.pieces).where(carry.c.destination == destination)
    )
    return {(row.stock_code, row.location): row.pieces for row in rows}


def take(carried: Carried, place: tuple[str, str], pieces: int, pieces_per_unit: Decimal | int) -> Decimal:
    """The whole units that `pieces` (signed) complete or break at `place`, which moves on in `carried`."""
    if pieces_per_unit == 1:
        return Decimal(pieces)
    before = carried.get(place, 0)
    after = carried[place] = before + pieces
    per_unit = Fraction(pieces_per_unit)
    return Decimal(floor(after / per_unit) - floor(before / per_unit))


def save(connection: Connection, destination: str, carried: Carried) -> None:
    """Replaces the places that moved since `load`."""
    before = load(connection, destination)
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
