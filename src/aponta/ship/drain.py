"""The driver of every destination: declarations leave the outbox, each once, whatever is lost or killed on the way.

A declaration is marked `sent` before it is posted, so whoever dies in between leaves a trace; and whatever waits is
looked up in the stock system before it is posted, so an answer that was lost is found there. The stock system's own
unique key does the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, case, exists, func, select, update

from aponta.contract.clock import Clock
from aponta.contract.sink import Declaration, Posted, Rejected, Sink
from aponta.contract.stock import State
from aponta.errors import TransientError
from aponta.ops.database import transaction
from aponta.ops.tables import outbox
from aponta.ship import why
from aponta.ship.pause import paused
from aponta.ship.standing import WAITING, declaration


@dataclass(frozen=True)
class Drained:
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    paused: bool = False
    stopped: TransientError | None = None  # why the rest waits for the next pass


@dataclass(frozen=True)
class _Outcome:
    key: str
    state: State
    reference: str | None = None
    why: str | None = None


def drain(
    engine: Engine,
    destination: str,
    sink: Sink,
    clock: Clock,
    *,
    batch: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> Drained:
    """Posts what waits for `destination`, oldest hour first, `batch` at a time; `progress` hears (settled, in all).

    Revisions of a key go in their order: one that is not acknowledged holds the later ones back. Nothing is posted
    while a person holds the destination. A TransientError of the sink ends the drain: what was on its way is `unknown`,
    and looked up first by the next one. What the sink refuses is `rejected` with its words, and the others go on.
    """
    settled: Counter[State] = Counter()

    def record(outcomes: Sequence[_Outcome], sent: Sequence[Declaration] = ()) -> None:
        with transaction(engine) as connection:
            _write(connection, destination, outcomes, clock)
            _write(connection, destination, [_Outcome(one.key, "sent") for one in sent], clock)
        settled.update(outcome.state for outcome in outcomes)
        if progress:
            progress(settled.total(), total)

    with transaction(engine) as connection:
        total = connection.scalars(select(func.count()).where(*_waiting(destination)).select_from(outbox)).one()
    while True:  # a correction waits for what it corrects, so it goes in a round of its own
        with transaction(engine) as connection:
            held = paused(connection, destination)
            said = [] if held else _next(connection, destination, batch)
        if not said:
            return Drained(settled["acknowledged"], settled["rejected"], paused=held is not None)
        try:
            there = sink.look_up([one.key for one in said])
            absent = [one for one in said if one.key not in there]
            record([_compared(one, there[one.key]) for one in said if one.key in there], sent=absent)
            for outcomes in _posted(sink, absent):
                record(outcomes)
        except TransientError as error:
            with transaction(engine) as connection:
                lost = _lose(connection, destination, said, error, clock)
            return Drained(settled["acknowledged"], settled["rejected"], unknown=lost, stopped=error)


def _posted(sink: Sink, said: Sequence[Declaration]) -> Iterator[list[_Outcome]]:
    """What became of each, a post at a time. A batch that is refused is halved until the one to blame stands alone."""
    if not said:
        return
    try:
        there = sink.post(said)
    except Rejected as refusal:
        if len(said) == 1:
            yield [_Outcome(said[0].key, "rejected", why=why.written("ship.refused", key=said[0].key, why=refusal.why))]
        else:
            yield from _posted(sink, said[: len(said) // 2])
            yield from _posted(sink, said[len(said) // 2 :])
    else:
        yield [_compared(one, there[one.key]) for one in said]


def _compared(said: Declaration, there: Posted) -> _Outcome:
    if there.quantity == said.quantity:
        return _Outcome(said.key, "acknowledged", there.reference)
    facts = {"key": said.key, "said": _plain(said.quantity), "there": _plain(there.quantity)}
    return _Outcome(said.key, "rejected", there.reference, why.written("ship.other_quantity", **facts))


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _waiting(destination: str) -> tuple[ColumnElement[bool], ...]:
    return (outbox.c.destination == destination, outbox.c.state.in_(WAITING))


def _next(connection: Connection, destination: str, batch: int) -> list[Declaration]:
    """Of each key the earliest revision that is not acknowledged: one that is rejected holds the later ones back."""
    earlier = outbox.alias()
    natural = ("destination", "machine", "product", "hour", "quality")
    first = ~exists().where(
        *(earlier.c[name] == outbox.c[name] for name in natural),
        earlier.c.revision < outbox.c.revision,
        earlier.c.state != "acknowledged",
    )
    order = (outbox.c.hour, outbox.c.machine, outbox.c.product, outbox.c.quality, outbox.c.revision)
    rows = connection.execute(select(outbox).where(*_waiting(destination), first).order_by(*order).limit(batch))
    return [declaration(row) for row in rows]


def _write(connection: Connection, destination: str, outcomes: Sequence[_Outcome], clock: Clock) -> None:
    if outcomes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        changes = [{"of": one.key, "state": one.state, "reference": one.reference, "why": one.why} for one in outcomes]
        connection.execute(same.values(changed_at=clock(), imaged=False), changes)


def _lose(
    connection: Connection, destination: str, said: Sequence[Declaration], error: TransientError, clock: Clock
) -> int:
    """What was on its way is unknown; the rest stays prepared. Returns how many are unknown."""
    same = and_(outbox.c.destination == destination, outbox.c.key.in_([one.key for one in said]))
    sent = outbox.c.state == "sent"
    connection.execute(
        update(outbox)
        .where(same, outbox.c.state.in_(WAITING))
        .values(
            tries=outbox.c.tries + 1,
            why=why.written(error.code, **error.facts),
            state=case((sent, "unknown"), else_=outbox.c.state),
            imaged=and_(outbox.c.imaged, ~sent),  # an image shows states only: another try alone makes no new one
            changed_at=clock(),
        )
    )
    return connection.scalars(select(func.count()).select_from(outbox).where(same, outbox.c.state == "unknown")).one()
