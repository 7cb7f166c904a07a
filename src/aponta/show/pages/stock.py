"""Stock: what each stock system was told, what waits, what it refused, and what it holds by its own account."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from aponta.config.master import Product
from aponta.contract.stock.control import DeclarationState, DestinationStatus, OutboxEntry, PostingPause, StockOnHand
from aponta.errors import ApontaError
from aponta.show.context import PageContext
from aponta.show.figures import declared
from aponta.show.page import Page

LAST = 10  # decisions


class Explanation(BaseModel):
    """Why something is not done, in words: `WORDS.error.CODE` filled with the facts."""

    code: str
    facts: dict[str, int | float | str]

    @classmethod
    def of(cls, error: ApontaError) -> "Explanation":
        """As it is kept and sent."""
        facts = {name: one if isinstance(one, int | float) else str(one) for name, one in error.facts.items()}
        return cls(code=error.code, facts=facts)


class ShownDeclaration(BaseModel):
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
    why: Explanation | None = Field(description="it was refused")


class QuantityOnHand(BaseModel):
    stock_code: str
    product: str | None = Field(description="as in products.csv")
    name: str
    location: str
    quantity: Decimal


class ManualCount(BaseModel):
    product: str = Field(description="its stock code")
    location: str
    counted_at: datetime
    counted: Decimal = Field(description="what people found")
    held: Decimal = Field(description="by the stock system, when the count was read in")
    declared_since: Decimal = Field(description="of that, what machines made after the count")
    drift: Decimal = Field(description="found over held at that moment; others' movements since then are in it")


class DecisionOnRecord(BaseModel):
    key: str
    action: str = Field(description="retry, settle, void, accept")
    who: str
    why: str
    at: datetime


class StockSystem(BaseModel):
    name: str
    kind: str
    start: datetime | None = Field(description="items made before are never declared; none: nothing is")
    paused: PostingPause | None
    counts: dict[DeclarationState, int]
    oldest_waiting: datetime | None = Field(description="the hour of production that waits longest")
    rejected: list[ShownDeclaration] = Field(description="the oldest 20")
    acknowledged: list[ShownDeclaration] = Field(description="the last 20")
    on_hand: list[QuantityOnHand] | None = Field(
        description="as the stock system last told; none: it has not answered yet"
    )
    on_hand_at: datetime | None
    unreachable: Explanation | None
    counted: list[ManualCount] = Field(description="the manual count that was read in last")
    decided: list[DecisionOnRecord] = Field(description="what people decided last, newest first")
    reconciled: date | None = Field(description="the last day that was")
    differences: int = Field(description="of that day")
    compared: list[declared.ProductComparison] = Field(
        description="the day's production beside what was declared of it; nothing without a start"
    )


class StockPage(BaseModel):
    day: date = Field(description="today, or the last day with production")
    is_today: bool
    destinations: list[StockSystem]


def load(context: PageContext) -> StockPage:
    """Each destination: what waits, what it refused, what it took last, what is on hand, the day's difference."""
    factory = context.factory
    day = context.shown_day(None)
    held = context.stock.on_hand()
    sections = {one.name: one for one in factory.settings.stock}
    return StockPage(
        day=day,
        is_today=day == context.today(),
        destinations=[
            _destination(
                context,
                one,
                held.get(one.destination, StockOnHand()),
                declared.made_and_declared(context, sections[one.destination], day) if one.start else [],
            )
            for one in context.stock.status()
            if one.destination in sections
        ],
    )


def _destination(
    context: PageContext, one: DestinationStatus, held: StockOnHand, compared: list[declared.ProductComparison]
) -> StockSystem:
    factory = context.factory
    last = context.stock.reconciled_days(one.destination, 1)
    products = {product.stock_code or product.product: product for product in factory.products.values()}
    on_hand = None
    if held.quantities is not None:
        on_hand = [
            _quantity_on_hand(products.get(code), code, place, quantity) for code, place, quantity in held.quantities
        ]
    return StockSystem(
        name=one.destination,
        kind=one.kind,
        start=one.start,
        paused=one.paused,
        counts=one.counts,
        oldest_waiting=one.oldest_waiting,
        rejected=[shown_declaration(entry) for entry in one.rejected],
        acknowledged=[shown_declaration(entry) for entry in one.acknowledged],
        on_hand=on_hand,
        on_hand_at=held.reported_at,
        unreachable=Explanation.of(held.why) if held.why else None,
        counted=[ManualCount(**vars(each), drift=each.drift) for each in context.stock.last_count(one.destination)],
        decided=[
            DecisionOnRecord(key=key, **vars(each)) for key, each in context.stock.last_decisions(one.destination, LAST)
        ],
        reconciled=last[0][0] if last else None,
        differences=last[0][2] if last else 0,
        compared=compared,
    )


def _quantity_on_hand(known: Product | None, code: str, location: str, quantity: Decimal) -> QuantityOnHand:
    return QuantityOnHand(
        stock_code=code,
        product=known.product if known else None,
        name=known.name if known else "",
        location=location,
        quantity=quantity,
    )


def shown_declaration(entry: OutboxEntry) -> ShownDeclaration:
    """As pages show it."""
    said = entry.declaration
    return ShownDeclaration(
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
        why=Explanation.of(entry.why) if entry.why else None,
    )


PAGE = Page("stock", "/stock", load, place=5)
