"""An hour of a machine is closed by a right trailer, the machine's next hour, or time. Then it may be declared."""

from dataclasses import dataclass

from aponta.config import Factory
from aponta.factory_calendar import HOUR_US


@dataclass(frozen=True)
class CoveringFile:
    """A file in force that covers an hour: it is complete for it."""

    own_hour: int | None
    trailer: str  # right, wrong, none
    accepted: bool


def closed_by(hour: int, files: list[CoveringFile], latest: int, now: int, close_after_us: int) -> str | None:
    """The reason why the hour is closed, None while it is open. latest: the machine's last covered hour."""
    if any(file.trailer == "right" and file.own_hour is not None and hour <= file.own_hour for file in files):
        return "trailer"
    if latest > hour:
        return "next_hour"
    return "time" if now >= hour + HOUR_US + close_after_us else None


def withheld(files: list[CoveringFile]) -> bool:
    """Is the hour's stock withheld until a person accepts the file? Its trailer is wrong, and no right one stands
    beside it. The good rows count.
    """
    wrong = any(file.trailer == "wrong" and not file.accepted for file in files)
    return wrong and not any(file.trailer == "right" for file in files)


CLOSE_AFTER_MINUTES = 20  # unless a stock system is configured otherwise


def close_after_us(factory: Factory) -> int:
    """Microseconds after its end when an hour is closed by time alone."""
    minutes = max((one.close_after_minutes for one in factory.settings.stock), default=CLOSE_AFTER_MINUTES)
    return int(minutes * 60_000_000)
