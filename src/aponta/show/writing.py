"""Numbers, times and names as the language writes them: what templates write with."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aponta.words import Language, Words

NOTHING = "–"
DAYS: dict[Language, str] = {"pt-BR": "%d/%m/%Y", "en": "%Y-%m-%d"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORT_DAYS: dict[Language, str] = {"pt-BR": "%d/%m", "en": "%b %d"}


def filters(language: Language, zone: ZoneInfo | None) -> dict[str, Callable[..., Any]]:
    """whole(1204) 1.204 · share(0.7727) 77,3% · clock 07:00 · day 05/03/2026 · short_day 05/03 · weekday qui ·
    moment 05/03 07:00 · lasting 1 h 05 min · ago: a time that the browser keeps telling as "3 minutes ago".
    """
    words = Words(language)

    def whole(number: float | None) -> str:
        return NOTHING if number is None else words.marks(f"{number:,.0f}")

    def share(ratio: float | None, digits: int = 1) -> str:
        return NOTHING if ratio is None else words.marks(f"{100 * ratio:,.{digits}f}") + "%"

    def local(when: datetime) -> datetime:
        return when.astimezone(zone)

    def clock(when: datetime | None) -> str:
        return NOTHING if when is None else local(when).strftime("%H:%M")

    def day(when: date | None) -> str:
        return NOTHING if when is None else when.strftime(DAYS[language])

    def short_day(when: date) -> str:
        return when.strftime(SHORT_DAYS[language])

    def weekday(when: date) -> str:
        return words.say(f"show.weekday.{WEEKDAYS[when.weekday()]}")

    def moment(when: datetime | None) -> str:
        return NOTHING if when is None else local(when).strftime(f"{SHORT_DAYS[language]} %H:%M")

    def lasting(ms: float | None) -> str:
        if ms is None:
            return NOTHING
        seconds = round(ms / 1000)
        if seconds < 60:
            return f"{seconds} s"
        minutes = round(seconds / 60)
        return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"

    def ago(when: datetime | None) -> str | Markup:
        if when is None:
            return NOTHING
        return Markup('<time datetime="{}" data-ago>{}</time>').format(when.isoformat(), moment(when))

    return {
        "whole": whole,
        "share": share,
        "clock": clock,
        "day": day,
        "short_day": short_day,
        "weekday": weekday,
        "moment": moment,
        "lasting": lasting,
        "ago": ago,
    }
