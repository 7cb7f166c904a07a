"""A declaration as a document of Tryton: a production. What was made comes out of it; what is taken back, since no
quantity may be negative, goes into one of quantity 0.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from aponta.contract.stock.sink import Declaration, Progress, Rejection, StockDocument
from aponta.ship.destinations.tryton.master import StockLocation, TrytonProduct, TrytonUnit
from aponta.ship.destinations.tryton.rpc import Rpc

PAGE = 100  # documents a call
_MOVE = ("quantity", "state", "product.code", "unit", "lot.number")
_FIELDS = [
    *("reference", "number", "state", "product.code", "effective_date", "effective_start_date"),
    *(f"outputs.{name}" for name in (*_MOVE, "to_location", "to_location.rec_name")),
    *(f"inputs.{name}" for name in (*_MOVE, "from_location", "from_location.rec_name")),
]
_ENDED: dict[str, Progress] = {"done": "done", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Production:
    """A production as it stands in Tryton."""

    id: int
    key: str
    state: str
    booked_on: date | None
    takes: bool  # goods out of stock: a correction
    units: frozenset[int]
    lots: frozenset[str | None]
    posted: StockDocument


def read_productions(
    rpc: Rpc, domain: list[Any], places: Collection[StockLocation], offset: int = 0, *, lots: bool = False
) -> list[Production]:
    """A page of the company's productions of a domain, in the order they were made."""
    fields = [name for name in _FIELDS if lots or not name.endswith("lot.number")]
    found = rpc.search_read("production", [["company", "=", rpc.company], domain], fields, offset, PAGE)
    names = {id: place.name for place in places for id in place.within} | {place.id: place.name for place in places}
    return [_document(one, names) for one in found]


def _document(record: Mapping[str, Any], names: Mapping[int, str]) -> Production:
    state, product = record["state"], (record["product."] or {}).get("code")
    # A person may have added what the production consumes: that is another matter.
    made, taken = (
        [
            move
            for move in record[f"{side}."]
            if (move["product."] or {}).get("code") == product
            and (move["state"] != "cancelled" or state == "cancelled")
        ]
        for side in ("outputs", "inputs")
    )
    quantity = sum((Decimal(move["quantity"]) for move in made), Decimal()) - sum(
        (Decimal(move["quantity"]) for move in taken), Decimal()
    )
    locations = {
        names.get(move[place], (move[f"{place}."] or {}).get("rec_name"))
        for moves, place in ((made, "to_location"), (taken, "from_location"))
        for move in moves
    }
    days = {record["effective_date"], record["effective_start_date"]}
    return Production(
        record["id"],
        record["reference"],
        state,
        days.pop() if len(days) == 1 else None,
        bool(taken) and not made,
        frozenset(move["unit"] for move in made + taken),
        frozenset((move.get("lot.") or {}).get("number") for move in made + taken),
        StockDocument(
            quantity,
            record["number"] or str(record["id"]),
            _ENDED.get(state, "partial"),
            stock_code=product,
            location=locations.pop() if len(locations) == 1 else None,
        ),
    )


def new_production(id: int, said: Declaration) -> Production:
    """One that was created just now."""
    posted = StockDocument(said.quantity, str(id), "partial", stock_code=said.stock_code, location=said.location)
    return Production(id, said.key, "draft", said.booked_on, said.quantity < 0, frozenset(), frozenset(), posted)


def production_values(
    said: Declaration,
    product: TrytonProduct,
    unit: TrytonUnit,
    price: Decimal,
    place: StockLocation,
    lot: int | None,
    company: int,
    currency: int,
) -> dict[str, Any]:
    """What is created."""
    takes = said.quantity < 0
    move: dict[str, Any] = {
        "product": product.id,
        "quantity": float(abs(said.quantity)),
        "unit": unit.id,
        "company": company,
        "from_location": place.id if takes else place.production,
        "to_location": place.production if takes else place.id,
        "planned_date": said.booked_on,  # as its production's: else Tryton writes each once more
    }
    if not takes:  # Tryton asks for both, and works out the price itself when it is done
        move |= {"unit_price": price, "currency": currency}
    if lot is not None:
        move["lot"] = lot
    return {
        "reference": said.key,
        "company": company,
        "warehouse": place.warehouse,
        "location": place.production,
        "product": product.id,
        "unit": unit.id,
        "quantity": 0.0 if takes else move["quantity"],
        "inputs" if takes else "outputs": [["create", [move]]],
        **booking_dates(said.booked_on),
    }


def booking_dates(booked_on: date) -> dict[str, date]:
    """What goes in is booked on the effective start date, what comes out on the effective date; by the planned ones,
    which its moves have from the beginning, Tryton sees that a period is closed.
    """
    started = {"planned_start_date": booked_on, "effective_start_date": booked_on}
    return started | {"planned_date": booked_on, "effective_date": booked_on}


def plain(quantity: Decimal) -> str:
    """For people."""
    return f"{quantity.normalize():f}"


def require_match(said: Declaration, there: Production, unit: TrytonUnit) -> None:
    """Raises Rejection where a document that stock moves by says something else under the key."""
    posted = there.posted
    if posted.progress == "cancelled":
        return
    same = (
        posted.quantity == said.quantity
        and posted.stock_code == said.stock_code
        and posted.location == said.location
        and there.units <= {unit.id}
        and (said.lot is None or there.lots <= {said.lot})
    )
    if not same:
        what = f"{plain(posted.quantity)} of {posted.stock_code} at {posted.location}"
        raise Rejection(said.key, f"production {posted.reference} has this reference with another content: {what}")


def pages(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[at : at + PAGE] for at in range(0, len(keys), PAGE)]
