"""The time, handed in, so that tests can set it."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, zone-aware, UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)
