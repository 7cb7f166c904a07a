"""A day of a stock system, reconciled: what counters tell, what was made, what was declared, what stands in stock."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

PIECE_COUNTS = ("items", "good", "scrap", "rework", "unknown")
SUMMED = (*PIECE_COUNTS, "due", "declared", "acknowledged", "in_stock")


@dataclass(frozen=True)
class StockLine:
    """Machine, product, hour: side by side. Pieces, but for what stands in stock, which is in `unit`."""

    machine: str
    product: str
    hour: datetime
    items: int  # pieces of silver.items
    good: int
    scrap: int
    rework: int
    unknown: int
    due: int | None  # of good and scrap, what is to be declared to this stock system; None: the hour is open
    declared: int
    acknowledged: Decimal  # of it what the stock system took
    in_stock: Decimal  # what it holds of it, by its own account
    unit: str


@dataclass(frozen=True)
class CounterHour:
    """Machine and hour: what its counter passed over, without what no row tells of."""

    machine: str
    hour: datetime
    counted: int | None  # None: it has no counter
    items: int


@dataclass(frozen=True)
class StockGap:
    """A difference, and the files it rests on."""

    kind: str  # counter, facts, undeclared, or ship.reconcile.Kind
    machine: str
    product: str  # empty: of all of them
    hour: datetime
    files: tuple[str, ...]
    said: str
    there: str
    key: str = ""  # of a document
    reference: str = ""


@dataclass(frozen=True)
class ReconciledDay:
    """waits: pieces declared, or to be, that are on their way: no difference yet."""

    destination: str
    day: date
    made_at: datetime
    who: str
    lines: tuple[StockLine, ...]
    counted: tuple[CounterHour, ...]
    gaps: tuple[StockGap, ...]
    waits: int
    refused: int  # pieces that a person must decide about
    requeued: int
    documents: int

    def by_product(self) -> list[StockLine]:
        """The lines of each product added up, machine and hour aside."""
        summed: dict[str, StockLine] = {}
        for line in self.lines:
            before = summed.get(line.product)
            if before is None:
                summed[line.product] = replace(line, due=line.due or 0)
            else:
                added = {name: getattr(before, name) + (getattr(line, name) or 0) for name in SUMMED}
                summed[line.product] = replace(before, **added, unit=before.unit or line.unit)
        return [summed[product] for product in sorted(summed)]
