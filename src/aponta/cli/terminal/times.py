"""Moments that people type: local time of the factory, unless they say which."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aponta.errors import ConfigError


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """UTC, of 2026-03-02, `2026-03-02 08:00` (both local) or 2026-03-02T11:00Z. Raises ConfigError `cli.no_moment`;
    `cli.no_one_moment` of a local time that the clocks' change left out or brought twice.
    """
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError("cli.no_moment", text=text) from None
    if told.tzinfo is not None:
        return told.astimezone(UTC)
    one, other = (told.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if one != other:
        raise ConfigError(
            "cli.no_one_moment", text=text, one=f"{one:%Y-%m-%dT%H:%MZ}", other=f"{other:%Y-%m-%dT%H:%MZ}"
        )
    return one


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """As `moment` reads it."""
    here = at.astimezone(zone)
    return (
        f"{here:%Y-%m-%d %H:%M}" if not (here.second or here.microsecond) else here.replace(tzinfo=None).isoformat(" ")
    )
