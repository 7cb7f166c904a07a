"""Production of machines on a production day: pieces, OEE, and the pieces that ideal cycles would give."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from itertools import chain
from typing import Any

from pydantic import BaseModel, Field

from aponta.show.context import PageContext


class Figures(BaseModel):
    good: int = Field(default=0, description="pieces of the day")
    produced: int = Field(default=0, description="all qualities")
    scrap: int = 0
    rework: int = 0
    unclassified: int = Field(default=0, description="pieces of unknown quality")
    ideal: int | None = Field(default=None, description="pieces that the ideal cycles give in the busy time so far")
    oee: float | None = Field(default=None, description="ideal_good_ms / busy_ms, ISO 22400-2")
    busy_ms: int | None = Field(
        default=None, description="planned busy time so far: without breaks and hours of no data"
    )
    ideal_good_ms: int | None = Field(default=None, description="ideal time of its good pieces")
    availability: float | None = None
    effectiveness: float | None = None
    quality: float | None = None
    provisional: bool = Field(default=False, description="an hour is open or unknown: these numbers may change")


class HourFigures(BaseModel):
    """An hour of a machine with production or busy time."""

    hour: datetime
    good: int = 0
    scrap: int = 0
    rework: int = 0
    unclassified: int = 0
    ideal: float | None = Field(default=None, description="pieces that the ideal cycles give in its busy time")
    provisional: bool = Field(default=False, description="it is open: its pieces may change")


def figures_of_day(context: PageContext, day: date, machines: Collection[str]) -> dict[str, Figures]:
    """Machine -> its figures; machines without facts on the day are left out. Roll-ups add facts and divide then, as
    kpi.oee_iso22400 does for one row.
    """
    values = (day, list(machines))
    rows = _join_rows(("machine",), context.rows(_MADE, *values), context.rows(_KPI, *values))
    return {machine: Figures(**row) for (machine,), row in rows.items()}


def figures_by_hour(context: PageContext, day: date, machine: str) -> dict[datetime, HourFigures]:
    """A machine's production, hour by hour. The ideal of the hours adds up to that of the day."""
    values = (day, [machine])
    rows = _join_rows(("hour",), context.rows(_MADE_BY_HOUR, *values), context.rows(_IDEAL_BY_HOUR, *values))
    return {hour: HourFigures(hour=hour, **row) for (hour,), row in sorted(rows.items())}


def _join_rows(key: tuple[str, ...], *results: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Joins rows of the same key: key -> their other columns."""
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in chain.from_iterable(results):
        joined.setdefault(tuple(row.pop(name) for name in key), {}).update(row)
    return joined


_COUNTED = ("good", "scrap", "rework", "unclassified")
_PIECES = ", ".join(
    f"coalesce(sum(pieces) FILTER (WHERE quality = '{'unknown' if name == 'unclassified' else name}'), 0)::BIGINT "
    f"AS {name}"
    for name in _COUNTED
)
_OF_DAY = "production_day = ?1 AND month >= date_trunc('month', ?1::DATE) AND list_contains(?2::VARCHAR[], machine)"
_MADE = f"""
SELECT machine, sum(pieces)::BIGINT AS produced, bool_or(provisional) AS provisional, {_PIECES}
FROM gold.production WHERE {_OF_DAY} GROUP BY machine"""
_MADE_BY_HOUR = f"""
SELECT hour::TIMESTAMP AS hour, bool_or(provisional) AS provisional, {_PIECES}
FROM gold.production WHERE {_OF_DAY} GROUP BY hour"""

# The ideal of a time is that of the running product. Where nothing was made of it, its cycle is unknown: then the day's
# own mix counts.
_PRODUCTS = f"""
WITH facts AS (
    SELECT *, planned_ms - planned_down_ms - unknown_ms AS busy FROM kpi.oee WHERE {_OF_DAY} AND shift IS NOT NULL
), products AS (
    SELECT machine, product, sum(busy) AS busy, sum(run_ms) AS run, sum(produced) AS produced, sum(good) AS good,
           sum(unclassified) AS unclassified, sum(ideal_ms_produced) AS ideal_produced,
           sum(ideal_ms_good) AS ideal_good, count(*) = count(ideal_ms_produced) AS timed
    FROM facts GROUP BY machine, product
), mixes AS (
    SELECT machine, sum(produced) / nullif(sum(ideal_produced), 0) AS mix FROM products GROUP BY machine
), paces AS (
    SELECT *, CASE WHEN timed THEN coalesce(produced / nullif(ideal_produced, 0), mix) END AS pace
    FROM products JOIN mixes USING (machine)
)"""
_IDEAL = "CASE WHEN busy = 0 THEN 0 ELSE busy * pace END"
_KPI = f"""{_PRODUCTS}
SELECT machine, sum(ideal_good)::BIGINT AS ideal_good_ms, sum(busy)::BIGINT AS busy_ms,
       CASE WHEN count(*) = count({_IDEAL}) THEN round(sum({_IDEAL}))::BIGINT END AS ideal,
       CASE WHEN busy_ms > 0 AND sum(produced) = 0 THEN 0.0 ELSE sum(run) / nullif(busy_ms, 0) END AS availability,
       CASE WHEN sum(produced) > 0 AND bool_and(timed)
            THEN sum(ideal_produced) / nullif(sum(run), 0) END AS effectiveness,
       CASE WHEN sum(produced) > sum(unclassified) THEN sum(good) / nullif(sum(produced), 0) END AS quality,
       CASE WHEN busy_ms > 0 AND sum(produced) = 0 THEN 0.0
            WHEN sum(produced) > sum(unclassified) AND bool_and(timed)
            THEN sum(ideal_good) / nullif(busy_ms, 0) END AS oee
FROM paces GROUP BY machine"""
_IDEAL_BY_HOUR = f"""{_PRODUCTS}
SELECT hour::TIMESTAMP AS hour, CASE WHEN count(*) = count({_IDEAL}) THEN sum({_IDEAL}) END AS ideal
FROM (SELECT facts.hour, facts.busy, pace FROM facts JOIN paces USING (machine, product)) GROUP BY hour"""
