"""Declarations as people see them: counts, totals, entries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy import Connection, Row, func, select

from aponta.contract.stock.control import IN_STOCK, DeclarationState, OutboxEntry, PendingQuantity
from aponta.contract.stock.sink import Declaration
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox.reason import load_reason
from aponta.ship.outbox.units import CARRIED

PENDING: tuple[DeclarationState, ...] = ("prepared", "sent", "unknown")


@dataclass(frozen=True)
class Pending:
    """Totals of the declarations that are not in the stock system yet and will be sent."""

    declarations: int
    oldest: datetime | None  # the earliest hour of production among them
    quantities: dict[str, Decimal]  # by unit


def pending_totals(connection: Connection, destination: str) -> Pending:
    """Totals by unit."""
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
    """Pieces and quantities that will be sent, by stock code, location and unit."""
    grain = (outbox.c.stock_code, outbox.c.location, outbox.c.unit)
    sums = select(*grain, func.sum(outbox.c.pieces), func.sum(outbox.c.quantity))
    pending = (outbox.c.destination == destination, outbox.c.state.in_(PENDING))
    rows = connection.execute(sums.where(*pending).group_by(*grain).order_by(*grain))
    return [
        PendingQuantity(destination, code, place, int(pieces), quantity, unit)
        for code, place, unit, pieces, quantity in rows
    ]


def count_by_state(connection: Connection) -> dict[str, dict[DeclarationState, int]]:
    """Declarations by destination and state, with every state, 0 too."""
    rows = connection.execute(
        select(outbox.c.destination, outbox.c.state, func.count())
        .group_by(outbox.c.destination, outbox.c.state)
        .order_by(outbox.c.destination)
    )
    counts: dict[str, dict[DeclarationState, int]] = {}
    for destination, state, count in rows:
        counts.setdefault(destination, zero_counts())[state] = count
    return counts


def zero_counts() -> dict[DeclarationState, int]:
    """0 for every state."""
    return dict.fromkeys(get_args(DeclarationState), 0)


def outbox_entries(
    connection: Connection,
    destination: str,
    states: Collection[DeclarationState] = ("rejected", "unknown"),
    limit: int = 100,
) -> list[OutboxEntry]:
    """The oldest declarations in these states, by hour of production; by default those that need a person."""
    rows = select(outbox).where(outbox.c.destination == destination, outbox.c.state.in_(states))
    return [_entry(row) for row in connection.execute(rows.order_by(outbox.c.hour, outbox.c.key).limit(limit))]


def last_acknowledged(connection: Connection, destination: str, limit: int) -> list[OutboxEntry]:
    """The last declarations that the stock system took, newest first; without those that filled no unit."""
    sent = (
        outbox.c.destination == destination,
        outbox.c.state.in_(IN_STOCK),
        outbox.c.reference != CARRIED,
    )
    newest = select(outbox).where(*sent).order_by(outbox.c.changed_at.desc(), outbox.c.hour.desc(), outbox.c.key)
    return [_entry(row) for row in connection.execute(newest.limit(limit))]


def _entry(row: Row[Any]) -> OutboxEntry:
    return OutboxEntry(
        row.destination, declaration_of(row), row.state, row.attempts, load_reason(row.why), row.changed_at
    )


def declaration_of(row: Row[Any]) -> Declaration:
    """The declaration in a row of the outbox."""
    return Declaration(**{name: getattr(row, name) for name in Declaration.__dataclass_fields__})
