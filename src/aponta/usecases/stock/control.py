"""The status of each stock system, its own account of stock, and people's decisions: the contract's StockControl."""

import shlex
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Event, Lock, Thread

from sqlalchemy import Engine

from aponta.config import Factory, StockSection
from aponta.contract.clock import Clock
from aponta.contract.stock.control import CountedStock, Decision, DestinationStatus, OutboxEntry, StockOnHand
from aponta.contract.stock.reconciliation import ReconciledDay
from aponta.errors import ApontaError, ConfigError, TransientError
from aponta.ops.database import transaction
from aponta.ops.lock import exclusive
from aponta.ship.destinations import open_destination
from aponta.ship.outbox import decision
from aponta.ship.outbox.pause import pause_of
from aponta.ship.outbox.status import count_by_state, last_acknowledged, outbox_entries, pending_totals, zero_counts
from aponta.usecases.stock import count, reconciliation

SHOWN = 20  # rejected and last acknowledged declarations
AT_ONCE_S = 0.05  # how long a page waits for all stock systems together
FRESH_S = 10  # how long an answer is valid
SILENT_S = 10  # a stock system without an answer for so long is reported as silent
GIVEN_UP_S = 300  # how long an unanswered question stays open: another one would get no answer either


def destination_status(factory: Factory, engine: Engine, rejected: int = SHOWN) -> list[DestinationStatus]:
    """Every configured destination, in their order."""
    with transaction(engine) as connection:
        counts = count_by_state(connection)
        return [
            DestinationStatus(
                destination=section.name,
                kind=section.kind,
                start=factory.stock_start(section),
                paused=pause_of(connection, section.name),
                counts=counts.get(section.name) or zero_counts(),
                oldest_waiting=pending_totals(connection, section.name).oldest,
                rejected=tuple(
                    map(_with_quoted_key, outbox_entries(connection, section.name, ["rejected"], limit=rejected))
                ),
                acknowledged=tuple(last_acknowledged(connection, section.name, limit=SHOWN)),
            )
            for section in factory.settings.stock
        ]


def _with_quoted_key(entry: OutboxEntry) -> OutboxEntry:
    """Its error with the key as a shell takes it: a machine may write any name of a product."""
    if entry.why is None or "key" not in entry.why.facts:
        return entry
    quoted = shlex.quote(str(entry.why.facts["key"]))
    return replace(entry, why=ApontaError(entry.why.code, **{**entry.why.facts, "key": quoted}))


def ask_on_hand(factory: Factory, destination: StockSection, clock: Clock) -> StockOnHand:
    """The stock system's account of now, or the reason why it gives none."""
    try:
        on_hand = open_destination(destination, factory.stock_url(destination), factory.folder).on_hand()
        return StockOnHand(tuple(sorted(on_hand)), clock())
    except ApontaError as error:
        return StockOnHand(why=error)
    except Exception as error:  # a driver may raise anything, and its words may hold the address, password and all
        facts = {"destination": destination.name, "place": destination.kind, "why": type(error).__name__}
        return StockOnHand(why=TransientError("ship.unreachable", **facts))


@dataclass
class _Question:
    asked_s: float  # monotonic
    answer: StockOnHand  # the previous one until `answered`
    answered: Event

    def is_silent(self, now: float) -> bool:
        return not self.answered.is_set() and now - self.asked_s > SILENT_S


class FactoryStockControl:
    """Implements contract StockControl for a factory. Asks the stock systems in threads of their own, one question at a
    time each, and reuses an answer for some seconds: a stock system that is down delays nobody.
    """

    def __init__(self, read_factory: Callable[[], Factory], engine: Engine, clock: Clock) -> None:
        self.read_factory, self.engine, self.clock = read_factory, engine, clock
        self._questions: dict[StockSection, _Question] = {}  # a changed section starts without an answer
        self._changes = 0
        self._lock = Lock()

    def status(self, rejected: int = SHOWN) -> list[DestinationStatus]:
        """Contract StockControl's."""
        return destination_status(self.read_factory(), self.engine, rejected)

    def on_hand(self) -> dict[str, StockOnHand]:
        """Contract StockControl's."""
        factory = self.read_factory()
        until = time.monotonic() + AT_ONCE_S
        questions = {section.name: self._question(factory, section) for section in factory.settings.stock}
        for question in questions.values():
            question.answered.wait(max(0, until - time.monotonic()))
        return {name: self._answer(name, question) for name, question in questions.items()}

    def version(self) -> str:
        """Contract StockControl's."""
        now = time.monotonic()
        return f"{self._changes}-{sum(question.is_silent(now) for question in self._questions.copy().values())}"

    def last_count(self, destination: str) -> list[CountedStock]:
        """Contract StockControl's."""
        with transaction(self.engine, reading=True) as connection:
            return count.last_count(connection, destination)

    def last_decisions(self, destination: str, limit: int) -> list[tuple[str, Decision]]:
        """Contract StockControl's."""
        with transaction(self.engine, reading=True) as connection:
            return decision.last_decisions(connection, destination, limit)

    def decide(self, keys: Collection[str], decided: Decision, to: str | None = None) -> int:
        """Contract StockControl's."""
        factory = self.read_factory()
        if decided.action == "accept":
            names = [section.name for section in factory.settings.stock if to in (None, section.name)]
            return sum(reconciliation.accept_difference(self.engine, name, keys, decided) for name in names)
        with transaction(self.engine) as connection:
            return decision.apply_decision(connection, keys, factory.products, decided, to)

    def reconciled_days(self, destination: str, limit: int) -> list[tuple[date, datetime, int]]:
        """Contract StockControl's."""
        return reconciliation.reconciled_days(self.engine, destination, limit)

    def reconciled_day(self, destination: str, day: date) -> ReconciledDay | None:
        """Contract StockControl's."""
        return reconciliation.load_day(self.engine, destination, day)

    def reconcile_day(self, destination: str, day: date, who: str) -> ReconciledDay:
        """Contract StockControl's. Raises ConfigError `pipeline.no_destination`, and as `exclusive`."""
        factory = self.read_factory()
        chosen = [section for section in factory.settings.stock if section.name == destination]
        if not chosen:
            names = ", ".join(section.name for section in factory.settings.stock) or "-"
            raise ConfigError("pipeline.no_destination", name=destination[:100], names=names)
        with exclusive(factory, self.clock):
            return reconciliation.reconcile_stock(factory, self.engine, chosen[0], day, who, self.clock)

    def _question(self, factory: Factory, destination: StockSection) -> _Question:
        """The open or fresh question, or a new one that a thread asks."""
        now = time.monotonic()
        with self._lock:
            last = self._questions.get(destination)
            if last and now - last.asked_s < (FRESH_S if last.answered.is_set() else GIVEN_UP_S):
                return last
            question = _Question(now, last.answer if last else StockOnHand(), Event())
            self._questions[destination] = question
        Thread(target=self._ask, args=(question, factory, destination), daemon=True).start()
        return question

    def _ask(self, question: _Question, factory: Factory, destination: StockSection) -> None:
        before, now = question.answer, ask_on_hand(factory, destination, self.clock)
        question.answer = now if now.why is None else replace(before, why=now.why)
        self._changes += (before.quantities, str(before.why)) != (question.answer.quantities, str(now.why))
        question.answered.set()

    def _answer(self, name: str, question: _Question) -> StockOnHand:
        if question.is_silent(time.monotonic()):
            silence = TransientError("pipeline.stock_silent", destination=name, seconds=SILENT_S)
            return replace(question.answer, why=silence)
        return question.answer
