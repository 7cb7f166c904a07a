"""Compares a day of production with its declarations and its stock, by machine, product and hour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, case, func, select

from aponta.config import Factory, StockSection
from aponta.contract.layout import QUALITIES
from aponta.contract.stock.control import IN_STOCK
from aponta.contract.stock.key import KeyParts, parse_key
from aponta.contract.stock.reconciliation import PIECE_COUNTS, CounterCheck, StockGap, StockLine
from aponta.factory_calendar import from_us
from aponta.ops.database import transaction
from aponta.ops.stock_tables import outbox
from aponta.ops.tables import file_hour, file_name, machine_hour
from aponta.pipeline.ledger.hours import HourRecord, hour_records
from aponta.ship.outbox.destination import location_of
from aponta.ship.outbox.status import PENDING
from aponta.ship.reconcile import KeyDifference, KeyReconciliation, content_text
from aponta.usecases.read.published import Published

Files = Mapping[tuple[str, datetime], tuple[str, ...]]  # machine, hour -> names of files


class _LineKey(NamedTuple):
    machine: str
    product: str
    hour: datetime


@dataclass(frozen=True)
class _Declared:
    pieces: int = 0
    in_stock: Decimal = Decimal(0)
    pending: int = 0  # pieces
    rejected: int = 0  # pieces
    unit: str = ""


@dataclass
class _Comparison:
    lines: list[StockLine] = field(default_factory=list)
    gaps: list[StockGap] = field(default_factory=list)
    waits: int = 0
    refused: int = 0


def compare_day(
    factory: Factory,
    engine: Engine,
    destination: StockSection,
    since: datetime,
    until: datetime,
    keys: KeyReconciliation,
) -> dict[str, Any]:
    """The lines, counters, differences and sums of a ReconciledDay. keys: the day's reconciled declarations."""
    published = Published(factory)
    with transaction(engine, reading=True) as connection:
        declared = _declared(connection, destination.name, since, until)
        records = {(record.machine, from_us(record.hour)): record for record in _hours(connection, since, until)}
        files = _files(connection, since, until)
    produced = {
        _LineKey(row["machine"], row["product"], row["hour"]): row for row in published.rows(_PRODUCED, since, until)
    }
    comparison = _Comparison()
    for key in sorted(produced.keys() | declared.keys(), key=lambda key: (key.hour, key)):
        row, own = produced.get(key, dict.fromkeys(PIECE_COUNTS, 0)), declared.get(key, _Declared())
        due = _due(factory, destination, key, row, records.get((key.machine, key.hour)), own.pieces)
        in_stock = sum((keys.in_stock.get(KeyParts(*key, quality), Decimal(0)) for quality in QUALITIES), Decimal(0))
        line = StockLine(
            *key,
            **{name: row[name] for name in PIECE_COUNTS},
            due=due,
            declared=own.pieces,
            acknowledged=own.in_stock,
            in_stock=in_stock,
            unit=own.unit,
        )
        _add_line(comparison, line, own, files)
    counters = [CounterCheck(**row) for row in published.rows(_COUNTED, since, until)]
    return {
        "lines": tuple(comparison.lines),
        "counted": tuple(counters),
        "gaps": (
            *comparison.gaps,
            *_counter_gaps(counters, files),
            *(_key_gap(difference, files) for difference in keys.differences),
        ),
        "waits": comparison.waits,
        "refused": comparison.refused,
        "requeued": sum(difference.kind == "missing" for difference in keys.differences),
        "documents": keys.documents,
    }


def _add_line(comparison: _Comparison, line: StockLine, own: _Declared, files: Files) -> None:
    comparison.lines.append(line)
    comparison.waits += own.pending
    comparison.refused += own.rejected
    where = (line.machine, line.product, line.hour, files.get((line.machine, line.hour), ()))
    by_quality = line.good + line.scrap + line.rework + line.unknown
    if line.items != by_quality:
        comparison.gaps.append(StockGap("facts", *where, str(line.items), str(by_quality)))
    if line.due is None:
        comparison.waits += line.good + line.scrap - line.declared
    elif line.due != line.declared:
        comparison.gaps.append(StockGap("undeclared", *where, str(line.due), str(line.declared)))


def _counter_gaps(counters: list[CounterCheck], files: Files) -> list[StockGap]:
    gaps = []
    for counter in counters:
        if counter.counted not in (None, counter.items):
            where = (counter.machine, "", counter.hour, files.get((counter.machine, counter.hour), ()))
            gaps.append(StockGap("counter", *where, str(counter.counted), str(counter.items)))
    return gaps


def _key_gap(difference: KeyDifference, files: Files) -> StockGap:
    parts = parse_key(difference.key)
    machine, product, hour = parts[:3] if parts else ("", "", difference.hour)
    sides = [content_text(side) if side else "-" for side in (difference.declared, difference.in_stock)]
    reference = (difference.in_stock or {}).get("reference", "")
    names = files.get((machine, hour), ())
    return StockGap(difference.kind, machine, product, hour, names, sides[0], sides[1], difference.key, reference)


def _declared(connection: Connection, destination: str, since: datetime, until: datetime) -> dict[_LineKey, _Declared]:
    grain = (outbox.c.machine, outbox.c.product, outbox.c.hour)
    query = select(
        *grain,
        func.sum(outbox.c.pieces).label("pieces"),
        func.sum(case((outbox.c.state.in_(IN_STOCK), outbox.c.quantity), else_=0)).label("in_stock"),
        func.sum(case((outbox.c.state.in_(PENDING), outbox.c.pieces), else_=0)).label("pending"),
        func.sum(case((outbox.c.state == "rejected", outbox.c.pieces), else_=0)).label("rejected"),
        func.max(outbox.c.unit).label("unit"),
    )
    within = (outbox.c.destination == destination, outbox.c.hour >= since, outbox.c.hour < until)
    rows = connection.execute(query.where(*within, outbox.c.state != "void").group_by(*grain))
    return {
        _LineKey(row.machine, row.product, row.hour): _Declared(
            int(row.pieces), row.in_stock, int(row.pending), int(row.rejected), row.unit
        )
        for row in rows
    }


def _hours(connection: Connection, since: datetime, until: datetime) -> list[HourRecord]:
    return hour_records(connection, (machine_hour.c.hour >= since) & (machine_hour.c.hour < until))


def _files(connection: Connection, since: datetime, until: datetime) -> Files:
    """The files that cover each machine and hour."""
    within = (file_hour.c.hour >= since, file_hour.c.hour < until)
    columns = (file_hour.c.machine, file_hour.c.hour, file_name.c.name)
    joined = file_hour.join(file_name, file_name.c.sha256 == file_hour.c.sha256)
    names: dict[tuple[str, datetime], tuple[str, ...]] = {}
    for machine, hour, name in connection.execute(select(*columns).select_from(joined).where(*within).distinct()):
        names[machine, hour] = (*names.get((machine, hour), ()), name)
    return names


def _due(
    factory: Factory,
    destination: StockSection,
    key: _LineKey,
    row: Mapping[str, int],
    record: HourRecord | None,
    declared: int,
) -> int | None:
    """Pieces that should be declared by now; None: the hour is still open. Declarations of an hour or a machine that
    is not declared any more stay as they are.
    """
    role = factory.machines[key.machine].stock if key.machine in factory.machines else "none"
    start = factory.stock_start(destination)
    qualities = [
        quality for quality in ("good", "scrap") if location_of(destination.locations, role, quality) is not None
    ]
    if start is None or key.hour < start or not qualities:
        return declared
    if record and record.held:
        return 0
    if record and record.closed_by is None and destination.declare == "hour_closed":
        return None
    return sum(row[quality] for quality in qualities)


# Items come from the rows, qualities from the facts: a difference between them shows.
_PRODUCED = """
WITH rows AS (
    SELECT machine, product, hour, sum(pieces)::BIGINT AS items FROM silver.items
    WHERE hour >= ?1 AND hour < ?2 AND date BETWEEN (?1::TIMESTAMP)::DATE AND (?2::TIMESTAMP)::DATE GROUP BY ALL
), facts AS (
    SELECT machine, product, hour, coalesce(sum(pieces) FILTER (quality = 'good'), 0)::BIGINT AS good,
           coalesce(sum(pieces) FILTER (quality = 'scrap'), 0)::BIGINT AS scrap,
           coalesce(sum(pieces) FILTER (quality = 'rework'), 0)::BIGINT AS rework,
           coalesce(sum(pieces) FILTER (quality = 'unknown'), 0)::BIGINT AS unknown
    FROM gold.production
    WHERE hour >= ?1 AND hour < ?2 AND month BETWEEN date_trunc('month', ?1::TIMESTAMP)::DATE AND (?2::TIMESTAMP)::DATE
    GROUP BY ALL
)
SELECT machine, product, hour::TIMESTAMP AS hour, coalesce(items, 0) AS items, coalesce(good, 0) AS good,
       coalesce(scrap, 0) AS scrap, coalesce(rework, 0) AS rework, coalesce(unknown, 0) AS unknown
FROM rows FULL JOIN facts USING (machine, product, hour)"""
# The increase of a counter, without numbers that no row has: how many different numbers there are.
_COUNTED = """
SELECT machine, hour::TIMESTAMP AS hour, count(*) AS items,
       nullif(count(DISTINCT (epoch, counter)) FILTER (counter IS NOT NULL), 0) AS counted
FROM silver.items
WHERE hour >= ?1 AND hour < ?2 AND date BETWEEN (?1::TIMESTAMP)::DATE AND (?2::TIMESTAMP)::DATE
GROUP BY ALL ORDER BY hour, machine"""
