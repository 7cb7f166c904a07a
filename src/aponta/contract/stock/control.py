"""Where stock stands: what was said to each stock system, and what it holds by its own account."""

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
    "reconciled",  # seen in the stock system since, as it was said
    "rejected",
    "unknown",
    "settled",  # a person booked it there by hand: it counts as said
    "void",  # a person says that it is not there and will not be: it counts as not said
]
FINAL: tuple[DeclarationState, ...] = ("acknowledged", "reconciled", "settled", "void")  # later revisions may go
IN_STOCK: tuple[DeclarationState, ...] = ("acknowledged", "reconciled", "settled")  # the stock system has it


DecisionAction = Literal[
    "retry",  # its cause was mended: it is posted again
    "settle",  # it was booked by hand: it counts as said
    "void",  # it is not there and will not be under this key: the next revision says it again
    "accept",  # a document that nobody here said is right
]


@dataclass(frozen=True)
class Decision:
    """A person's, of a declaration or a document."""

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
    held: Decimal  # by the stock system, when the count was read in
    declared_since: Decimal  # of that, what machines made after the count

    @property
    def drift(self) -> Decimal:
        """What people found over what the stock system held at that moment; others' movements since then are in it."""
        return self.counted - (self.held - self.declared_since)


@dataclass(frozen=True)
class OutboxEntry:
    """A line of the outbox."""

    destination: str
    declaration: Declaration
    state: DeclarationState
    attempts: int  # answers lost so far
    why: ApontaError | None  # of a rejected or unknown one; `Words.error` says it
    changed_at: datetime


@dataclass(frozen=True)
class PendingQuantity:
    """What a stock system would be told, added up."""

    destination: str
    product: str  # its stock code
    location: str
    pieces: int
    quantity: Decimal
    unit: str


@dataclass(frozen=True)
class PostingPause:
    """Posting held by a person."""

    since: datetime
    who: str
    why: str


@dataclass(frozen=True)
class DestinationStatus:
    """Where the declarations of a destination stand."""

    destination: str
    kind: str
    start: datetime | None  # items made before are never declared; None: nothing is
    paused: PostingPause | None
    counts: dict[DeclarationState, int]  # every state is there, 0 too
    oldest_waiting: datetime | None  # the hour of production that waits longest
    rejected: tuple[OutboxEntry, ...]  # the oldest so many, by hour of production
    acknowledged: tuple[OutboxEntry, ...]  # the last ones, newest first


@dataclass(frozen=True)
class StockOnHand:
    """What a stock system holds by its own account. Neither quantities nor why: it was asked just now."""

    quantities: tuple[tuple[str, str, Decimal], ...] | None = None  # (stock_code, location, quantity), as last told
    told_at: datetime | None = None
    why: ApontaError | None = None  # it does not answer now


class StockControl(Protocol):
    def standing(self, refused: int = 20) -> list[DestinationStatus]:
        """Every destination that is configured, in that order. Raises ConfigError, TransientError."""

    def on_hand(self) -> dict[str, StockOnHand]:
        """By destination; at once, whether or not the stock systems answer. Raises ConfigError."""

    def version(self) -> str:
        """Other than before once `on_hand` would tell otherwise."""

    def counted(self, destination: str) -> list[CountedStock]:
        """The manual count that was read in last."""

    def decided(self, destination: str, limit: int) -> list[tuple[str, Decision]]:
        """What people decided last, newest first, each with its key."""

    def decide(self, keys: Collection[str], decided: Decision, to: str | None = None) -> int:
        """Does it; of how many. to: of this destination only. Raises ConfigError `ship.no_such_key`."""

    def days(self, destination: str, limit: int) -> list[tuple[date, datetime, int]]:
        """The last days that were reconciled, newest first: when, and how many differences there were."""

    def reconciled(self, destination: str, day: date) -> ReconciledDay | None:
        """As it was last reconciled."""

    def reconcile(self, destination: str, day: date, who: str) -> ReconciledDay:
        """Asks the stock system now. Raises TransientError."""
