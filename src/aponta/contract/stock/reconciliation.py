"""A reconciled day of a stock system: counters, items, production, declarations and the stock system's own account."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

PIECE_COUNTS = ("items", "good", "scrap", "rework", "unknown")
SUMMED = (*PIECE_COUNTS, "due", "declared", "acknowledged", "in_stock")


@dataclass(frozen=True)
class StockLine:
    """A machine, product and hour. Pieces, except `acknowledged` and `in_stock`, which are in `unit`."""

    machine: str
    product: str
    hour: datetime
    items: int  # pieces of silver.items
    good: int
    scrap: int
    rework: int
    unknown: int
    due: int | None  # good and scrap to be declared to this stock system; None: the hour is open
    declared: int
    acknowledged: Decimal  # the part that the stock system took
    in_stock: Decimal  # by its own account
    unit: str


@dataclass(frozen=True)
class CounterCheck:
    """A machine and hour: the increase of its counter beside its items."""

    machine: str
    hour: datetime
    counted: int | None  # without numbers that no row has; None: the machine has no counter
    items: int


@dataclass(frozen=True)
class StockGap:
    """A difference, and the files with the rows of its hour. In JSON its two sides are `said` and `there`."""

    kind: str  # counter, facts, undeclared, or ship.reconcile.DifferenceKind
    machine: str
    product: str  # empty: every product
    hour: datetime
    files: tuple[str, ...]
    declared: Annotated[str, Field(alias="said")]
    in_stock: Annotated[str, Field(alias="there")]
    key: str = ""  # of a document
    reference: str = ""


@dataclass(frozen=True)
class ReconciledDay:
    destination: str
    day: date
    made_at: datetime
    who: str
    lines: tuple[StockLine, ...]
    counted: tuple[CounterCheck, ...]
    gaps: tuple[StockGap, ...]
    waits: int  # pieces that are pending or not declared yet: no difference
    refused: int  # pieces that a person must decide about
    requeued: int
    documents: int

    def by_product(self) -> list[StockLine]:
        """The lines of each product added up; machine and hour are those of its first line."""
        summed: dict[str, StockLine] = {}
        for line in self.lines:
            before = summed.get(line.product)
            if before is None:
                summed[line.product] = replace(line, due=line.due or 0)
            else:
                added = {name: getattr(before, name) + (getattr(line, name) or 0) for name in SUMMED}
                summed[line.product] = replace(before, **added, unit=before.unit or line.unit)
        return [summed[product] for product in sorted(summed)]
