"""Stock: for each stock system its declarations - pending, rejected, acknowledged - and the stock in its own books."""

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
    """A reason why something is not done: the words `error.CODE`, filled with the facts."""

    code: str
    facts: dict[str, int | float | str]

    @classmethod
    def of(cls, error: ApontaError) -> "Explanation":
        """An error as JSON carries it."""
        facts = {name: fact if isinstance(fact, int | float) else str(fact) for name, fact in error.facts.items()}
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
    why: Explanation | None = Field(description="of a rejection")


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
    counted: Decimal = Field(description="by people")
    held: Decimal = Field(description="by the stock system, when the count was imported")
    declared_since: Decimal = Field(description="part of it that machines produced after the count")
    drift: Decimal = Field(description="counted minus held at the time of the count, with others' movements since then")


class DecisionOnRecord(BaseModel):
    key: str
    action: str = Field(description="retry, settle, void, accept")
    who: str
    why: str
    at: datetime


class StockSystem(BaseModel):
    name: str
    kind: str
    start: datetime | None = Field(description="items produced before are never declared; none: nothing is declared")
    paused: PostingPause | None
    counts: dict[DeclarationState, int]
    oldest_waiting: datetime | None = Field(description="the hour of production that waits longest")
    rejected: list[ShownDeclaration] = Field(description="the oldest 20")
    acknowledged: list[ShownDeclaration] = Field(description="the last 20")
    on_hand: list[QuantityOnHand] | None = Field(
        description="by the stock system's last answer; none: it has not answered yet"
    )
    on_hand_at: datetime | None
    unreachable: Explanation | None
    counted: list[ManualCount] = Field(description="the manual count that was imported last")
    decided: list[DecisionOnRecord] = Field(description="by people, newest first")
    reconciled: date | None = Field(description="the last reconciled day")
    differences: int = Field(description="of that day")
    compared: list[declared.ProductComparison] = Field(
        description="the day's production compared with its declarations; empty without a start"
    )


class StockPage(BaseModel):
    day: date = Field(description="today, or the last day with production")
    is_today: bool
    destinations: list[StockSystem]


def load(context: PageContext) -> StockPage:
    """Each stock system: pending, rejected and acknowledged declarations, stock on hand, the day's difference."""
    factory = context.factory
    day = context.shown_day(None)
    on_hand = context.stock.on_hand()
    sections = {section.name: section for section in factory.settings.stock}
    return StockPage(
        day=day,
        is_today=day == context.today(),
        destinations=[
            _stock_system(
                context,
                status,
                on_hand.get(status.destination, StockOnHand()),
                declared.made_and_declared(context, sections[status.destination], day) if status.start else [],
            )
            for status in context.stock.status()
            if status.destination in sections
        ],
    )


def _stock_system(
    context: PageContext, status: DestinationStatus, stock: StockOnHand, compared: list[declared.ProductComparison]
) -> StockSystem:
    factory = context.factory
    last, decided = (
        context.stock.reconciled_days(status.destination, 1),
        context.stock.last_decisions(status.destination, LAST),
    )
    products = {product.stock_code or product.product: product for product in factory.products.values()}
    on_hand = None
    if stock.quantities is not None:
        on_hand = [
            _quantity_on_hand(products.get(code), code, place, quantity) for code, place, quantity in stock.quantities
        ]
    return StockSystem(
        name=status.destination,
        kind=status.kind,
        start=status.start,
        paused=status.paused,
        counts=status.counts,
        oldest_waiting=status.oldest_waiting,
        rejected=[shown_declaration(entry) for entry in status.rejected],
        acknowledged=[shown_declaration(entry) for entry in status.acknowledged],
        on_hand=on_hand,
        on_hand_at=stock.reported_at,
        unreachable=Explanation.of(stock.why) if stock.why else None,
        counted=[ManualCount(**vars(each), drift=each.drift) for each in context.stock.last_count(status.destination)],
        decided=[DecisionOnRecord(key=key, **vars(each)) for key, each in decided],
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
    """A declaration as pages show it."""
    declaration = entry.declaration
    return ShownDeclaration(
        key=declaration.key,
        machine=declaration.machine,
        product=declaration.product,
        hour=declaration.hour,
        quality=declaration.quality,
        revision=declaration.revision,
        quantity=declaration.quantity,
        unit=declaration.unit,
        location=declaration.location,
        reference=declaration.reference,
        changed_at=entry.changed_at,
        why=Explanation.of(entry.why) if entry.why else None,
    )


PAGE = Page("stock", "/stock", load, place=5)
