"""The declarations that go to a stock system next, in their order, and the outcome of each."""

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
from aponta.ship.outbox.reason import dump_reason
from aponta.ship.outbox.status import PENDING, declaration_of

UNSURE_AT_MOST = 8  # errors of the system's own about one declaration; after them a person decides

_NATURAL = ("destination", "machine", "product", "hour", "quality")
_ORDER = (outbox.c.hour, outbox.c.machine, outbox.c.product, outbox.c.quality, outbox.c.revision)


@dataclass(frozen=True)
class DeclarationOutcome:
    key: str
    state: DeclarationState
    reference: str | None = None
    why: str | None = None


def is_pending(destination: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions on the outbox under which a row is on its way to the destination."""
    return (outbox.c.destination == destination, outbox.c.state.in_(PENDING))


def next_declarations(
    connection: Connection, destination: str, batch: int, after: tuple[object, ...] | None
) -> list[Declaration]:
    """At most `batch` declarations that may go, after the given position in `_ORDER`: of each key the earliest revision
    that is not final. A rejected revision holds back the later ones.
    """
    earlier = outbox.alias()
    first = ~exists().where(
        *(earlier.c[name] == outbox.c[name] for name in _NATURAL),
        earlier.c.revision < outbox.c.revision,
        earlier.c.state.not_in(FINAL),
    )
    beyond = [tuple_(*_ORDER) > after] if after else []
    query = select(outbox).where(*is_pending(destination), first, *beyond).order_by(*_ORDER).limit(batch)
    return [declaration_of(row) for row in connection.execute(query)]


def still_pending(connection: Connection, destination: str, declarations: Sequence[Declaration]) -> set[str]:
    """The keys among `declarations` that may still be sent. They are locked until the transaction's end, so that no
    person decides about them meanwhile.
    """
    if not declarations:
        return set()
    these = (*is_pending(destination), outbox.c.key.in_([declaration.key for declaration in declarations]))
    return {*connection.scalars(select(outbox.c.key).where(*these).with_for_update())}


def record_outcomes(
    connection: Connection, destination: str, outcomes: Sequence[DeclarationOutcome], clock: Clock
) -> None:
    """Writes state, reference and reason of each."""
    if outcomes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        changes = [
            {
                "of": outcome.key,
                "state": outcome.state,
                "reference": outcome.reference and bounded(outcome.reference, LONGEST_KEY),  # a system gives any
                "why": outcome.why,
            }
            for outcome in outcomes
        ]
        connection.execute(same.values(changed_at=clock(), shown_in_lake=False), changes)


def rebook(connection: Connection, destination: str, late: Sequence[Declaration], opens: date) -> None:
    """Books declarations of a closed period on `opens`, the first open day."""
    same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
    connection.execute(same.values(booked_on=opens), [{"of": declaration.key} for declaration in late])


def record_error(
    connection: Connection, destination: str, declaration: Declaration, error: TransientError, clock: Clock
) -> DeclarationOutcome:
    """Counts one more error of the system's own: the declaration is unknown, and rejected after UNSURE_AT_MOST."""
    same = (outbox.c.destination == destination, outbox.c.key == declaration.key)
    attempts = connection.scalars(select(outbox.c.attempts).where(*same)).one() + 1
    outcome = DeclarationOutcome(declaration.key, "unknown", why=dump_reason(error.code, **error.facts))
    if attempts >= UNSURE_AT_MOST:
        facts = {"key": declaration.key, "tries": attempts, "why": error.facts.get("why")}
        outcome = DeclarationOutcome(declaration.key, "rejected", why=dump_reason("ship.never_sure", **facts))
    record_outcomes(connection, destination, [outcome], clock)
    connection.execute(update(outbox).where(*same).values(attempts=attempts))
    return outcome


def mark_unknown(
    connection: Connection, destination: str, declarations: Sequence[Declaration], error: TransientError, clock: Clock
) -> None:
    """Makes the sent ones among `declarations` unknown after a lost answer; the rest stays prepared."""
    keys = [declaration.key for declaration in declarations]
    same = and_(outbox.c.destination == destination, outbox.c.key.in_(keys))
    sent = outbox.c.state == "sent"
    connection.execute(
        update(outbox)
        .where(same, outbox.c.state.in_(PENDING))
        .values(
            attempts=outbox.c.attempts + 1,
            why=dump_reason(error.code, **error.facts),
            state=case((sent, "unknown"), else_=outbox.c.state),
            # The lake's table shows states only: another attempt alone makes no new version of it.
            shown_in_lake=and_(outbox.c.shown_in_lake, ~sent),
            changed_at=clock(),
        )
    )
