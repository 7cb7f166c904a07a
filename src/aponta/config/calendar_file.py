"""calendar.toml as typed values. `aponta.factory_calendar` computes the times they mean."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from aponta.contract.rule import rule_error

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
        raise rule_error("clock_time")
    return value


def _clock_span(value: str) -> str:
    start, dash, end = value.partition("-")
    if not dash:
        raise rule_error("clock_span")
    _clock_time(start), _clock_time(end)
    return value


def weekdays(value: str) -> frozenset[int]:
    """ "mon-fri", "sat", "mon,wed,fri", "sun-thu" as numbers, Monday 0."""
    numbers: set[int] = set()
    for part in value.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise rule_error("days")
        start, end = DAYS.index(first), DAYS.index(last or first)
        numbers.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(numbers)


def _days(value: str) -> str:
    weekdays(value)
    return value


ClockTime = Annotated[str, AfterValidator(_clock_time)]
ClockSpan = Annotated[str, AfterValidator(_clock_span)]


class ShiftRule(_Part):
    """The planned working time of lines, week after week."""

    name: str = Field(min_length=1, description="of the shift, as tables show it")
    lines: tuple[str, ...] = Field(("*",), description="production lines it holds for; `*` is every one")
    days: Annotated[str, AfterValidator(_days)] = Field("mon-fri", description="as in mon-fri, sat, mon,wed,fri")
    start: ClockTime = Field(description="as in 07:00, the factory's time")
    end: ClockTime = Field(description="as in 19:00; not after start: the shift ends on the next day")
    breaks: tuple[ClockSpan, ...] = Field((), description='planned pauses, as in ["12:00-13:00"]: not counted as lost')
    valid_from: date = Field(
        date(1970, 1, 1), description="a newer rule of the same name takes over from its day on; the past stays"
    )


class HolidayRule(_Part):
    """Days on which no shift is planned."""

    country: str | None = Field(default=None, description="national holidays of this country, as in BR")
    state: str | None = Field(default=None, description="and of this state of it, as in SP")
    also: tuple[date, ...] = Field(default=(), description="city holidays, carnival")


class ExceptionRule(_Part):
    """One day that differs from the shifts."""

    date: Annotated[date, Field(description="the day it begins on")]
    lines: tuple[str, ...] = Field(("*",), description="production lines it holds for; `*` is every one")
    kind: Literal["overtime", "stoppage"] = Field(description="planned work outside the shifts, or a planned stop")
    start: ClockTime = Field(description="as in 07:00")
    end: ClockTime = Field(description="as in 12:00; not after start: on the next day")


class CalendarRules(_Part):
    """The whole of calendar.toml. Without any shift there is no OEE: only counts."""

    shift: tuple[ShiftRule, ...] = Field(default=(), description="each a [[shift]]")
    holidays: HolidayRule = Field(default=HolidayRule(), description="days without shifts")
    exception: tuple[ExceptionRule, ...] = Field(default=(), description="each an [[exception]]")

    def knows(self, line: str) -> bool:
        """Has this production line any shifts, on whatever day?"""
        return any("*" in rule.lines or line in rule.lines for rule in self.shift)
