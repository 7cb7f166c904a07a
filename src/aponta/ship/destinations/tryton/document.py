"""A declaration as a production. Made goods are its outputs. Goods that a correction takes back are the inputs of a
production of quantity 0, since no quantity may be negative.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Declaration, Progress, Rejection, StockDocument
from aponta.ship.destinations.tryton.master import StockLocation, TrytonProduct, TrytonUnit
from aponta.ship.destinations.tryton.rpc import Rpc

PAGE = 100  # productions per call
_MOVE = ("quantity", "state", "product.code", "unit", "lot.number")
_FIELDS = [
    *("reference", "number", "state", "product.code", "effective_date", "effective_start_date"),
    *(f"outputs.{name}" for name in (*_MOVE, "to_location", "to_location.rec_name")),
    *(f"inputs.{name}" for name in (*_MOVE, "from_location", "from_location.rec_name")),
]
_ENDED: dict[str, Progress] = {"done": "done", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Production:
    """A production as it is in Tryton."""

    id: int
    key: str
    state: str
    booked_on: date | None
    takes: bool  # a correction that takes goods out of stock
    units: frozenset[int]
    lots: frozenset[str | None]
    document: StockDocument


def read_productions(
    rpc: Rpc, domain: list[Any], places: Collection[StockLocation], offset: int = 0, *, lots: bool = False
) -> list[Production]:
    """A page of the company's productions of a domain, in the order they were made."""
    fields = [name for name in _FIELDS if lots or not name.endswith("lot.number")]
    found = rpc.search_read("production", [["company", "=", rpc.company], domain], fields, offset, PAGE)
    names = {id: place.name for place in places for id in place.within} | {place.id: place.name for place in places}
    return [_production(record, names) for record in found]


def _production(record: Mapping[str, Any], names: Mapping[int, str]) -> Production:
    state, product = record["state"], (record["product."] or {}).get("code")
    # Only moves of its product count: a person may have added material that the production consumes.
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


def new_production(id: int, declaration: Declaration) -> Production:
    """A production that was created just now."""
    document = StockDocument(
        declaration.quantity, str(id), "partial", stock_code=declaration.stock_code, location=declaration.location
    )
    return Production(
        id,
        declaration.key,
        "draft",
        declaration.booked_on,
        declaration.quantity < 0,
        frozenset(),
        frozenset(),
        document,
    )


def production_values(
    declaration: Declaration,
    product: TrytonProduct,
    unit: TrytonUnit,
    price: Decimal,
    place: StockLocation,
    lot: int | None,
    company: int,
    currency: int,
) -> dict[str, Any]:
    """The fields of a new production. price: of a unit. lot: its id."""
    takes = declaration.quantity < 0
    move: dict[str, Any] = {
        "product": product.id,
        "quantity": float(abs(declaration.quantity)),
        "unit": unit.id,
        "company": company,
        "from_location": place.id if takes else place.production,
        "to_location": place.production if takes else place.id,
        "planned_date": declaration.booked_on,  # as that of the production: otherwise Tryton writes each move once more
    }
    if not takes:  # Tryton requires both, and computes the price itself when the production is done
        move |= {"unit_price": price, "currency": currency}
    if lot is not None:
        move["lot"] = lot
    return {
        "reference": declaration.key,
        "company": company,
        "warehouse": place.warehouse,
        "location": place.production,
        "product": product.id,
        "unit": unit.id,
        "quantity": 0.0 if takes else move["quantity"],
        "inputs" if takes else "outputs": [["create", [move]]],
        **booking_dates(declaration.booked_on),
    }


def booking_dates(booked_on: date) -> dict[str, date]:
    """Inputs are booked on the effective start date, outputs on the effective date. The planned dates, which the moves
    have from the beginning, let Tryton refuse a closed period.
    """
    started = {"planned_start_date": booked_on, "effective_start_date": booked_on}
    return started | {"planned_date": booked_on, "effective_date": booked_on}


def require_match(declaration: Declaration, production: Production, unit: TrytonUnit) -> None:
    """Raises Rejection where a production that is not cancelled has another content."""
    document = production.document
    if document.progress == "cancelled":
        return
    same = (
        document.quantity == declaration.quantity
        and document.stock_code == declaration.stock_code
        and document.location == declaration.location
        and production.units <= {unit.id}
        and (declaration.lot is None or production.lots <= {declaration.lot})
    )
    if not same:
        content = f"{quantity_text(document.quantity)} of {document.stock_code} at {document.location}"
        raise Rejection(
            declaration.key, f"production {document.reference} has this reference with another content: {content}"
        )
