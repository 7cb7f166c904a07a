"""A day of a stock system reconciled: what was made, what was declared, what it holds, and every difference."""

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
    due: int | None = Field(description="to be declared there; none: the hour is open")
    declared: int
    acknowledged: Decimal = Field(description="what it took, in `unit`")
    in_stock: Decimal = Field(description="what it holds of it by its own account, in `unit`")
    unit: str


class CounterHour(BaseModel):
    machine: str
    hour: datetime
    counted: int | None = Field(description="by its counter, without what no row tells of; none: it cannot tell")
    items: int


class StockDifference(BaseModel):
    kind: str = Field(description="counter, facts, undeclared, missing, changed, cancelled, unfinished, extra")
    machine: str
    product: str
    hour: datetime
    files: list[str] = Field(description="that its hour rests on")
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
    refused: int = Field(description="pieces that a person must decide about")
    by_product: list[ReconciliationLine]
    lines: list[ReconciliationLine]
    counted: list[CounterHour]
    gaps: list[StockDifference]


class ReconciliationPage(BaseModel):
    destination: str
    destinations: list[str]
    day: date
    reconciled: ReconciliationResult | None = Field(description="none: nobody asked yet")
    days: list[ReconciliationDay] = Field(description="the last ones that were reconciled, newest first")


class DayToReconcile(BaseModel):
    to: str = Field(max_length=100, description="the stock system")
    day: date


def load(context: PageContext, to: str | None = None, day: date | None = None) -> ReconciliationPage:
    """A day as it was last reconciled. to: the stock system, else the first one. day: else the last one reconciled."""
    names = [one.name for one in context.factory.settings.stock]
    name = to if to is not None else next(iter(names), "")
    if name not in names:
        raise ConfigError("pipeline.no_destination", name=name[:100], names=", ".join(names) or "-")
    days = [
        ReconciliationDay(day=one, made_at=at, differences=count)
        for one, at, count in context.stock.reconciled_days(name, DAYS)
    ]
    shown = context.shown_day(day) if day or not days else days[0].day
    found = context.stock.reconciled_day(name, shown)
    return ReconciliationPage(
        destination=name,
        destinations=names,
        day=shown,
        reconciled=_reconciled(found) if found else None,
        days=days,
    )


def reconcile_day(context: PageContext, given: DayToReconcile, who: str) -> ReconciliationPage:
    """Ask the stock system now what it holds of a day. What is missing there is posted again with the next pass."""
    context.stock.reconcile_day(given.to, context.shown_day(given.day), who)
    return load(context, given.to, given.day)


def _reconciled(found: ReconciledDay) -> ReconciliationResult:
    told = asdict(found)
    return ReconciliationResult.model_validate({**told, "by_product": [asdict(one) for one in found.by_product()]})


PAGE = Page(
    "reconciliation",
    f"{STOCK.path}/reconciliation",
    load,
    actions=(
        Action(
            f"{STOCK.api}/reconcile",
            DayToReconcile,
            reconcile_day,
            lambda given: f"{STOCK.path}/reconciliation?to={given.to}&day={given.day}",
        ),
    ),
)
