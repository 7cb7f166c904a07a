"""Where declarations go: the smallest seam a stock system needs. One module in `ship` per kind of destination."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

Progress = Literal[
    "done",  # stock has moved
    "partial",  # begun; posting it again goes on from there
    "waiting",  # it is the system's turn: nothing to do but to ask again
    "cancelled",  # a person cancelled it there: stock has not moved and will not
    "refused",  # the system took it and said no afterwards: `why`
]


@dataclass(frozen=True)
class Declaration:
    """What a machine made in an hour, said to a stock system. Never changed once acknowledged: a correction is the
    next revision.
    """

    key: str  # site:machine:product:20260302T10:good:1 - unique, readable, carried into the stock system
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
    booked_on: date  # the factory's day of `hour`; where its period is closed, the first day that is open
    lot: str | None = None
    reference: str | None = None  # the stock system's own, once acknowledged


@dataclass(frozen=True)
class StockDocument:
    """What the destination holds under a key, by its own account."""

    quantity: Decimal  # signed
    reference: str  # the stock system's own
    progress: Progress = "done"
    why: str = ""  # of a refused one, in the system's own words
    stock_code: str | None = None  # None: it does not tell
    location: str | None = None


class Rejection(Exception):
    """The destination will never take this declaration, or one of the batch; `why` is in its own words."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(key, why)
        self.key = key
        self.why = why


class Sink(Protocol):
    """Everything may raise TransientError: `ship.unreachable` (destination, place, why) where no answer came,
    `ship.unsure` (destination, why) where the system answered with an error whose outcome is not known.
    """

    name: str

    def check(self) -> None:
        """Whether a key can be posted once only, and whether what posting needs is there; asked before posting begins.

        Raises ConfigError that says what is missing and how to make it.
        """

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """What of these is there already: the only way to learn the outcome of a lost answer."""

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """Begins those that are absent, goes on with those that are partial; safe to repeat. Gives all of them.

        Raises TransientError (look up before anything else), or Rejection: some declaration of the batch will never be
        accepted; the others may have been posted or not.
        """

    def listed(self, site: str, since: datetime, until: datetime) -> Iterable[tuple[str, StockDocument]]:
        """Every document under a key of `site` whose hour of production is in [since, until), a key twice where two
        documents carry it. For reconciliation.
        """

    def on_hand(self) -> Iterable[tuple[str, str, Decimal]]:
        """(stock_code, location, quantity) as the stock system itself reports it."""

    def closed_until(self) -> date | None:
        """The last day on which nothing can be booked any more; None: any can."""
