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

from sqlalchemy import Engine, func, select

from aponta.config.sections.stock import StockSection
from aponta.contract.clock import Clock
from aponta.contract.stock.control import DeclarationState
from aponta.contract.stock.sink import Declaration, Rejection, Sink, StockDocument
from aponta.errors import ApontaError, TransientError
from aponta.ops.database import transaction
from aponta.ops.lease import lease
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import queue, reason
from aponta.ship.outbox.pause import pause_of
from aponta.ship.outbox.queue import DeclarationOutcome

UNWELL_AFTER = 3  # such declarations one after the other: it is the system that is unwell, not they


@dataclass(frozen=True)
class DrainResult:
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    paused: bool = False
    busy: bool = False  # another process posts there now
    stopped: ApontaError | None = None  # why the rest waits


def drain(
    engine: Engine,
    destination: StockSection,
    sink: Sink,
    clock: Clock,
    *,
    batch: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> DrainResult:
    """Posts what waits for `destination`, oldest hour first, `batch` at a time; `progress` hears (settled, in all).

    One process drains a destination at a time. Revisions of a key go in their order: one that is not settled holds the
    later ones back. Nothing is posted while a person holds the destination, or before `sink.check` is content. A
    TransientError of the sink ends the drain: what was on its way is `unknown`, and looked up first by the next one.
    What the sink refuses is `rejected` with its words, and the others go on; so is what it answers with errors of its
    own, after some tries.
    """
    with lease(engine, f"stock {destination.name}") as alone:
        return _Drain(engine, destination, sink, clock, batch, progress).run() if alone else DrainResult(busy=True)


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
        self.settled: Counter[DeclarationState] = Counter()
        self.left: set[str] = set()  # of this drain: what it can do no more about
        self.closed: date | None = None
        self.unsure = 0  # one after the other

    def run(self) -> DrainResult:
        with transaction(self.engine, reading=True) as connection:
            waiting = queue.is_pending(self.destination.name)
            self.total = connection.scalars(select(func.count()).where(*waiting).select_from(outbox)).one()
            held = pause_of(connection, self.destination.name)
        if held or not self.total:
            return DrainResult(paused=held is not None)
        try:
            self.sink.check()
            self.closed = self.sink.closed_until()
        except ApontaError as error:
            return DrainResult(stopped=error)
        while True:  # a correction waits for what it corrects, so it goes in a round of its own
            before = self.settled.total()
            done = self._round()
            if done is not None or self.settled.total() == before:
                return done or self._drained()

    def _drained(self, *, paused: bool = False, stopped: ApontaError | None = None) -> DrainResult:
        unknown = (outbox.c.destination == self.destination.name, outbox.c.state == "unknown")
        with transaction(self.engine, reading=True) as connection:
            left = connection.scalars(select(func.count()).where(*unknown).select_from(outbox)).one()
        return DrainResult(self.settled["acknowledged"], self.settled["rejected"], left, paused=paused, stopped=stopped)

    def _round(self) -> DrainResult | None:
        """Everything that can go now, once; what ended it before its end."""
        after: tuple[object, ...] | None = None
        while True:
            with transaction(self.engine, reading=True) as connection:
                if pause_of(connection, self.destination.name):
                    return self._drained(paused=True)
                found = queue.next_declarations(connection, self.destination.name, self.batch, after)
            if not found:
                return None
            after = (found[-1].hour, found[-1].machine, found[-1].product, found[-1].quality, found[-1].revision)
            said = [one for one in found if one.key not in self.left]
            try:
                self._post(said)
            except TransientError as error:
                with transaction(self.engine) as connection:
                    queue.mark_unknown(connection, self.destination.name, said, error, self.clock)
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
        except Rejection as refusal:
            self._apart(booked, refusal)
        except TransientError as error:
            if error.code != "ship.unsure":
                raise
            self._apart(booked, error)
        else:
            self.unsure = 0
            self._record([_compared(one, posted[one.key]) for one in booked])

    def _apart(self, said: Sequence[Declaration], error: Rejection | TransientError) -> None:
        """A batch that fails is halved until the one to blame stands alone."""
        if len(said) > 1:
            self._post(said[: len(said) // 2])
            self._post(said[len(said) // 2 :])
            return
        (one,) = said
        if isinstance(error, Rejection):
            self._record(
                [
                    DeclarationOutcome(
                        one.key, "rejected", why=reason.dump_reason("ship.refused", key=one.key, why=error.why)
                    )
                ]
            )
            return
        with transaction(self.engine) as connection:
            outcome = queue.record_error(connection, self.destination.name, one, error, self.clock)
        self.settled["rejected"] += outcome.state == "rejected"
        self.left.add(one.key)
        self.unsure += 1
        if self.unsure >= UNWELL_AFTER:
            raise error

    def _booked(self, said: Sequence[Declaration]) -> tuple[list[Declaration], list[DeclarationOutcome]]:
        """Each on a day that is open; and those of a closed period that wait for a person."""
        if self.closed is None or all(one.booked_on > self.closed for one in said):
            return [*said], []
        opens = self.closed + timedelta(days=1)
        late = [one for one in said if one.booked_on <= self.closed]
        if self.destination.closed_period == "wait":
            facts = {"closed": self.closed.isoformat(), "opens": opens.isoformat()}
            waits = [
                DeclarationOutcome(
                    one.key, "rejected", why=reason.dump_reason("ship.period_closed", key=one.key, **facts)
                )
                for one in late
            ]
            return [one for one in said if one.booked_on > self.closed], waits
        with transaction(self.engine) as connection:
            queue.rebook(connection, self.destination.name, late, opens)
        return [one if one.booked_on > self.closed else replace(one, booked_on=opens) for one in said], []

    def _record(self, outcomes: Sequence[DeclarationOutcome], send: Sequence[Declaration] = ()) -> list[Declaration]:
        """Gives those of `send` that are to be posted: marked as sent, unless a person decided about them meanwhile."""
        with transaction(self.engine) as connection:
            queue.record_outcomes(connection, self.destination.name, outcomes, self.clock)
            still = queue.still_pending(connection, self.destination.name, send)
            sent = [one for one in send if one.key in still]
            queue.record_outcomes(
                connection, self.destination.name, [DeclarationOutcome(one.key, "sent") for one in sent], self.clock
            )
        self.left.update(outcome.key for outcome in outcomes if outcome.state == "sent")
        self.settled.update(outcome.state for outcome in outcomes if outcome.state != "sent")
        if self.progress:
            self.progress(self.settled.total(), self.total)
        return sent


def _begun(said: Declaration, there: StockDocument) -> bool:
    """A document that posting goes on with."""
    return there.progress == "partial" and there.quantity == said.quantity


def _compared(said: Declaration, there: StockDocument) -> DeclarationOutcome:
    if there.progress == "cancelled":
        return DeclarationOutcome(
            said.key, "rejected", there.reference, reason.dump_reason("ship.cancelled", key=said.key)
        )
    if there.progress == "refused":
        return DeclarationOutcome(
            said.key, "rejected", why=reason.dump_reason("ship.refused", key=said.key, why=there.why)
        )
    if there.quantity != said.quantity:
        facts = {"key": said.key, "said": _plain(said.quantity), "there": _plain(there.quantity)}
        return DeclarationOutcome(
            said.key, "rejected", there.reference, reason.dump_reason("ship.other_quantity", **facts)
        )
    found = (there.stock_code or said.stock_code, there.location or said.location)
    if found != (said.stock_code, said.location):
        told = {"said": f"{said.stock_code} {said.location}", "there": " ".join(found)}
        return DeclarationOutcome(
            said.key, "rejected", there.reference, reason.dump_reason("ship.changed", key=said.key, **told)
        )
    return DeclarationOutcome(said.key, "acknowledged" if there.progress == "done" else "sent", there.reference)


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
