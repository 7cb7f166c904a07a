"""Where declarations go: the smallest seam a stock system needs. One module in `ship` per kind of destination."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


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
    reference: str | None = None  # the stock system's own, once acknowledged


@dataclass(frozen=True)
class Posted:
    """What the destination holds under a key."""

    quantity: Decimal
    reference: str


class Rejected(Exception):
    """The destination will never take this declaration; `why` is in its own words."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(key, why)
        self.key = key
        self.why = why


class Sink(Protocol):
    name: str

    def look_up(self, keys: Sequence[str]) -> dict[str, Posted]:
        """What of these is there already: the only way to learn the outcome of a lost answer."""

    def post(self, declarations: Sequence[Declaration]) -> dict[str, Posted]:
        """All or nothing; safe to repeat. Raises TransientError (outcome unknown: look up first) or Rejected."""

    def on_hand(self) -> Iterable[tuple[str, str, Decimal]]:
        """(stock_code, location, quantity) as the stock system itself reports it."""
