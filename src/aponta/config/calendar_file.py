"""calendar.toml as typed values. What they mean in time is computed by `aponta.calendar`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _clock_time(value: str) -> str:
    hour, _, minute = value.partition(":")
    if not (
        hour.isdigit()
        and minute.isdigit()
        and len(minute) == 2
        and (int(hour) < 24 or value == "24:00")
        and int(minute) < 60
    ):
        raise ValueError(f"{value!r} is no time of the day, as in 07:00")
    return value


def _clock_span(value: str) -> str:
    start, dash, end = value.partition("-")
    if not dash:
        raise ValueError(f"{value!r} is no span of the day, as in 12:00-13:00")
    _clock_time(start), _clock_time(end)
    return value


def weekdays(value: str) -> frozenset[int]:
    """ "mon-fri", "sat", "mon,wed,fri", "sun-thu" as numbers, Monday 0."""
    found: set[int] = set()
    for part in value.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"{value!r} names no days, as in mon-fri or mon,wed,sat")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


def _days(value: str) -> str:
    weekdays(value)
    return value


ClockTime = Annotated[str, AfterValidator(_clock_time)]
ClockSpan = Annotated[str, AfterValidator(_clock_span)]


class ShiftRule(_Part):
    name: str = Field(min_length=1)
    lines: tuple[str, ...] = ("*",)
    days: Annotated[str, AfterValidator(_days)] = "mon-fri"
    start: ClockTime
    end: ClockTime  # not after start: the shift ends on the next day
    breaks: tuple[ClockSpan, ...] = ()
    valid_from: date = date(1970, 1, 1)


class HolidayRule(_Part):
    country: str | None = None
    state: str | None = None
    also: tuple[date, ...] = ()  # city holidays, carnival


class ExceptionRule(_Part):
    date: date
    lines: tuple[str, ...] = ("*",)
    kind: Literal["overtime", "stoppage"]
    start: ClockTime
    end: ClockTime


class CalendarRules(_Part):
    shift: tuple[ShiftRule, ...] = ()
    holidays: HolidayRule = HolidayRule()
    exception: tuple[ExceptionRule, ...] = ()
