"""A production day: pieces that machines of finished goods produced, compared with those declared to a stock system."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from aponta.config import StockSection
from aponta.ops.tables import machine_hour
from aponta.show.context import PageContext

Reason = Literal["open", "held", "before_start", "no_location", "next_pass"]


class UndeclaredPieces(BaseModel):
    """Pieces produced and not declared, for one reason."""

    reason: Reason
    pieces: int
    hours: list[tuple[str, datetime]] = Field(description="machine and hour, in order")


class ProductComparison(BaseModel):
    product: str
    name: str
    quality: str
    made: int = Field(description="pieces, gold.production of machines that make finished goods")
    declared: int = Field(description="pieces, gold.stock_declarations")
    acknowledged: int = Field(description="of them what the stock system has taken")
    gaps: list[UndeclaredPieces]


def made_and_declared(context: PageContext, destination: StockSection, day: date) -> list[ProductComparison]:
    """Good pieces and scrap by product, produced and declared. Whole hours: an hour of two production days counts in
    both.
    """
    factory = context.factory
    finished = [machine.machine for machine in factory.machines.values() if machine.stock == "finished"]
    hours = context.rows(_COMPARED, day, destination.name, finished)
    keys: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in hours:
        keys.setdefault((row["product"], row["quality"]), []).append(row)
    states = _records_of_hours(context, [row["hour"] for row in hours if row["made"] != row["declared"]])
    return [
        ProductComparison(
            product=product,
            name=factory.products[product].name if product in factory.products else "",
            quality=quality,
            made=sum(row["made"] for row in rows),
            declared=sum(row["declared"] for row in rows),
            acknowledged=sum(row["acknowledged"] for row in rows),
            gaps=_undeclared(context, destination, states, rows),
        )
        for (product, quality), rows in keys.items()
    ]


def _records_of_hours(context: PageContext, hours: Iterable[datetime]) -> dict[tuple[str, datetime], Any]:
    table, wanted = machine_hour, sorted(set(hours))
    if not wanted:
        return {}
    with context.ops() as connection:
        within = table.c.hour.between(wanted[0], wanted[-1])
        rows = connection.execute(select(table.c.machine, table.c.hour, table.c.closed_by, table.c.held).where(within))
        return {(row.machine, row.hour): row for row in rows}


def _undeclared(
    context: PageContext, destination: StockSection, states: dict[Any, Any], rows: Iterable[dict[str, Any]]
) -> list[UndeclaredPieces]:
    start = context.factory.stock_start(destination)
    gaps: dict[Reason, UndeclaredPieces] = {}
    for row in rows:
        if row["made"] == row["declared"]:
            continue
        known = states.get((row["machine"], row["hour"]))
        reason: Reason = "next_pass"
        if start and row["hour"] < start:
            reason = "before_start"
        elif _location(destination, row["quality"]) is None:
            reason = "no_location"
        elif known and known.held:
            reason = "held"
        elif known and known.closed_by is None and destination.declare == "hour_closed":
            reason = "open"
        gap = gaps.setdefault(reason, UndeclaredPieces(reason=reason, pieces=0, hours=[]))
        gap.pieces += row["made"] - row["declared"]
        gap.hours.append((row["machine"], row["hour"]))
    return list(gaps.values())


def _location(destination: StockSection, quality: str) -> str | None:
    return destination.locations.finished if quality == "good" else destination.locations.scrap


# A declaration whose facts are gone is found, too: it lies between the day's first hour and its last.
_COMPARED = """
WITH day AS (
    SELECT min(hour) AS first, max(hour) AS last, min(month) AS month FROM gold.production
    WHERE production_day = ?1 AND month >= date_trunc('month', ?1::DATE) AND machine IN (SELECT unnest(?3::VARCHAR[]))
), made AS (
    SELECT machine, product, hour, quality, sum(pieces) AS pieces FROM gold.production, day
    WHERE hour BETWEEN first AND last AND production.month >= day.month AND quality IN ('good', 'scrap')
      AND machine IN (SELECT unnest(?3::VARCHAR[])) GROUP BY ALL
), declared AS (
    SELECT machine, product, hour, quality, sum(pieces) AS pieces,
           coalesce(sum(pieces) FILTER (WHERE state IN ('acknowledged', 'reconciled', 'settled')), 0) AS acknowledged
    FROM gold.stock_declarations, day
    WHERE hour BETWEEN first AND last AND stock_declarations.month >= day.month AND destination = ?2
      AND state <> 'void' AND machine IN (SELECT unnest(?3::VARCHAR[])) GROUP BY ALL
)
SELECT machine, product, hour::TIMESTAMP AS hour, quality, coalesce(made.pieces, 0)::BIGINT AS made,
       coalesce(declared.pieces, 0)::BIGINT AS declared, coalesce(acknowledged, 0)::BIGINT AS acknowledged
FROM made FULL JOIN declared USING (machine, product, hour, quality)
ORDER BY product, quality, hour, machine"""
