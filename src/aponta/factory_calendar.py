"""Planned working time of a line: calendar.toml -> shift instances -> pieces of hours.

A piece is a stretch of one UTC hour in which nothing changes: one shift (or none), one production day, busy or not.
Pieces cover their hours without gap or overlap, so every instant falls in exactly one. Times are integer microseconds
since 1970, UTC.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

from aponta.config.calendar_file import CalendarRules, HolidayRule, ShiftRule, weekdays
from aponta.errors import ConfigError

HOUR_US = 3_600_000_000
ONE_DAY = timedelta(days=1)
Span = tuple[int, int]


@dataclass(frozen=True)
class Shift:
    """One shift of one line on one day. `down` are breaks and planned stoppages inside it."""

    name: str
    production_day: date  # the day it began
    start: int
    end: int
    down: tuple[Span, ...]


@dataclass(frozen=True)
class Piece:
    hour: int
    start: int
    end: int
    production_day: date
    shift: str | None
    busy: bool  # in a shift, outside its breaks and planned stoppages


def to_us(instant: datetime) -> int:
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def from_us(instant: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)


def iso(when: datetime) -> str:
    """2026-03-02T10:00:00Z"""
    text = when.astimezone(UTC).isoformat(timespec="milliseconds" if when.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def hour_of(instant: int) -> int:
    return instant - instant % HOUR_US


def shifts(rules: CalendarRules, zone: ZoneInfo, line: str, first: date, last: date) -> list[Shift]:
    """The shifts of a line that begin on local days first..last, in order, none overlapping another."""
    found: list[Shift] = []
    free = _holidays(rules.holidays, first, last)
    day = first
    while day <= last:
        found += [_shift(rule, zone, day) for rule in _in_force(rules, line, day, day in free)]
        found += [
            Shift("overtime", day, *_span(zone, day, exception.start, exception.end), ())
            for exception in rules.exception
            if exception.kind == "overtime" and exception.date == day and _applies(exception.lines, line)
        ]
        day += ONE_DAY
    stoppages = [
        _span(zone, exception.date, exception.start, exception.end)
        for exception in rules.exception
        if exception.kind == "stoppage" and _applies(exception.lines, line)
    ]
    return list(_apart(sorted(found, key=lambda shift: (shift.start, shift.name)), stoppages))


def calendar_pieces(
    rules: CalendarRules, zone: ZoneInfo, line: str, first_hour: int, last_hour: int
) -> Iterator[Piece]:
    """The pieces of every hour from first_hour to last_hour (starts of hours, both included)."""
    end = last_hour + HOUR_US
    first_day = from_us(first_hour).astimezone(zone).date() - ONE_DAY  # a shift may have begun the day before
    last_day = from_us(end).astimezone(zone).date()
    marks: list[tuple[int, int, Shift | None, bool]] = []
    at = first_hour
    for shift in shifts(rules, zone, line, first_day, last_day):
        if shift.end <= first_hour or shift.start >= end:
            continue
        marks.append((at, shift.start, None, False))
        at = shift.start
        for start, stop in shift.down:
            marks += [(at, start, shift, True), (start, stop, shift, False)]
            at = stop
        marks.append((at, shift.end, shift, True))
        at = shift.end
    marks.append((at, end, None, False))
    for start, stop, in_shift, busy in marks:
        at = max(start, first_hour)
        while at < min(stop, end):
            until = min(stop, end, hour_of(at) + HOUR_US)
            day = in_shift.production_day if in_shift else from_us(at).astimezone(zone).date()
            yield Piece(hour_of(at), at, until, day, in_shift.name if in_shift else None, busy)
            at = until


def busy_hours(rules: CalendarRules, zone: ZoneInfo, line: str, first: date, last: date) -> dict[int, date]:
    """The hours in which the line has busy time on production days first..last, each with its production day: where two
    meet, the earlier.
    """
    found: dict[int, date] = {}
    for shift in shifts(rules, zone, line, first - ONE_DAY, last):
        at = shift.start
        for start, stop in (*shift.down, (shift.end, shift.end)):
            for hour in range(hour_of(at), start, HOUR_US) if at < start else ():
                found.setdefault(hour, shift.production_day)
            at = stop
    return {hour: day for hour, day in found.items() if day >= first}


def _applies(lines: tuple[str, ...], line: str) -> bool:
    return "*" in lines or line in lines


def _in_force(rules: CalendarRules, line: str, day: date, holiday: bool) -> Iterator[ShiftRule]:
    """The newest valid rule of each shift, if the shift works on the day by that rule: older rules do not count."""
    newest: dict[str, ShiftRule] = {}
    for rule in sorted(rules.shift, key=lambda rule: (rule.valid_from, line in rule.lines)):
        if rule.valid_from <= day and _applies(rule.lines, line):
            newest[rule.name] = rule
    return (rule for rule in newest.values() if day.weekday() in weekdays(rule.days) and not holiday)


def _shift(rule: ShiftRule, zone: ZoneInfo, day: date) -> Shift:
    start, end = _span(zone, day, rule.start, rule.end)
    down = []
    for text in rule.breaks:
        since, _, until = text.partition("-")
        span = _span(zone, day, since, until)
        if span[1] <= start:  # a break after midnight, of a shift that began before
            span = _span(zone, day + ONE_DAY, since, until)
        down.append(span)
    return Shift(rule.name, day, start, end, tuple(down))


def _apart(ordered: list[Shift], stoppages: list[Span]) -> Iterator[Shift]:
    """One state an instant: a shift starts no earlier than the one before it ended, its downtimes are clipped and
    merged.
    """
    free_from = 0
    for shift in ordered:
        start = max(shift.start, free_from)
        if start >= shift.end:
            continue
        free_from = shift.end
        down: list[Span] = []
        for since, until in sorted((*shift.down, *stoppages)):
            since, until = max(since, start, down[-1][1] if down else start), min(until, shift.end)
            if since < until:
                down.append((since, until))
        yield Shift(shift.name, shift.production_day, start, shift.end, tuple(down))


def _instant(zone: ZoneInfo, day: date, clock: str) -> int:
    hour, _, minute = clock.partition(":")
    if hour == "24":
        day, hour = day + ONE_DAY, "0"
    return to_us(datetime.combine(day, time(int(hour), int(minute)), tzinfo=zone).astimezone(UTC))


def _span(zone: ZoneInfo, day: date, start: str, end: str) -> Span:
    since, until = _instant(zone, day, start), _instant(zone, day, end)
    return (since, until) if until > since else (since, _instant(zone, day + ONE_DAY, end))


def with_fixed_holidays(rules: CalendarRules, first: date, last: date) -> CalendarRules:
    """The same calendar for these days, its holidays as dates: a later edition of the library does not change them."""
    days = _holidays(rules.holidays, first, last)
    return rules.model_copy(update={"holidays": HolidayRule(also=tuple(sorted(days)))})


def _holidays(rule: HolidayRule, first: date, last: date) -> frozenset[date]:
    found = set(rule.also)
    if rule.country:
        for year in range(first.year, last.year + 1):
            found |= holidays_of(rule.country, rule.state, year)
    return frozenset(found)


@cache
def holidays_of(country: str, state: str | None, year: int) -> frozenset[date]:
    """National and state holidays. Raises ConfigError `config.no_holidays`: no such country or state."""
    import holidays  # slow to load: only where a calendar names a country

    if "holidays.countries" not in sys.modules:  # as written, the package loads all of its 250 countries for one
        countries = ModuleType("holidays.countries")
        countries.__path__ = [str(Path(holidays.__file__).with_name("countries"))]
        sys.modules["holidays.countries"] = countries
    try:
        return frozenset(holidays.country_holidays(country, subdiv=state, years=year))
    except RuntimeError:  # what the library raises for a place it has not is one
        raise ConfigError("config.no_holidays", country=country, state=state or "-") from None
