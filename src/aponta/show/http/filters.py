"""Numbers, times and names as the language writes them: what templates write with."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aponta.words import Language, Words

NOTHING = "–"
CODE = re.compile(r"`([^`]+)`|(?<=: )(aponta .+?)(?=\.?$)")  # in a sentence: what is typed
DAYS: dict[Language, str] = {"pt-BR": "%d/%m/%Y", "en": "%Y-%m-%d"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORT_DAYS: dict[Language, str] = {"pt-BR": "%d/%m", "en": "%m-%d"}


def language_filters(
    language: Language, zone: ZoneInfo | None, today: date | None = None
) -> dict[str, Callable[..., Any]]:
    """whole(1204) 1.204 · share(0.7727) 77,3% · clock 07:00 · day 05/03/2026 · short_day 05/03 · weekday qui ·
    moment 05/03 07:00 · since 07:00, of another day 05/03 07:00 · lasting 1 h 05 min · amount 12.345,5 ·
    ago: a time that the browser keeps telling as "3 minutes ago" ·
    visible: a foreign text, its marks without a shape shown · typed: a sentence, what is typed in it marked as such.
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

    def since(when: datetime | None) -> str:
        """The time of today, of another day the day too."""
        return clock(when) if when is None or local(when).date() == today else moment(when)

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

    def amount(quantity: Decimal) -> str:
        return words.marks(f"{quantity.normalize():,f}")

    return {
        "amount": amount,
        "visible": show_marks,
        "typed": mark_commands,
        "whole": whole,
        "share": share,
        "clock": clock,
        "day": day,
        "short_day": short_day,
        "weekday": weekday,
        "moment": moment,
        "since": since,
        "lasting": lasting,
        "ago": ago,
    }


def show_marks(text: object) -> str:
    """What a machine or a stock system wrote, harmless: marks that have no shape, or turn the text around, are shown
    as what they are.
    """
    return "".join(one if one == " " or one.isprintable() else f"‹{ord(one):02X}›" for one in str(text))


def mark_commands(sentence: str) -> Markup:
    """Between backticks, or after the last colon a command: set apart, to be copied whole."""
    told, at = Markup(), 0
    shown = show_marks(sentence)
    for found in CODE.finditer(shown):
        told += shown[at : found.start()] + Markup('<code class="typed">{}</code>').format(found[1] or found[2])
        at = found.end()
    return told + shown[at:]
