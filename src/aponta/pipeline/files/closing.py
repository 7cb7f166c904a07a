"""When an hour of a machine is closed: by a right trailer, by the machine's next hour, or by time. Then it may be
declared.
"""

from dataclasses import dataclass

from aponta.config import Factory
from aponta.factory_calendar import HOUR_US


@dataclass(frozen=True)
class CoveringFile:
    """A file in force that speaks for an hour."""

    own_hour: int | None
    trailer: str  # right, wrong, none
    accepted: bool


def closed_by(hour: int, speakers: list[CoveringFile], latest: int, now: int, close_after_us: int) -> str | None:
    """The reason why the hour is closed, None while it is open. latest: the machine's last hour that any file speaks
    for.
    """
    if any(one.trailer == "right" and one.own_hour is not None and hour <= one.own_hour for one in speakers):
        return "trailer"
    if latest > hour:
        return "next_hour"
    return "time" if now >= hour + HOUR_US + close_after_us else None


def withheld(speakers: list[CoveringFile]) -> bool:
    """A trailer that lies, and no right one beside it: the good rows count, but the hour's stock is nothing until a
    person accepts the file.
    """
    lies = any(one.trailer == "wrong" and not one.accepted for one in speakers)
    return lies and not any(one.trailer == "right" for one in speakers)


CLOSE_AFTER_MINUTES = 20  # where no stock system says otherwise


def close_after_us(factory: Factory) -> int:
    """How long after its end an hour is closed by time alone."""
    minutes = max((one.close_after_minutes for one in factory.settings.stock), default=CLOSE_AFTER_MINUTES)
    return int(minutes * 60_000_000)
