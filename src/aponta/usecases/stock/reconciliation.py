"""A day of a stock system reconciled: what counters tell, what was made, what was declared, what stands in stock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, case, delete, func, insert, select

from aponta.config import Factory, StockSection
from aponta.contract.clock import Clock
from aponta.contract.layout import QUALITIES
from aponta.contract.stock.control import IN_STOCK, Decision
from aponta.contract.stock.reconciliation import PIECE_COUNTS, CounterHour, ReconciledDay, StockGap, StockLine
from aponta.errors import TransientError
from aponta.factory_calendar import from_us, to_us
from aponta.ops.database import transaction
from aponta.ops.lease import lease
from aponta.ops.stock_tables import outbox, reconciliation
from aponta.ops.tables import file_hour, file_name, machine_hour
from aponta.pipeline.ledger.hours import HourRecord, hour_records, mark_stock_pending
from aponta.ship.destinations import open_destination
from aponta.ship.outbox.decision import record_decision, require_reason
from aponta.ship.outbox.prepare import location_of
from aponta.ship.outbox.status import PENDING
from aponta.ship.reconcile import KeyDifference, KeyReconciliation, accept_extra, natural_of, reconcile_keys
from aponta.usecases.read.published import Published

Key = tuple[str, str, datetime]  # machine, product, hour
TOLD = ("quantity", "product", "location")  # of Difference


_DAY = TypeAdapter(ReconciledDay)


def reconcile_day(
    factory: Factory, engine: Engine, destination: StockSection, day: date, who: str, clock: Clock
) -> ReconciledDay:
    """One calendar day of the factory's, whose hours are whole hours of UTC. What is missing in the stock system waits
    again, and what was never declared is compared again; what else differs is for a person. Kept, in place of what was
    kept of the day.

    Raises TransientError where the stock system does not answer, `pipeline.stock_busy` while it is posted to.
    """
    since, until = day_hours(factory, day)
    opened = open_destination(destination, factory.stock_url(destination), factory.folder)
    with lease(engine, f"stock {destination.name}") as alone:
        if not alone:
            raise TransientError("pipeline.stock_busy", destination=destination.name)
        documents = [*opened.listed(factory.settings.factory.site, since, until)]
        with transaction(engine) as connection:
            found = reconcile_keys(connection, destination.name, documents, since, until, clock())
    made = _day(factory, engine, destination, day, who, clock, found)
    with transaction(engine) as connection:
        same = (reconciliation.c.destination == made.destination, reconciliation.c.day == day)
        connection.execute(delete(reconciliation).where(*same))
        mark_stock_pending(
            connection, {(one.machine, to_us(one.hour)) for one in made.gaps if one.kind == "undeclared"}
        )
        body = _DAY.dump_json(made).decode()
        about = {"destination": made.destination, "day": day, "made_at": made.made_at, "who": who[:200]}
        connection.execute(insert(reconciliation).values(**about, differences=len(made.gaps), body=body))
    return made


def load_day(engine: Engine, destination: str, day: date) -> ReconciledDay | None:
    """The day as it was last reconciled."""
    same = (reconciliation.c.destination == destination, reconciliation.c.day == day)
    with transaction(engine, reading=True) as connection:
        body = connection.scalars(select(reconciliation.c.body).where(*same)).first()
    return _DAY.validate_json(body) if body else None


def reconciled_days(engine: Engine, destination: str, limit: int) -> list[tuple[date, datetime, int]]:
    """The last days that were reconciled, newest first: when, and how many differences there were."""
    table = reconciliation.c
    query = select(table.day, table.made_at, table.differences).where(table.destination == destination)
    with transaction(engine, reading=True) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(table.day.desc()).limit(limit))]


def day_as_json(made: ReconciledDay) -> Any:
    """As a document has it."""
    return _DAY.dump_python(made, mode="json")


def accept_difference(engine: Engine, destination: str, keys: Collection[str], decided: Decision) -> int:
    """Extra documents are right as they are; returns how many of `keys` were open differences.

    Raises ConfigError `ship.no_reason`.
    """
    require_reason(decided)
    with transaction(engine) as connection:
        accepted = accept_extra(connection, destination, keys, decided.at)
        record_decision(connection, [(destination, key) for key in accepted], decided)
    return len(accepted)


def day_hours(factory: Factory, day: date) -> tuple[datetime, datetime]:
    """The whole hours of UTC in which a day of the factory begins, and in which the next one does."""
    begins = [datetime.combine(one, time(), factory.zone).astimezone(UTC) for one in (day, day + timedelta(days=1))]
    first, after = (one.replace(minute=0, second=0, microsecond=0) for one in begins)
    return first, after


def _day(
    factory: Factory,
    engine: Engine,
    destination: StockSection,
    day: date,
    who: str,
    clock: Clock,
    found: KeyReconciliation,
) -> ReconciledDay:
    since, until = day_hours(factory, day)
    published = Published(factory)
    with transaction(engine, reading=True) as connection:
        said = _said(connection, destination.name, since, until)
        states = {(one.machine, from_us(one.hour)): one for one in _states(connection, since, until)}
        files = _files(connection, since, until)
    made = {_key(row): row for row in published.rows(_MADE, since, until)}
    lines: list[StockLine] = []
    gaps: list[StockGap] = []
    waits = refused = 0
    for key in sorted(made.keys() | said.keys(), key=lambda key: (key[2], key)):
        row, told = made.get(key, dict.fromkeys(PIECE_COUNTS, 0)), said.get(key, _Said())
        state = states.get((key[0], key[2]))
        in_stock = sum((found.in_stock.get((*key, quality), Decimal(0)) for quality in QUALITIES), Decimal(0))
        due = _due(factory, destination, key, row, state, told.pieces)
        line = StockLine(
            *key,
            **{name: row[name] for name in PIECE_COUNTS},
            due=due,
            declared=told.pieces,
            acknowledged=told.taken,
            in_stock=in_stock,
            unit=told.unit,
        )
        lines.append(line)
        waits += told.waits
        refused += told.refused
        apart = (*key, files.get((key[0], key[2]), ()))
        counted = line.good + line.scrap + line.rework + line.unknown
        if line.items != counted:
            gaps.append(StockGap("facts", *apart, str(line.items), str(counted)))
        if due is None:
            waits += line.good + line.scrap - line.declared
        elif due != line.declared:
            gaps.append(StockGap("undeclared", *apart, str(due), str(line.declared)))
    passed = [CounterHour(**row) for row in published.rows(_COUNTED, since, until)]
    for one in passed:
        if one.counted not in (None, one.items):
            where = (one.machine, "", one.hour, files.get((one.machine, one.hour), ()))
            gaps.append(StockGap("counter", *where, str(one.counted), str(one.items)))
    gaps += [_gap(one, files) for one in found.differences]
    return ReconciledDay(
        destination=destination.name,
        day=day,
        made_at=clock(),
        who=who,
        lines=tuple(lines),
        counted=tuple(passed),
        gaps=tuple(gaps),
        waits=waits,
        refused=refused,
        requeued=sum(one.kind == "missing" for one in found.differences),
        documents=found.documents,
    )


@dataclass(frozen=True)
class _Said:
    pieces: int = 0
    taken: Decimal = Decimal(0)
    waits: int = 0
    refused: int = 0
    unit: str = ""


def _said(connection: Connection, destination: str, since: datetime, until: datetime) -> dict[Key, _Said]:
    taken = outbox.c.state.in_(IN_STOCK)
    grain = (outbox.c.machine, outbox.c.product, outbox.c.hour)
    query = select(
        *grain,
        func.sum(outbox.c.pieces).label("pieces"),
        func.sum(case((taken, outbox.c.quantity), else_=0)).label("taken"),
        func.sum(case((outbox.c.state.in_(PENDING), outbox.c.pieces), else_=0)).label("waits"),
        func.sum(case((outbox.c.state == "rejected", outbox.c.pieces), else_=0)).label("refused"),
        func.max(outbox.c.unit).label("unit"),
    )
    within = (outbox.c.destination == destination, outbox.c.hour >= since, outbox.c.hour < until)
    rows = connection.execute(query.where(*within, outbox.c.state != "void").group_by(*grain))
    return {
        (row.machine, row.product, row.hour): _Said(
            int(row.pieces), row.taken, int(row.waits), int(row.refused), row.unit
        )
        for row in rows
    }


def _states(connection: Connection, since: datetime, until: datetime) -> list[HourRecord]:
    return hour_records(connection, (machine_hour.c.hour >= since) & (machine_hour.c.hour < until))


def _files(connection: Connection, since: datetime, until: datetime) -> dict[tuple[str, datetime], tuple[str, ...]]:
    """Machine and hour -> the names of the files that its rows may stand in."""
    within = (file_hour.c.hour >= since, file_hour.c.hour < until)
    columns = (file_hour.c.machine, file_hour.c.hour, file_name.c.name)
    joined = file_hour.join(file_name, file_name.c.sha256 == file_hour.c.sha256)
    named: dict[tuple[str, datetime], tuple[str, ...]] = {}
    for machine, hour, name in connection.execute(select(*columns).select_from(joined).where(*within).distinct()):
        named[machine, hour] = (*named.get((machine, hour), ()), name)
    return named


def _due(
    factory: Factory,
    destination: StockSection,
    key: Key,
    row: Mapping[str, int],
    state: HourRecord | None,
    declared: int,
) -> int | None:
    """Pieces that should be declared by now; None: the hour is still open. What was `declared` of an hour or a machine
    that nothing is declared of any more stays as it is.
    """
    machine, _, hour = key
    role = factory.machines[machine].stock if machine in factory.machines else "none"
    start = factory.stock_start(destination)
    places = [one for one in ("good", "scrap") if location_of(destination.locations, role, one) is not None]
    if start is None or hour < start or not places:
        return declared
    if state and state.held:
        return 0
    if state and state.closed_by is None and destination.declare == "hour_closed":
        return None
    return sum(row[one] for one in places)


def _gap(one: KeyDifference, files: Mapping[tuple[str, datetime], tuple[str, ...]]) -> StockGap:
    machine, product, hour, _ = natural_of(one.key) or ("", "", one.hour, "")
    both = one.declared, one.in_stock
    words = [" ".join(told[name] for name in TOLD if name in told) if told else "-" for told in both]
    reference = (one.in_stock or {}).get("reference", "")
    named = files.get((machine, hour), ())
    return StockGap(one.kind, machine, product, hour, named, words[0], words[1], one.key, reference)


def _key(row: Mapping[str, Any]) -> Key:
    return row["machine"], row["product"], row["hour"]


# One half of it from the rows, the other from the facts: they are made apart.
_MADE = """
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
# What a counter passes from least to greatest, without the numbers that no row tells of: its different numbers.
_COUNTED = """
SELECT machine, hour::TIMESTAMP AS hour, count(*) AS items,
       nullif(count(DISTINCT (epoch, counter)) FILTER (counter IS NOT NULL), 0) AS counted
FROM silver.items
WHERE hour >= ?1 AND hour < ?2 AND date BETWEEN (?1::TIMESTAMP)::DATE AND (?2::TIMESTAMP)::DATE
GROUP BY ALL ORDER BY hour, machine"""
