"""Times as people type them: the factory's local time, unless a zone is given."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aponta.errors import ConfigError


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """UTC time of 2026-03-02, `2026-03-02 08:00` (both local) or 2026-03-02T11:00Z.

    Raises ConfigError `cli.no_moment`; `cli.no_one_moment` for a local time that a change of clocks skips or repeats.
    """
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError("cli.no_moment", text=text) from None
    if typed.tzinfo is not None:
        return typed.astimezone(UTC)
    time, other = (typed.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if time != other:
        raise ConfigError(
            "cli.no_one_moment", text=text, one=f"{time:%Y-%m-%dT%H:%MZ}", other=f"{other:%Y-%m-%dT%H:%MZ}"
        )
    return time


def local_time(time: datetime, zone: ZoneInfo) -> str:
    """The time as `parse_time` reads it."""
    local = time.astimezone(zone)
    if local.second or local.microsecond:
        return local.replace(tzinfo=None).isoformat(" ")
    return f"{local:%Y-%m-%d %H:%M}"
