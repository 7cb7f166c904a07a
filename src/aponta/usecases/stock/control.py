"""What people ask of stock: where each destination stands, and what the stock system itself says is on hand."""

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

SHOWN = 20  # rejected ones, and last acknowledged ones
AT_ONCE_S = 0.05  # a page waits so long for the stock systems together
FRESH_S = 10  # then one is asked again
SILENT_S = 10  # a stock system that has not answered for so long is said to be silent
GIVEN_UP_S = 300  # a question not answered yet is held open so long: another beside it would get no answer either


def destination_status(factory: Factory, engine: Engine, refused: int = SHOWN) -> list[DestinationStatus]:
    """Every destination that is configured, in that order."""
    told = []
    with transaction(engine) as connection:
        counted = count_by_state(connection)
        for one in factory.settings.stock:
            told.append(
                DestinationStatus(
                    destination=one.name,
                    kind=one.kind,
                    start=factory.stock_start(one),
                    paused=pause_of(connection, one.name),
                    counts=counted.get(one.name) or zero_counts(),
                    oldest_waiting=pending_totals(connection, one.name).oldest,
                    rejected=tuple(map(_typed, outbox_entries(connection, one.name, ["rejected"], limit=refused))),
                    acknowledged=tuple(last_acknowledged(connection, one.name, limit=SHOWN)),
                )
            )
    return told


def _typed(entry: OutboxEntry) -> OutboxEntry:
    """Its key as it can be typed after a command: a machine may write any name of a product."""
    if entry.why is None or "key" not in entry.why.facts:
        return entry
    quoted = shlex.quote(str(entry.why.facts["key"]))
    return replace(entry, why=ApontaError(entry.why.code, **{**entry.why.facts, "key": quoted}))


def ask_on_hand(factory: Factory, destination: StockSection, clock: Clock) -> StockOnHand:
    """What the stock system says now, or why it does not."""
    try:
        held = open_destination(destination, factory.stock_url(destination), factory.folder).on_hand()
        return StockOnHand(tuple(sorted(held)), clock())
    except ApontaError as error:
        return StockOnHand(why=error)
    except Exception as error:  # a driver may raise anything, and its words may hold the address, password and all
        facts = {"destination": destination.name, "place": destination.kind, "why": type(error).__name__}
        return StockOnHand(why=TransientError("ship.unreachable", **facts))


@dataclass
class _Question:
    """asked: monotonic seconds. told: the answer; until it is there, the one before."""

    asked: float
    told: StockOnHand
    answered: Event

    def silent(self, now: float) -> bool:
        return not self.answered.is_set() and now - self.asked > SILENT_S


class FactoryStockControl:
    """Implements contract StockControl. Stock systems are asked beside, one question at a time each, and their answers
    kept for some seconds: one that is down, or never answers, delays nobody.
    """

    def __init__(self, read_factory: Callable[[], Factory], engine: Engine, clock: Clock) -> None:
        self.read_factory, self.engine, self.clock = read_factory, engine, clock
        self._questions: dict[StockSection, _Question] = {}  # of a changed section the old answer says nothing
        self._changes = 0
        self._lock = Lock()

    def standing(self, refused: int = SHOWN) -> list[DestinationStatus]:
        """Contract StockControl's."""
        return destination_status(self.read_factory(), self.engine, refused)

    def on_hand(self) -> dict[str, StockOnHand]:
        """Contract StockControl's."""
        factory = self.read_factory()
        until = time.monotonic() + AT_ONCE_S
        asked = {one.name: self._ask(factory, one) for one in factory.settings.stock}
        for one in asked.values():
            one.answered.wait(max(0, until - time.monotonic()))
        return {name: self._told(name, one) for name, one in asked.items()}

    def version(self) -> str:
        """Contract StockControl's."""
        now = time.monotonic()
        return f"{self._changes}-{sum(one.silent(now) for one in self._questions.copy().values())}"

    def counted(self, destination: str) -> list[CountedStock]:
        """Contract StockControl's."""
        with transaction(self.engine, reading=True) as connection:
            return count.last_count(connection, destination)

    def decided(self, destination: str, limit: int) -> list[tuple[str, Decision]]:
        """Contract StockControl's."""
        with transaction(self.engine, reading=True) as connection:
            return decision.last_decisions(connection, destination, limit)

    def decide(self, keys: Collection[str], decided: Decision, to: str | None = None) -> int:
        """Contract StockControl's."""
        factory = self.read_factory()
        if decided.action == "accept":
            names = [one.name for one in factory.settings.stock if to in (None, one.name)]
            return sum(reconciliation.accept_difference(self.engine, name, keys, decided) for name in names)
        with transaction(self.engine) as connection:
            return decision.apply_decision(connection, keys, factory.products, decided, to)

    def days(self, destination: str, limit: int) -> list[tuple[date, datetime, int]]:
        """Contract StockControl's."""
        return reconciliation.reconciled_days(self.engine, destination, limit)

    def reconciled(self, destination: str, day: date) -> ReconciledDay | None:
        """Contract StockControl's."""
        return reconciliation.load_day(self.engine, destination, day)

    def reconcile(self, destination: str, day: date, who: str) -> ReconciledDay:
        """Contract StockControl's. Raises ConfigError `pipeline.no_destination`, and as `exclusive`."""
        factory = self.read_factory()
        chosen = [one for one in factory.settings.stock if one.name == destination]
        if not chosen:
            names = ", ".join(one.name for one in factory.settings.stock) or "-"
            raise ConfigError("pipeline.no_destination", name=destination[:100], names=names)
        with exclusive(factory, self.clock):
            return reconciliation.reconcile_day(factory, self.engine, chosen[0], day, who, self.clock)

    def _ask(self, factory: Factory, destination: StockSection) -> _Question:
        now = time.monotonic()
        with self._lock:
            known = self._questions.get(destination)
            if known and now - known.asked < (FRESH_S if known.answered.is_set() else GIVEN_UP_S):
                return known
            question = _Question(now, known.told if known else StockOnHand(), Event())
            self._questions[destination] = question
        Thread(target=self._answer, args=(question, factory, destination), daemon=True).start()
        return question

    def _answer(self, question: _Question, factory: Factory, destination: StockSection) -> None:
        before, now = question.told, ask_on_hand(factory, destination, self.clock)
        question.told = now if now.why is None else replace(before, why=now.why)
        self._changes += (before.quantities, str(before.why)) != (question.told.quantities, str(now.why))
        question.answered.set()

    def _told(self, name: str, question: _Question) -> StockOnHand:
        if question.silent(time.monotonic()):
            silence = TransientError("pipeline.stock_silent", destination=name, seconds=SILENT_S)
            return replace(question.told, why=silence)
        return question.told
