"""Working time of the simulated factory: Monday to Friday without holidays, 07:00-19:00, two shifts with a break each.

Shifts and breaks fall otherwise on each line: an hour of L2 holds two shifts, and one of its breaks spans two hours.
Times are milliseconds since 1970 in UTC, here and in the whole room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("America/Sao_Paulo")
HOUR = 3_600_000


@dataclass(frozen=True)
class ShiftPattern:
    """A shift as the calendar writes it."""

    line: str
    name: str
    start: str
    end: str
    rest: tuple[str, str]


@dataclass(frozen=True)
class PlannedStoppage:
    """A planned stoppage: the line stands still, and that is no loss."""

    line: str
    day: date
    start: str = "14:00"
    end: str = "14:40"


@dataclass(frozen=True)
class SimulatedShift:
    """A shift on one day. `idle` are its breaks and planned stoppages."""

    name: str
    day: date
    start_ms: int
    end_ms: int
    idle: tuple[tuple[int, int], ...]


PATTERNS = (
    ShiftPattern("L1", "1", "07:00", "13:00", ("09:50", "10:05")),
    ShiftPattern("L1", "2", "13:00", "19:00", ("16:00", "16:15")),
    ShiftPattern("L2", "1", "07:00", "12:30", ("10:00", "10:15")),
    ShiftPattern("L2", "2", "12:30", "19:00", ("15:50", "16:05")),
)


def working_days(start: date, count: int) -> list[date]:
    """The first `count` working days from `start` on."""
    days: list[date] = []
    free = holidays.country_holidays("BR", subdiv="SP")
    day = start
    while len(days) < count:
        if day.weekday() < 5 and day not in free:
            days.append(day)
        day += timedelta(days=1)
    return days


def stoppages(days: Sequence[date]) -> list[PlannedStoppage]:
    """Line 2 stands for maintenance on the fourth of each ten working days."""
    return [PlannedStoppage("L2", day) for day in days[3::10]]


def shifts_of(line: str, days: Sequence[date]) -> list[SimulatedShift]:
    """The shifts of a line on these days, in order."""
    planned = {stoppage.day: stoppage for stoppage in stoppages(days) if stoppage.line == line}
    shifts = []
    for day in days:
        for pattern in (pattern for pattern in PATTERNS if pattern.line == line):
            start_ms, end_ms = to_ms(day, pattern.start), to_ms(day, pattern.end)
            idle = [(to_ms(day, pattern.rest[0]), to_ms(day, pattern.rest[1]))]
            if stop := planned.get(day):
                idle.append((to_ms(day, stop.start), to_ms(day, stop.end)))
            within = sorted(part for part in idle if start_ms <= part[0] and part[1] <= end_ms)
            shifts.append(SimulatedShift(pattern.name, day, start_ms, end_ms, tuple(within)))
    return shifts


def to_ms(day: date, clock: str) -> int:
    """The instant of a local time such as "07:00"."""
    return round(datetime.combine(day, time.fromisoformat(clock), ZONE).timestamp() * 1000)


def to_local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, ZONE)


def hours_of_shifts(shifts: Sequence[SimulatedShift]) -> list[int]:
    """The starts of the UTC hours that hold some of these shifts, in order: a file is written for each."""
    touched = {hour for shift in shifts for hour in range(shift.start_ms // HOUR * HOUR, shift.end_ms, HOUR)}
    return sorted(touched)


def running_times(shifts: Sequence[SimulatedShift]) -> Iterator[tuple[int, int]]:
    """From when to when the machines may run: shifts without what is idle. They run through a change of shift."""
    begin, end = shifts[0].start_ms, shifts[0].start_ms
    for shift in shifts:
        if shift.start_ms != end:
            yield begin, end
            begin = shift.start_ms
        for idle_from, idle_to in shift.idle:
            yield begin, idle_from
            begin = idle_to
        end = shift.end_ms
    yield begin, end
