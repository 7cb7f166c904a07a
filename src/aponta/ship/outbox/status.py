"""Where declarations stand: what a person asks of the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy import Connection, Row, func, select

from aponta.contract.stock.control import IN_STOCK, DeclarationState, OutboxEntry, PendingQuantity
from aponta.contract.stock.sink import Declaration
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import reason
from aponta.ship.outbox.prepare import CARRIED

PENDING: tuple[DeclarationState, ...] = ("prepared", "sent", "unknown")


@dataclass(frozen=True)
class Pending:
    declarations: int
    oldest: datetime | None  # the hour of production that waits longest
    quantities: dict[str, Decimal]  # by unit


def pending_totals(connection: Connection, destination: str) -> Pending:
    """What is not in the stock system yet and will be sent."""
    rows = connection.execute(
        select(outbox.c.unit, func.count(), func.min(outbox.c.hour), func.sum(outbox.c.quantity))
        .where(outbox.c.destination == destination, outbox.c.state.in_(PENDING))
        .group_by(outbox.c.unit)
        .order_by(outbox.c.unit)
    ).all()
    return Pending(
        declarations=sum(count for _, count, _, _ in rows),
        oldest=min((oldest for _, _, oldest, _ in rows), default=None),
        quantities={unit: quantity for unit, _, _, quantity in rows},
    )


def pending_quantities(connection: Connection, destination: str) -> list[PendingQuantity]:
    """What waits, by stock code, location and unit."""
    grain = (outbox.c.stock_code, outbox.c.location, outbox.c.unit)
    sums = select(*grain, func.sum(outbox.c.pieces), func.sum(outbox.c.quantity))
    waits = (outbox.c.destination == destination, outbox.c.state.in_(PENDING))
    added = connection.execute(sums.where(*waits).group_by(*grain).order_by(*grain))
    return [
        PendingQuantity(destination, code, place, int(pieces), quantity, unit)
        for code, place, unit, pieces, quantity in added
    ]


def count_by_state(connection: Connection) -> dict[str, dict[DeclarationState, int]]:
    """Declarations by destination and state; every state is there, 0 too."""
    rows = connection.execute(
        select(outbox.c.destination, outbox.c.state, func.count())
        .group_by(outbox.c.destination, outbox.c.state)
        .order_by(outbox.c.destination)
    )
    found: dict[str, dict[DeclarationState, int]] = {}
    for destination, state, count in rows:
        found.setdefault(destination, zero_counts())[state] = count
    return found


def zero_counts() -> dict[DeclarationState, int]:
    """Every state, none counted."""
    return dict.fromkeys(get_args(DeclarationState), 0)


def outbox_entries(
    connection: Connection,
    destination: str,
    states: Collection[DeclarationState] = ("rejected", "unknown"),
    limit: int = 100,
) -> list[OutboxEntry]:
    """The oldest of these, by hour of production; those that need a person unless told otherwise."""
    of = select(outbox).where(outbox.c.destination == destination, outbox.c.state.in_(states))
    return [_entry(row) for row in connection.execute(of.order_by(outbox.c.hour, outbox.c.key).limit(limit))]


def last_acknowledged(connection: Connection, destination: str, limit: int) -> list[OutboxEntry]:
    """The newest of what went to the stock system; what filled no unit never went there."""
    of = select(outbox).where(outbox.c.destination == destination, outbox.c.state.in_(IN_STOCK))
    sent = of.where(outbox.c.reference != CARRIED)
    newest = sent.order_by(outbox.c.changed_at.desc(), outbox.c.hour.desc(), outbox.c.key).limit(limit)
    return [_entry(row) for row in connection.execute(newest)]


def _entry(row: Row[Any]) -> OutboxEntry:
    return OutboxEntry(
        row.destination, declaration_of(row), row.state, row.attempts, reason.load_reason(row.why), row.changed_at
    )


def declaration_of(row: Row[Any]) -> Declaration:
    """A row of the outbox as it is said to a stock system."""
    return Declaration(**{name: getattr(row, name) for name in Declaration.__dataclass_fields__})
