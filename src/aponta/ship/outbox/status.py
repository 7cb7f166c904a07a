"""Where declarations stand: what a person asks of the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy import Connection, Row, func, select

from aponta.contract.stock.control import TAKEN, Entry, State, ToCome
from aponta.contract.stock.sink import Declaration
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import reason
from aponta.ship.outbox.prepare import CARRIED

WAITING: tuple[State, ...] = ("prepared", "sent", "unknown")


@dataclass(frozen=True)
class Waiting:
    declarations: int
    oldest: datetime | None  # the hour of production that waits longest
    quantities: dict[str, Decimal]  # by unit


def waiting(connection: Connection, destination: str) -> Waiting:
    """What is not in the stock system yet and will be sent."""
    rows = connection.execute(
        select(outbox.c.unit, func.count(), func.min(outbox.c.hour), func.sum(outbox.c.quantity))
        .where(outbox.c.destination == destination, outbox.c.state.in_(WAITING))
        .group_by(outbox.c.unit)
        .order_by(outbox.c.unit)
    ).all()
    return Waiting(
        declarations=sum(count for _, count, _, _ in rows),
        oldest=min((oldest for _, _, oldest, _ in rows), default=None),
        quantities={unit: quantity for unit, _, _, quantity in rows},
    )


def to_come(connection: Connection, destination: str) -> list[ToCome]:
    """What waits, by stock code, location and unit."""
    grain = (outbox.c.stock_code, outbox.c.location, outbox.c.unit)
    sums = select(*grain, func.sum(outbox.c.pieces), func.sum(outbox.c.quantity))
    waits = (outbox.c.destination == destination, outbox.c.state.in_(WAITING))
    added = connection.execute(sums.where(*waits).group_by(*grain).order_by(*grain))
    return [
        ToCome(destination, code, place, int(pieces), quantity, unit) for code, place, unit, pieces, quantity in added
    ]


def counts(connection: Connection) -> dict[str, dict[State, int]]:
    """Declarations by destination and state; every state is there, 0 too."""
    rows = connection.execute(
        select(outbox.c.destination, outbox.c.state, func.count())
        .group_by(outbox.c.destination, outbox.c.state)
        .order_by(outbox.c.destination)
    )
    found: dict[str, dict[State, int]] = {}
    for destination, state, count in rows:
        found.setdefault(destination, no_counts())[state] = count
    return found


def no_counts() -> dict[State, int]:
    """Every state, none counted."""
    return dict.fromkeys(get_args(State), 0)


def rows(
    connection: Connection, destination: str, states: Collection[State] = ("rejected", "unknown"), limit: int = 100
) -> list[Entry]:
    """The oldest of these, by hour of production; those that need a person unless told otherwise."""
    of = select(outbox).where(outbox.c.destination == destination, outbox.c.state.in_(states))
    return [_entry(row) for row in connection.execute(of.order_by(outbox.c.hour, outbox.c.key).limit(limit))]


def last_acknowledged(connection: Connection, destination: str, limit: int) -> list[Entry]:
    """The newest of what went to the stock system; what filled no unit never went there."""
    of = select(outbox).where(outbox.c.destination == destination, outbox.c.state.in_(TAKEN))
    sent = of.where(outbox.c.reference != CARRIED)
    newest = sent.order_by(outbox.c.changed_at.desc(), outbox.c.hour.desc(), outbox.c.key).limit(limit)
    return [_entry(row) for row in connection.execute(newest)]


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.destination, declaration(row), row.state, row.attempts, reason.read(row.why), row.changed_at)


def declaration(row: Row[Any]) -> Declaration:
    """A row of the outbox as it is said to a stock system."""
    return Declaration(**{name: getattr(row, name) for name in Declaration.__dataclass_fields__})
