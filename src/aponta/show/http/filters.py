"""Numbers, times and names as the language writes them: filters of templates."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aponta.words import Language, Words

NOTHING = "–"
CODE = re.compile(r"`([^`]+)`|(?<=: )(aponta .+?)(?=\.?$)")  # commands in a sentence
DAYS: dict[Language, str] = {"pt-BR": "%d/%m/%Y", "en": "%Y-%m-%d"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORT_DAYS: dict[Language, str] = {"pt-BR": "%d/%m", "en": "%m-%d"}


def language_filters(
    language: Language, zone: ZoneInfo | None, today: date | None = None
) -> dict[str, Callable[..., Any]]:
    """whole(1204) 1.204 · share(0.7727) 77,3% · clock 07:00 · day 05/03/2026 · short_day 05/03 · weekday qui ·
    moment 05/03 07:00 · since 07:00, on another day 05/03 07:00 · lasting 1 h 05 min · amount 12.345,5 ·
    ago: a time that the browser shows as "3 minutes ago", and updates ·
    visible: a foreign text, its invisible characters shown · typed: a sentence, the commands in it marked as code.
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
        """The clock time today; with the date on another day."""
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
        "visible": show_invisible,
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


def show_invisible(text: object) -> str:
    """Text of a machine or a stock system, made harmless: invisible characters, and those that reverse the text, are
    shown as their code: ‹1B›.
    """
    return "".join(char if char == " " or char.isprintable() else f"‹{ord(char):02X}›" for char in str(text))


def mark_commands(sentence: str) -> Markup:
    """Commands - between backticks, or after the last colon - as code, to be copied whole."""
    marked, at = Markup(), 0
    text = show_invisible(sentence)
    for match in CODE.finditer(text):
        marked += text[at : match.start()] + Markup('<code class="typed">{}</code>').format(match[1] or match[2])
        at = match.end()
    return marked + text[at:]
