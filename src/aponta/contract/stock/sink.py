"""The interface of a stock system: the least that posting needs. One package in `ship.destinations` per kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

Progress = Literal[
    "done",  # stock has moved
    "partial",  # begun; posting it again goes on from there
    "waiting",  # the system works on it: ask again later
    "cancelled",  # a person cancelled it there: stock has not moved and will not
    "refused",  # the system took it and refused it afterwards: `why`
]


@dataclass(frozen=True)
class Declaration:
    """A machine's production of an hour, declared to a stock system. Never changed once acknowledged: a correction is
    the next revision.
    """

    key: str  # site:machine:product:20260302T10:good:1 - unique, readable, written into the stock system
    machine: str
    product: str
    stock_code: str  # the product's name in the stock system
    hour: datetime  # UTC
    quality: str
    revision: int
    pieces: int  # signed: a correction may take back
    quantity: Decimal  # in `unit`, signed
    unit: str
    location: str
    booked_on: date  # the factory's day of `hour`; where its period is closed, the first open day
    lot: str | None = None
    reference: str | None = None  # the stock system's own, once acknowledged


@dataclass(frozen=True)
class StockDocument:
    """A stock system's document under a key, by its own account."""

    quantity: Decimal  # signed
    reference: str  # the stock system's own
    progress: Progress = "done"
    why: str = ""  # of a refused one, in the system's own words
    stock_code: str | None = None  # None: the system does not report it
    location: str | None = None


class Rejection(Exception):
    """The stock system will never take this declaration, or some declaration of the batch; `why` in its own words."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(key, why)
        self.key = key
        self.why = why


class Sink(Protocol):
    """Every method may raise TransientError: `ship.unreachable` (destination, place, why) where no answer came,
    `ship.unsure` (destination, why) where the system answered with an error and the outcome is not known.
    """

    name: str

    def check(self) -> None:
        """Checks, before anything is posted, that a key can be posted once only and that nothing is missing.

        Raises ConfigError that names what is missing and how to make it.
        """

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """The documents of these keys: the only way to learn the outcome of a lost answer."""

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """Creates the documents that are absent and goes on with partial ones; safe to repeat. Returns all of them.

        Raises TransientError (look up before anything else), or Rejection: some declaration of the batch will never be
        accepted; the others may have been posted or not.
        """

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterable[tuple[str, StockDocument]]:
        """Every document under a key of `site` whose hour of production is in [since, until), a key twice where two
        documents have it. For reconciliation.
        """

    def on_hand(self) -> Iterable[tuple[str, str, Decimal]]:
        """(stock_code, location, quantity) by the stock system's own account."""

    def closed_until(self) -> date | None:
        """The last day on which nothing can be booked any more; None: every day is open."""
