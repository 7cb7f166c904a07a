"""What is on its way to a stock system, in the order in which it goes, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, select, tuple_, update

from aponta.contract.clock import Clock
from aponta.contract.stock.control import FINAL, DeclarationState
from aponta.contract.stock.key import LONGEST_KEY, bounded
from aponta.contract.stock.sink import Declaration
from aponta.errors import TransientError
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import reason as why
from aponta.ship.outbox.status import PENDING, declaration_of

UNSURE_AT_MOST = 8  # of the system's own errors about one declaration: then a person is asked

_ORDER = (outbox.c.hour, outbox.c.machine, outbox.c.product, outbox.c.quality, outbox.c.revision)


@dataclass(frozen=True)
class DeclarationOutcome:
    key: str
    state: DeclarationState
    reference: str | None = None
    why: str | None = None


def is_pending(destination: str) -> tuple[ColumnElement[bool], ...]:
    """Of the outbox: what is on its way to the destination."""
    return (outbox.c.destination == destination, outbox.c.state.in_(PENDING))


def next_declarations(
    connection: Connection, destination: str, batch: int, after: tuple[object, ...] | None
) -> list[Declaration]:
    """Of each key the earliest revision that is not settled: one that is rejected holds the later ones back."""
    earlier = outbox.alias()
    natural = ("destination", "machine", "product", "hour", "quality")
    first = ~exists().where(
        *(earlier.c[name] == outbox.c[name] for name in natural),
        earlier.c.revision < outbox.c.revision,
        earlier.c.state.not_in(FINAL),
    )
    beyond = [tuple_(*_ORDER) > after] if after else []
    rows = connection.execute(
        select(outbox).where(*is_pending(destination), first, *beyond).order_by(*_ORDER).limit(batch)
    )
    return [declaration_of(row) for row in rows]


def still_pending(connection: Connection, destination: str, said: Sequence[Declaration]) -> set[str]:
    """Keys. Until the transaction's end nobody decides about them."""
    these = (*is_pending(destination), outbox.c.key.in_([one.key for one in said]))
    return {*connection.scalars(select(outbox.c.key).where(*these).with_for_update())} if said else set()


def record_outcomes(
    connection: Connection, destination: str, outcomes: Sequence[DeclarationOutcome], clock: Clock
) -> None:
    """Keeps what became of each."""
    if outcomes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        changes = [
            {
                "of": one.key,
                "state": one.state,
                "reference": one.reference and bounded(one.reference, LONGEST_KEY),  # a system may tell any
                "why": one.why,
            }
            for one in outcomes
        ]
        connection.execute(same.values(changed_at=clock(), shown_in_lake=False), changes)


def rebook(connection: Connection, destination: str, late: Sequence[Declaration], opens: date) -> None:
    """Those of a closed period are booked on the day that is open."""
    same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
    connection.execute(same.values(booked_on=opens), [{"of": one.key} for one in late])


def record_error(
    connection: Connection, destination: str, said: Declaration, error: TransientError, clock: Clock
) -> DeclarationOutcome:
    """One more error of the system's own about it: unknown, and after enough of them for a person to look at."""
    same = (outbox.c.destination == destination, outbox.c.key == said.key)
    attempts = connection.scalars(select(outbox.c.attempts).where(*same)).one() + 1
    outcome = DeclarationOutcome(said.key, "unknown", why=why.dump_reason(error.code, **error.facts))
    if attempts >= UNSURE_AT_MOST:
        facts = {"key": said.key, "tries": attempts, "why": error.facts.get("why")}
        outcome = DeclarationOutcome(said.key, "rejected", why=why.dump_reason("ship.never_sure", **facts))
    record_outcomes(connection, destination, [outcome], clock)
    connection.execute(update(outbox).where(*same).values(attempts=attempts))
    return outcome


def mark_unknown(
    connection: Connection, destination: str, said: Sequence[Declaration], error: TransientError, clock: Clock
) -> None:
    """What was on its way is unknown; the rest stays prepared."""
    same = and_(outbox.c.destination == destination, outbox.c.key.in_([one.key for one in said]))
    sent = outbox.c.state == "sent"
    connection.execute(
        update(outbox)
        .where(same, outbox.c.state.in_(PENDING))
        .values(
            attempts=outbox.c.attempts + 1,
            why=why.dump_reason(error.code, **error.facts),
            state=case((sent, "unknown"), else_=outbox.c.state),
            shown_in_lake=and_(
                outbox.c.shown_in_lake, ~sent
            ),  # an image shows states only: another try alone makes no new one
            changed_at=clock(),
        )
    )
