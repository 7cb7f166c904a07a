"""The driver of every destination: each declaration leaves the outbox once, whatever is lost or killed on the way.

A declaration is marked `sent` before it is posted, so a process that dies in between leaves a trace. Every pending
declaration is looked up in the stock system before it is posted, so a lost answer is found there. The stock system's
own unique key does the rest.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Engine, func, select

from aponta.config.sections.stock import StockSection
from aponta.contract.clock import Clock
from aponta.contract.stock.control import DeclarationState
from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Declaration, Rejection, Sink, StockDocument
from aponta.errors import ApontaError, TransientError
from aponta.ops.database import transaction
from aponta.ops.lease import lease
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import queue
from aponta.ship.outbox.pause import pause_of
from aponta.ship.outbox.queue import DeclarationOutcome
from aponta.ship.outbox.reason import dump_reason

UNWELL_AFTER = 3  # declarations in a row that end in an error of the system's own: the system is unwell, not they


@dataclass(frozen=True)
class DrainResult:
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    paused: bool = False
    busy: bool = False  # another process posts there now
    stopped: ApontaError | None = None  # why the rest is still pending


def drain(
    engine: Engine,
    destination: StockSection,
    sink: Sink,
    clock: Clock,
    *,
    batch: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> DrainResult:
    """Posts the pending declarations of `destination`, oldest hour first, `batch` at a time. progress: called with
    (declarations that ended, all of them).

    One process drains a destination at a time. Revisions of a key go in their order: one that is not final holds back
    the later ones. Nothing is posted while a person paused the destination, or before `sink.check` passes. A
    TransientError of the sink ends the drain: sent declarations become `unknown`, and the next drain looks them up
    first. A declaration that the sink rejects is `rejected` with the sink's words and the others go on; so is one that
    ends in errors of the system's own too often.
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
        self.ended: Counter[DeclarationState] = Counter()
        self.skipped: set[str] = set()  # keys that this drain can do no more about
        self.closed: date | None = None
        self.errors_in_a_row = 0

    def run(self) -> DrainResult:
        with transaction(self.engine, reading=True) as connection:
            pending = queue.is_pending(self.destination.name)
            self.total = connection.scalars(select(func.count()).where(*pending).select_from(outbox)).one()
            pause = pause_of(connection, self.destination.name)
        if pause or not self.total:
            return DrainResult(paused=pause is not None)
        try:
            self.sink.check()
            self.closed = self.sink.closed_until()
        except ApontaError as error:
            return DrainResult(stopped=error)
        while True:  # a correction follows what it corrects, so it goes in a round of its own
            before = self.ended.total()
            result = self._round()
            if result is not None or self.ended.total() == before:
                return result or self._result()

    def _result(self, *, paused: bool = False, stopped: ApontaError | None = None) -> DrainResult:
        unknown = (outbox.c.destination == self.destination.name, outbox.c.state == "unknown")
        with transaction(self.engine, reading=True) as connection:
            left = connection.scalars(select(func.count()).where(*unknown).select_from(outbox)).one()
        return DrainResult(self.ended["acknowledged"], self.ended["rejected"], left, paused=paused, stopped=stopped)

    def _round(self) -> DrainResult | None:
        """Posts everything that can go now, once. Returns a result where it had to stop before the end."""
        after: tuple[object, ...] | None = None
        while True:
            with transaction(self.engine, reading=True) as connection:
                if pause_of(connection, self.destination.name):
                    return self._result(paused=True)
                batch = queue.next_declarations(connection, self.destination.name, self.batch, after)
            if not batch:
                return None
            last = batch[-1]
            after = (last.hour, last.machine, last.product, last.quality, last.revision)
            declarations = [declaration for declaration in batch if declaration.key not in self.skipped]
            try:
                self._post(declarations)
            except TransientError as error:
                with transaction(self.engine) as connection:
                    queue.mark_unknown(connection, self.destination.name, declarations, error, self.clock)
                return self._result(stopped=error)

    def _post(self, declarations: Sequence[Declaration]) -> None:
        """Records those that the stock system has already, and posts the rest."""
        if not declarations:
            return
        documents = self.sink.look_up([declaration.key for declaration in declarations])
        known: list[DeclarationOutcome] = []
        absent: list[Declaration] = []
        for declaration in declarations:
            document = documents.get(declaration.key)
            if document is None or _is_begun(declaration, document):
                absent.append(declaration)
            else:
                known.append(_outcome(declaration, document))
        bookable, refused = self._book(absent)
        sent = self._record([*known, *refused], send=bookable)
        if not sent:
            return
        try:
            posted = self.sink.post(sent)
        except Rejection as rejection:
            self._isolate(sent, rejection)
        except TransientError as error:
            if error.code != "ship.unsure":
                raise
            self._isolate(sent, error)
        else:
            self.errors_in_a_row = 0
            self._record([_outcome(declaration, posted[declaration.key]) for declaration in sent])

    def _isolate(self, declarations: Sequence[Declaration], error: Rejection | TransientError) -> None:
        """Halves a batch that failed until the declaration to blame is alone."""
        if len(declarations) > 1:
            half = len(declarations) // 2
            self._post(declarations[:half])
            self._post(declarations[half:])
            return
        (declaration,) = declarations
        if isinstance(error, Rejection):
            why = dump_reason("ship.refused", key=declaration.key, why=error.why)
            self._record([DeclarationOutcome(declaration.key, "rejected", why=why)])
            return
        with transaction(self.engine) as connection:
            outcome = queue.record_error(connection, self.destination.name, declaration, error, self.clock)
        self.ended["rejected"] += outcome.state == "rejected"
        self.skipped.add(declaration.key)
        self.errors_in_a_row += 1
        if self.errors_in_a_row >= UNWELL_AFTER:
            raise error

    def _book(self, declarations: Sequence[Declaration]) -> tuple[list[Declaration], list[DeclarationOutcome]]:
        """The declarations with a booking day that is open, and the outcomes of those whose closed period waits for a
        person.
        """
        closed = self.closed
        late = [] if closed is None else [one for one in declarations if one.booked_on <= closed]
        if closed is None or not late:
            return [*declarations], []
        opens = closed + timedelta(days=1)
        if self.destination.closed_period == "wait":
            facts = {"closed": closed.isoformat(), "opens": opens.isoformat()}
            refused = [
                DeclarationOutcome(one.key, "rejected", why=dump_reason("ship.period_closed", key=one.key, **facts))
                for one in late
            ]
            return [one for one in declarations if one.booked_on > closed], refused
        with transaction(self.engine) as connection:
            queue.rebook(connection, self.destination.name, late, opens)
        return [one if one.booked_on > closed else replace(one, booked_on=opens) for one in declarations], []

    def _record(self, outcomes: Sequence[DeclarationOutcome], send: Sequence[Declaration] = ()) -> list[Declaration]:
        """Records the outcomes and marks `send` as sent. Returns the marked ones: without those that a person decided
        about meanwhile.
        """
        with transaction(self.engine) as connection:
            queue.record_outcomes(connection, self.destination.name, outcomes, self.clock)
            pending = queue.still_pending(connection, self.destination.name, send)
            sent = [declaration for declaration in send if declaration.key in pending]
            marks = [DeclarationOutcome(declaration.key, "sent") for declaration in sent]
            queue.record_outcomes(connection, self.destination.name, marks, self.clock)
        self.skipped.update(outcome.key for outcome in outcomes if outcome.state == "sent")
        self.ended.update(outcome.state for outcome in outcomes if outcome.state != "sent")
        if self.progress:
            self.progress(self.ended.total(), self.total)
        return sent


def _is_begun(declaration: Declaration, document: StockDocument) -> bool:
    """Whether posting goes on with the document."""
    return document.progress == "partial" and document.quantity == declaration.quantity


def _outcome(declaration: Declaration, document: StockDocument) -> DeclarationOutcome:
    key, reference = declaration.key, document.reference
    if document.progress == "cancelled":
        return DeclarationOutcome(key, "rejected", reference, dump_reason("ship.cancelled", key=key))
    if document.progress == "refused":
        return DeclarationOutcome(key, "rejected", why=dump_reason("ship.refused", key=key, why=document.why))
    if document.quantity != declaration.quantity:
        quantities = {"said": quantity_text(declaration.quantity), "there": quantity_text(document.quantity)}
        return DeclarationOutcome(key, "rejected", reference, dump_reason("ship.other_quantity", key=key, **quantities))
    declared = (declaration.stock_code, declaration.location)
    in_stock = (document.stock_code or declaration.stock_code, document.location or declaration.location)
    if in_stock != declared:
        places = {"said": " ".join(declared), "there": " ".join(in_stock)}
        return DeclarationOutcome(key, "rejected", reference, dump_reason("ship.changed", key=key, **places))
    return DeclarationOutcome(key, "acknowledged" if document.progress == "done" else "sent", reference)
