"""Stock: what each stock system was told, what waits, what it refused, and what it holds by its own account."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from aponta.config.master import Product
from aponta.contract.stock.control import Entry, OnHand, Pause, Standing, State
from aponta.errors import ApontaError
from aponta.show.context import Desk
from aponta.show.figures import declared
from aponta.show.page import Page

LAST = 10  # decisions


class Why(BaseModel):
    """Why something is not done, in words: `WORDS.error.CODE` filled with the facts."""

    code: str
    facts: dict[str, int | float | str]

    @classmethod
    def of(cls, error: ApontaError) -> "Why":
        """As it is kept and sent."""
        facts = {name: one if isinstance(one, int | float) else str(one) for name, one in error.facts.items()}
        return cls(code=error.code, facts=facts)


class Declaration(BaseModel):
    key: str
    machine: str
    product: str
    hour: datetime
    quality: str
    revision: int = Field(description="from 2 on a correction")
    quantity: Decimal
    unit: str
    location: str
    reference: str | None = Field(description="the stock system's own")
    changed_at: datetime
    why: Why | None = Field(description="it was refused")


class Held(BaseModel):
    stock_code: str
    product: str | None = Field(description="as in products.csv")
    name: str
    location: str
    quantity: Decimal


class Counted(BaseModel):
    product: str = Field(description="its stock code")
    location: str
    counted_at: datetime
    counted: Decimal = Field(description="what people found")
    held: Decimal = Field(description="by the stock system, when the count was read in")
    declared_since: Decimal = Field(description="of that, what machines made after the count")
    drift: Decimal = Field(description="found over held at that moment; others' movements since then are in it")


class Decided(BaseModel):
    key: str
    action: str = Field(description="retry, settle, void, accept")
    who: str
    why: str
    at: datetime


class Destination(BaseModel):
    name: str
    kind: str
    start: datetime | None = Field(description="items made before are never declared; none: nothing is")
    paused: Pause | None
    counts: dict[State, int]
    oldest_waiting: datetime | None = Field(description="the hour of production that waits longest")
    rejected: list[Declaration] = Field(description="the oldest 20")
    acknowledged: list[Declaration] = Field(description="the last 20")
    on_hand: list[Held] | None = Field(description="as the stock system last told; none: it has not answered yet")
    on_hand_at: datetime | None
    unreachable: Why | None
    counted: list[Counted] = Field(description="the manual count that was read in last")
    decided: list[Decided] = Field(description="what people decided last, newest first")
    reconciled: date | None = Field(description="the last day that was")
    differences: int = Field(description="of that day")
    compared: list[declared.Compared] = Field(
        description="the day's production beside what was declared of it; nothing without a start"
    )


class Stock(BaseModel):
    day: date = Field(description="today, or the last day with production")
    is_today: bool
    destinations: list[Destination]


def load(desk: Desk) -> Stock:
    """Each destination: what waits, what it refused, what it took last, what is on hand, the day's difference."""
    factory = desk.factory
    day = desk.shown_day(None)
    held = desk.stock.on_hand()
    sections = {one.name: one for one in factory.settings.stock}
    return Stock(
        day=day,
        is_today=day == desk.today(),
        destinations=[
            _destination(
                desk,
                one,
                held.get(one.destination, OnHand()),
                declared.compare(desk, sections[one.destination], day) if one.start else [],
            )
            for one in desk.stock.standing()
            if one.destination in sections
        ],
    )


def _destination(desk: Desk, one: Standing, held: OnHand, compared: list[declared.Compared]) -> Destination:
    factory = desk.factory
    last = desk.stock.days(one.destination, 1)
    products = {product.stock_code or product.product: product for product in factory.products.values()}
    on_hand = None
    if held.quantities is not None:
        on_hand = [_held(products.get(code), code, place, quantity) for code, place, quantity in held.quantities]
    return Destination(
        name=one.destination,
        kind=one.kind,
        start=one.start,
        paused=one.paused,
        counts=one.counts,
        oldest_waiting=one.oldest_waiting,
        rejected=[declaration(entry) for entry in one.rejected],
        acknowledged=[declaration(entry) for entry in one.acknowledged],
        on_hand=on_hand,
        on_hand_at=held.told_at,
        unreachable=Why.of(held.why) if held.why else None,
        counted=[Counted(**vars(each), drift=each.drift) for each in desk.stock.counted(one.destination)],
        decided=[Decided(key=key, **vars(each)) for key, each in desk.stock.decided(one.destination, LAST)],
        reconciled=last[0][0] if last else None,
        differences=last[0][2] if last else 0,
        compared=compared,
    )


def _held(known: Product | None, code: str, location: str, quantity: Decimal) -> Held:
    return Held(
        stock_code=code,
        product=known.product if known else None,
        name=known.name if known else "",
        location=location,
        quantity=quantity,
    )


def declaration(entry: Entry) -> Declaration:
    """As pages show it."""
    said = entry.declaration
    return Declaration(
        key=said.key,
        machine=said.machine,
        product=said.product,
        hour=said.hour,
        quality=said.quality,
        revision=said.revision,
        quantity=said.quantity,
        unit=said.unit,
        location=said.location,
        reference=said.reference,
        changed_at=entry.changed_at,
        why=Why.of(entry.why) if entry.why else None,
    )


PAGE = Page("stock", "/stock", load, place=5)
