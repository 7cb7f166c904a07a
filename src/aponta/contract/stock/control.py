"""The state of declarations to each stock system, and a person's control over them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from aponta.contract.stock.reconciliation import ReconciledDay
from aponta.contract.stock.sink import Declaration
from aponta.errors import ApontaError

DeclarationState = Literal[
    "prepared",
    "sent",
    "acknowledged",
    "reconciled",  # its document was compared since, and matches
    "rejected",
    "unknown",
    "settled",  # a person booked it by hand: it counts as declared
    "void",  # a person confirms that it is not in stock and never will be: it counts as not declared
]
FINAL: tuple[DeclarationState, ...] = ("acknowledged", "reconciled", "settled", "void")  # later revisions may go
IN_STOCK: tuple[DeclarationState, ...] = ("acknowledged", "reconciled", "settled")


DecisionAction = Literal[
    "retry",  # its cause was fixed: it is posted again
    "settle",  # it was booked by hand: it counts as declared
    "void",  # it is not in stock and never will be under this key: the next revision declares it again
    "accept",  # a document that was never declared is right
]


@dataclass(frozen=True)
class Decision:
    """A person's decision about a declaration or a document."""

    action: DecisionAction
    who: str
    why: str
    at: datetime


@dataclass(frozen=True)
class CountedStock:
    """A product at a location as people counted it, in the stock system's unit."""

    product: str  # its stock code
    location: str
    counted_at: datetime
    counted: Decimal
    held: Decimal  # by the stock system, when the count was imported
    declared_since: Decimal  # part of `held`: production of hours after the count

    @property
    def drift(self) -> Decimal:
        """Counted stock minus the stock system's own at the time of the count. Other people's movements since then are
        included.
        """
        return self.counted - (self.held - self.declared_since)


@dataclass(frozen=True)
class OutboxEntry:
    destination: str
    declaration: Declaration
    state: DeclarationState
    attempts: int  # answers lost so far
    why: ApontaError | None  # of a rejected or unknown one; `Words.error` gives its text
    changed_at: datetime


@dataclass(frozen=True)
class PendingQuantity:
    """The sum of the pending declarations of a product at a location."""

    destination: str
    product: str  # its stock code
    location: str
    pieces: int
    quantity: Decimal
    unit: str


@dataclass(frozen=True)
class PostingPause:
    """Posting stopped by a person."""

    since: datetime
    who: str
    why: str


@dataclass(frozen=True)
class DestinationStatus:
    destination: str
    kind: str
    start: datetime | None  # items made before are never declared; None: nothing is
    paused: PostingPause | None
    counts: dict[DeclarationState, int]  # every state is there, 0 too
    oldest_waiting: datetime | None  # the earliest hour of production among the pending declarations
    rejected: tuple[OutboxEntry, ...]  # the oldest ones, by hour of production
    acknowledged: tuple[OutboxEntry, ...]  # the last ones, newest first


@dataclass(frozen=True)
class StockOnHand:
    """The stock system's own account. Neither quantities nor why: it was asked just now."""

    quantities: tuple[tuple[str, str, Decimal], ...] | None = None  # (stock_code, location, quantity)
    reported_at: datetime | None = None
    why: ApontaError | None = None  # it does not answer now


class StockControl(Protocol):
    def status(self, rejected: int = 20) -> list[DestinationStatus]:
        """Every configured destination, in their order, each with at most `rejected` rejected declarations. Raises
        ConfigError, TransientError.
        """

    def on_hand(self) -> dict[str, StockOnHand]:
        """Stock by destination, at once, whether or not the stock systems answer. Raises ConfigError."""

    def version(self) -> str:
        """A text that changes when `on_hand` changes."""

    def last_count(self, destination: str) -> list[CountedStock]:
        """The manual count that was imported last."""

    def last_decisions(self, destination: str, limit: int) -> list[tuple[str, Decision]]:
        """People's last decisions, newest first, each with its key."""

    def decide(self, keys: Collection[str], decided: Decision, to: str | None = None) -> int:
        """Applies a decision; returns how many declarations or documents it changed. to: only this destination. Raises
        ConfigError `ship.no_such_key`.
        """

    def reconciled_days(self, destination: str, limit: int) -> list[tuple[date, datetime, int]]:
        """The last reconciled days, newest first: when, and how many differences there were."""

    def reconciled_day(self, destination: str, day: date) -> ReconciledDay | None:
        """The day as it was last reconciled."""

    def reconcile_day(self, destination: str, day: date, who: str) -> ReconciledDay:
        """Asks the stock system now. Raises TransientError."""
