"""A day of a stock system reconciled: produced, declared, in stock there, and every difference."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from aponta.contract.stock.reconciliation import ReconciledDay
from aponta.errors import ConfigError
from aponta.show.context import PageContext
from aponta.show.page import Action, Page
from aponta.show.pages.stock import PAGE as STOCK

DAYS = 31


class ReconciliationLine(BaseModel):
    machine: str
    product: str
    hour: datetime
    items: int = Field(description="pieces in silver.items")
    good: int
    scrap: int
    rework: int
    unknown: int
    due: int | None = Field(description="to be declared; none: the hour is open")
    declared: int
    acknowledged: Decimal = Field(description="booked by the stock system, in `unit`")
    in_stock: Decimal = Field(description="in its own books, in `unit`")
    unit: str


class CounterHour(BaseModel):
    machine: str
    hour: datetime
    counted: int | None = Field(description="by its counter, without items that no row reports; none: unknown")
    items: int


class StockDifference(BaseModel):
    kind: str = Field(description="counter, facts, undeclared, missing, changed, cancelled, unfinished, extra")
    machine: str
    product: str
    hour: datetime
    files: list[str] = Field(description="of its hour")
    declared: str = Field(serialization_alias="said")
    in_stock: str = Field(serialization_alias="there")
    key: str
    reference: str


class ReconciliationDay(BaseModel):
    day: date
    made_at: datetime
    differences: int


class ReconciliationResult(BaseModel):
    made_at: datetime
    who: str
    documents: int = Field(description="in the stock system, of that day")
    requeued: int = Field(description="missing there, and posted again")
    waits: int = Field(description="pieces on their way: no difference yet")
    refused: int = Field(description="pieces for a person to decide")
    by_product: list[ReconciliationLine]
    lines: list[ReconciliationLine]
    counted: list[CounterHour]
    gaps: list[StockDifference]


class ReconciliationPage(BaseModel):
    destination: str
    destinations: list[str]
    day: date
    reconciled: ReconciliationResult | None = Field(description="none: not reconciled yet")
    days: list[ReconciliationDay] = Field(description="reconciled last, newest first")


class DayToReconcile(BaseModel):
    to: str = Field(max_length=100, description="the stock system")
    day: date


def load(context: PageContext, to: str | None = None, day: date | None = None) -> ReconciliationPage:
    """A day as it was last reconciled. to: the stock system; None: the first. day: None: the day reconciled last."""
    names = [section.name for section in context.factory.settings.stock]
    name = to if to is not None else next(iter(names), "")
    if name not in names:
        raise ConfigError("pipeline.no_destination", name=name[:100], names=", ".join(names) or "-")
    days = [
        ReconciliationDay(day=each, made_at=at, differences=count)
        for each, at, count in context.stock.reconciled_days(name, DAYS)
    ]
    shown = context.shown_day(day) if day or not days else days[0].day
    result = context.stock.reconciled_day(name, shown)
    return ReconciliationPage(
        destination=name,
        destinations=names,
        day=shown,
        reconciled=_result(result) if result else None,
        days=days,
    )


def reconcile_day(context: PageContext, request: DayToReconcile, who: str) -> ReconciliationPage:
    """Ask the stock system now for its documents of a day. The next pass posts again whatever is missing there."""
    context.stock.reconcile_day(request.to, context.shown_day(request.day), who)
    return load(context, request.to, request.day)


def _result(day: ReconciledDay) -> ReconciliationResult:
    by_product = [asdict(line) for line in day.by_product()]
    return ReconciliationResult.model_validate({**asdict(day), "by_product": by_product})


PAGE = Page(
    "reconciliation",
    f"{STOCK.path}/reconciliation",
    load,
    actions=(
        Action(
            f"{STOCK.api}/reconcile",
            DayToReconcile,
            reconcile_day,
            lambda request: f"{STOCK.path}/reconciliation?to={request.to}&day={request.day}",
        ),
    ),
)
