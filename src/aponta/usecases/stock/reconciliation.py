"""Reconciles a day of a stock system, and stores the result."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, delete, insert, select

from aponta.config import Factory, StockSection
from aponta.contract.clock import Clock
from aponta.contract.stock.control import Decision
from aponta.contract.stock.reconciliation import ReconciledDay
from aponta.errors import TransientError
from aponta.factory_calendar import to_us
from aponta.ops.database import transaction
from aponta.ops.lease import lease
from aponta.ops.stock_tables import reconciliation
from aponta.pipeline.ledger.hours import mark_stock_pending
from aponta.ship.destinations import open_destination
from aponta.ship.outbox.decision import record_decision, require_reason
from aponta.ship.reconcile import accept_extra, reconcile_keys
from aponta.usecases.stock.day import compare_day

_DAY = TypeAdapter(ReconciledDay)


def reconcile_stock(
    factory: Factory, engine: Engine, destination: StockSection, day: date, who: str, clock: Clock
) -> ReconciledDay:
    """Compares a calendar day of the factory with the stock system's documents, and stores the result in place of the
    day's previous one. Documents that are missing are posted again, undeclared hours are compared again; every other
    difference is for a person to decide.

    Raises TransientError where the stock system does not answer, `pipeline.stock_busy` while declarations are posted.
    """
    since, until = day_hours(factory, day)
    sink = open_destination(destination, factory.stock_url(destination), factory.folder)
    with lease(engine, f"stock {destination.name}") as alone:
        if not alone:
            raise TransientError("pipeline.stock_busy", destination=destination.name)
        documents = [*sink.list_documents(factory.settings.factory.site, since, until)]
        with transaction(engine) as connection:
            keys = reconcile_keys(connection, destination.name, documents, since, until, clock())
    comparison = compare_day(factory, engine, destination, since, until, keys)
    reconciled = ReconciledDay(destination=destination.name, day=day, made_at=clock(), who=who, **comparison)
    undeclared = {(gap.machine, to_us(gap.hour)) for gap in reconciled.gaps if gap.kind == "undeclared"}
    row = {
        "destination": destination.name,
        "day": day,
        "made_at": reconciled.made_at,
        "who": who[:200],
        "differences": len(reconciled.gaps),
        "body": _DAY.dump_json(reconciled, by_alias=True).decode(),
    }
    with transaction(engine) as connection:
        same = (reconciliation.c.destination == destination.name, reconciliation.c.day == day)
        connection.execute(delete(reconciliation).where(*same))
        mark_stock_pending(connection, undeclared)
        connection.execute(insert(reconciliation).values(**row))
    return reconciled


def load_day(engine: Engine, destination: str, day: date) -> ReconciledDay | None:
    """The day as it was last reconciled."""
    same = (reconciliation.c.destination == destination, reconciliation.c.day == day)
    with transaction(engine, reading=True) as connection:
        body = connection.scalars(select(reconciliation.c.body).where(*same)).first()
    return _DAY.validate_json(body) if body else None


def reconciled_days(engine: Engine, destination: str, limit: int) -> list[tuple[date, datetime, int]]:
    """The last reconciled days, newest first: when, and how many differences there were."""
    table = reconciliation.c
    query = select(table.day, table.made_at, table.differences).where(table.destination == destination)
    with transaction(engine, reading=True) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(table.day.desc()).limit(limit))]


def day_as_json(day: ReconciledDay) -> Any:
    """The day as JSON types."""
    return _DAY.dump_python(day, mode="json", by_alias=True)


def accept_difference(engine: Engine, destination: str, keys: Collection[str], decided: Decision) -> int:
    """Accepts extra documents as they are; returns how many of `keys` were open differences.

    Raises ConfigError `ship.no_reason`.
    """
    require_reason(decided)
    with transaction(engine) as connection:
        accepted = accept_extra(connection, destination, keys, decided.at)
        record_decision(connection, [(destination, key) for key in accepted], decided)
    return len(accepted)


def day_hours(factory: Factory, day: date) -> tuple[datetime, datetime]:
    """The whole hours of UTC in which a day of the factory begins, and in which the next one does."""
    starts = [datetime.combine(each, time(), factory.zone).astimezone(UTC) for each in (day, day + timedelta(days=1))]
    since, until = (start.replace(minute=0, second=0, microsecond=0) for start in starts)
    return since, until
