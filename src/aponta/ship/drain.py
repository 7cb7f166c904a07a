"""The driver of every destination: declarations leave the outbox, each once, whatever is lost or killed on the way.

A declaration is marked `sent` before it is posted, so whoever dies in between leaves a trace; and whatever waits is
looked up in the stock system before it is posted, so an answer that was lost is found there. The stock system's own
unique key does the rest.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, case, exists, func, select, tuple_, update

from aponta.config.stock_section import StockSection
from aponta.contract.clock import Clock
from aponta.contract.sink import Declaration, Posted, Rejected, Sink
from aponta.contract.stock import SETTLED, State
from aponta.errors import ApontaError, TransientError
from aponta.ops.database import transaction
from aponta.ops.lease import lease
from aponta.ops.stock_tables import outbox
from aponta.ship import why
from aponta.ship.key import LONGEST_KEY, bounded
from aponta.ship.pause import paused
from aponta.ship.standing import WAITING, declaration

UNSURE_AT_MOST = 8  # of the system's own errors about one declaration: then a person is asked
SICK_AFTER = 3  # such declarations one after the other: it is the system that is unwell, not they

_ORDER = (outbox.c.hour, outbox.c.machine, outbox.c.product, outbox.c.quality, outbox.c.revision)


@dataclass(frozen=True)
class Drained:
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    paused: bool = False
    busy: bool = False  # another process posts there now
    stopped: ApontaError | None = None  # why the rest waits


@dataclass(frozen=True)
class _Outcome:
    key: str
    state: State
    reference: str | None = None
    why: str | None = None


def drain(
    engine: Engine,
    destination: StockSection,
    sink: Sink,
    clock: Clock,
    *,
    batch: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> Drained:
    """Posts what waits for `destination`, oldest hour first, `batch` at a time; `progress` hears (settled, in all).

    One process drains a destination at a time. Revisions of a key go in their order: one that is not settled holds the
    later ones back. Nothing is posted while a person holds the destination, or before `sink.check` is content. A
    TransientError of the sink ends the drain: what was on its way is `unknown`, and looked up first by the next one.
    What the sink refuses is `rejected` with its words, and the others go on; so is what it answers with errors of its
    own, after some tries.
    """
    with lease(engine, f"stock {destination.name}") as alone:
        return _Drain(engine, destination, sink, clock, batch, progress).run() if alone else Drained(busy=True)


class _Drain:
    def __init__(
        self,
        engine: Engine,
        destination: StockSection,
        sink: Sink,
        clock: Clock,
        batch: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.engine, self.destination, self.sink, self.clock = engine, destination, sink, clock
        self.batch, self.progress = batch, progress
        self.settled: Counter[State] = Counter()
        self.left: set[str] = set()  # of this drain: what it can do no more about
        self.closed: date | None = None
        self.unsure = 0  # one after the other

    def run(self) -> Drained:
        with transaction(self.engine, reading=True) as connection:
            waiting = _waiting(self.destination.name)
            self.total = connection.scalars(select(func.count()).where(*waiting).select_from(outbox)).one()
            held = paused(connection, self.destination.name)
        if held or not self.total:
            return Drained(paused=held is not None)
        try:
            self.sink.check()
            self.closed = self.sink.closed_until()
        except ApontaError as error:
            return Drained(stopped=error)
        while True:  # a correction waits for what it corrects, so it goes in a round of its own
            before = self.settled.total()
            done = self._round()
            if done is not None or self.settled.total() == before:
                return done or self._drained()

    def _drained(self, *, paused: bool = False, stopped: ApontaError | None = None) -> Drained:
        unknown = (outbox.c.destination == self.destination.name, outbox.c.state == "unknown")
        with transaction(self.engine, reading=True) as connection:
            left = connection.scalars(select(func.count()).where(*unknown).select_from(outbox)).one()
        return Drained(self.settled["acknowledged"], self.settled["rejected"], left, paused=paused, stopped=stopped)

    def _round(self) -> Drained | None:
        """Everything that can go now, once; what ended it before its end."""
        after: tuple[object, ...] | None = None
        while True:
            with transaction(self.engine, reading=True) as connection:
                if paused(connection, self.destination.name):
                    return self._drained(paused=True)
                found = _next(connection, self.destination.name, self.batch, after)
            if not found:
                return None
            after = (found[-1].hour, found[-1].machine, found[-1].product, found[-1].quality, found[-1].revision)
            said = [one for one in found if one.key not in self.left]
            try:
                self._post(said)
            except TransientError as error:
                with transaction(self.engine) as connection:
                    _lose(connection, self.destination.name, said, error, self.clock)
                return self._drained(stopped=error)

    def _post(self, said: Sequence[Declaration]) -> None:
        """A batch, or the half of one: what is there already is told so, the rest is posted."""
        if not said:
            return
        there = self.sink.look_up([one.key for one in said])
        told = [_compared(one, there[one.key]) for one in said if one.key in there and not _begun(one, there[one.key])]
        known = {outcome.key for outcome in told}
        absent = [one for one in said if one.key not in known]
        open_now, waits = self._booked(absent)
        booked = self._record([*told, *waits], send=open_now)
        if not booked:
            return
        try:
            posted = self.sink.post(booked)
        except Rejected as refusal:
            self._apart(booked, refusal)
        except TransientError as error:
            if error.code != "ship.unsure":
                raise
            self._apart(booked, error)
        else:
            self.unsure = 0
            self._record([_compared(one, posted[one.key]) for one in booked])

    def _apart(self, said: Sequence[Declaration], error: Rejected | TransientError) -> None:
        """A batch that fails is halved until the one to blame stands alone."""
        if len(said) > 1:
            self._post(said[: len(said) // 2])
            self._post(said[len(said) // 2 :])
            return
        (one,) = said
        if isinstance(error, Rejected):
            self._record([_Outcome(one.key, "rejected", why=why.written("ship.refused", key=one.key, why=error.why))])
            return
        with transaction(self.engine) as connection:
            outcome = _doubt(connection, self.destination.name, one, error, self.clock)
        self.settled["rejected"] += outcome.state == "rejected"
        self.left.add(one.key)
        self.unsure += 1
        if self.unsure >= SICK_AFTER:
            raise error

    def _booked(self, said: Sequence[Declaration]) -> tuple[list[Declaration], list[_Outcome]]:
        """Each on a day that is open; and those of a closed period that wait for a person."""
        if self.closed is None or all(one.booked_on > self.closed for one in said):
            return [*said], []
        opens = self.closed + timedelta(days=1)
        late = [one for one in said if one.booked_on <= self.closed]
        if self.destination.closed_period == "wait":
            facts = {"closed": self.closed.isoformat(), "opens": opens.isoformat()}
            waits = [
                _Outcome(one.key, "rejected", why=why.written("ship.period_closed", key=one.key, **facts))
                for one in late
            ]
            return [one for one in said if one.booked_on > self.closed], waits
        with transaction(self.engine) as connection:
            _move(connection, self.destination.name, late, opens)
        return [one if one.booked_on > self.closed else replace(one, booked_on=opens) for one in said], []

    def _record(self, outcomes: Sequence[_Outcome], send: Sequence[Declaration] = ()) -> list[Declaration]:
        """Gives those of `send` that are to be posted: marked as sent, unless a person decided about them meanwhile."""
        with transaction(self.engine) as connection:
            _write(connection, self.destination.name, outcomes, self.clock)
            still = _still_waiting(connection, self.destination.name, send)
            sent = [one for one in send if one.key in still]
            _write(connection, self.destination.name, [_Outcome(one.key, "sent") for one in sent], self.clock)
        self.left.update(outcome.key for outcome in outcomes if outcome.state == "sent")
        self.settled.update(outcome.state for outcome in outcomes if outcome.state != "sent")
        if self.progress:
            self.progress(self.settled.total(), self.total)
        return sent


def _begun(said: Declaration, there: Posted) -> bool:
    """A document that posting goes on with."""
    return there.progress == "partial" and there.quantity == said.quantity


def _compared(said: Declaration, there: Posted) -> _Outcome:
    if there.progress == "cancelled":
        return _Outcome(said.key, "rejected", there.reference, why.written("ship.cancelled", key=said.key))
    if there.progress == "refused":
        return _Outcome(said.key, "rejected", why=why.written("ship.refused", key=said.key, why=there.why))
    if there.quantity != said.quantity:
        facts = {"key": said.key, "said": _plain(said.quantity), "there": _plain(there.quantity)}
        return _Outcome(said.key, "rejected", there.reference, why.written("ship.other_quantity", **facts))
    found = (there.stock_code or said.stock_code, there.location or said.location)
    if found != (said.stock_code, said.location):
        told = {"said": f"{said.stock_code} {said.location}", "there": " ".join(found)}
        return _Outcome(said.key, "rejected", there.reference, why.written("ship.changed", key=said.key, **told))
    return _Outcome(said.key, "acknowledged" if there.progress == "done" else "sent", there.reference)


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _waiting(destination: str) -> tuple[ColumnElement[bool], ...]:
    return (outbox.c.destination == destination, outbox.c.state.in_(WAITING))


def _next(connection: Connection, destination: str, batch: int, after: tuple[object, ...] | None) -> list[Declaration]:
    """Of each key the earliest revision that is not settled: one that is rejected holds the later ones back."""
    earlier = outbox.alias()
    natural = ("destination", "machine", "product", "hour", "quality")
    first = ~exists().where(
        *(earlier.c[name] == outbox.c[name] for name in natural),
        earlier.c.revision < outbox.c.revision,
        earlier.c.state.not_in(SETTLED),
    )
    beyond = [tuple_(*_ORDER) > after] if after else []
    rows = connection.execute(
        select(outbox).where(*_waiting(destination), first, *beyond).order_by(*_ORDER).limit(batch)
    )
    return [declaration(row) for row in rows]


def _still_waiting(connection: Connection, destination: str, said: Sequence[Declaration]) -> set[str]:
    """Keys. Until the transaction's end nobody decides about them."""
    waits = (*_waiting(destination), outbox.c.key.in_([one.key for one in said]))
    return {*connection.scalars(select(outbox.c.key).where(*waits).with_for_update())} if said else set()


def _write(connection: Connection, destination: str, outcomes: Sequence[_Outcome], clock: Clock) -> None:
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
        connection.execute(same.values(changed_at=clock(), imaged=False), changes)


def _move(connection: Connection, destination: str, late: Sequence[Declaration], opens: date) -> None:
    same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
    connection.execute(same.values(booked_on=opens), [{"of": one.key} for one in late])


def _doubt(
    connection: Connection, destination: str, said: Declaration, error: TransientError, clock: Clock
) -> _Outcome:
    """One more error of the system's own about it: unknown, and after enough of them for a person to look at."""
    same = (outbox.c.destination == destination, outbox.c.key == said.key)
    tries = connection.scalars(select(outbox.c.tries).where(*same)).one() + 1
    outcome = _Outcome(said.key, "unknown", why=why.written(error.code, **error.facts))
    if tries >= UNSURE_AT_MOST:
        facts = {"key": said.key, "tries": tries, "why": error.facts.get("why")}
        outcome = _Outcome(said.key, "rejected", why=why.written("ship.never_sure", **facts))
    _write(connection, destination, [outcome], clock)
    connection.execute(update(outbox).where(*same).values(tries=tries))
    return outcome


def _lose(
    connection: Connection, destination: str, said: Sequence[Declaration], error: TransientError, clock: Clock
) -> None:
    """What was on its way is unknown; the rest stays prepared."""
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
