"""Of the texts of a column: in which formats they are times. Where day and month could be exchanged, all that fit."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

Order = str  # as YMD, or with y for a year of two digits
CLOCK = (
    r"(?P<hour>[01]\d|2[0-4])(?P<colon>[:.h]?)(?P<minute>[0-5]\d)"
    r"(?:(?P=colon)(?P<second>[0-5]\d)(?:(?P<point>[.,:])(?P<fraction>\d{1,12}))?)?"
    r"(?:(?P<gap> ?)(?P<zone>Z|[+-]\d\d:?\d\d))?"
)
DATES = {
    ("YMD",): r"(?P<a>20\d\d)(?P<s>[-/.]?)(?P<b>\d\d)(?P=s)(?P<c>\d\d)",
    ("DMY", "MDY"): r"(?P<a>\d\d)(?P<s>[-/.]?)(?P<b>\d\d)(?P=s)(?P<c>20\d\d)",
    ("DMy", "MDy", "yMD"): r"(?P<a>\d\d)(?P<s>[-/.]?)(?P<b>\d\d)(?P=s)(?P<c>\d\d)",
}
MOMENTS = {orders: re.compile(rf"{date}(?:(?P<junction>[ T_-]?){CLOCK})?") for orders, date in DATES.items()}
ALONE = re.compile(CLOCK)
TOKENS = {"Y": "%Y", "y": "%y", "M": "%m", "D": "%d"}
FEWEST = 0.8  # of a column's texts that must be times
EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
SINCE, UNTIL = datetime(2001, 1, 2).timestamp(), datetime(2100, 1, 1).timestamp()
HOUR_S = 3600
BY_HOUR = {"hour_s": 1, "hour_ms": 1_000}


@dataclass(frozen=True)
class TimeReading:
    """A text read by one format. at: local where it tells no offset. dated: it has a date, else the time of a day."""

    format: str
    at: datetime
    dated: bool
    timed: bool
    late: bool = False  # 24:00


@lru_cache(50_000)
def read_time(text: str) -> Mapping[Order, TimeReading]:
    """By each order that makes a date of it; of a time alone, by ""."""
    found: dict[Order, TimeReading] = {}
    if not 4 <= len(text) <= 45:
        return found
    for orders, pattern in MOMENTS.items():
        if match := pattern.fullmatch(text):
            for order in orders:
                if one := _dated(match, order):
                    found.setdefault(order, one)
    if not found and (match := ALONE.fullmatch(text)) and match["colon"]:
        clock = _clock(match)
        found[""] = TimeReading(_clock_format(match), datetime(1970, 1, 1) + clock, False, True)
    return found


def _dated(match: "re.Match[str]", order: Order) -> TimeReading | None:
    told = dict(zip(order, (match["a"], match["b"], match["c"]), strict=True))
    year = told.get("Y") or f"20{told['y']}"
    try:
        day = datetime(int(year), int(told["M"]), int(told["D"]))
    except ValueError:
        return None
    format = match["s"].join(TOKENS[one] for one in order)
    if match["hour"] is None:
        return TimeReading(format, day, True, False)
    late = timedelta(hours=24)
    clock = _clock(match)
    if clock > late:
        return None
    return TimeReading(f"{format}{match['junction']}{_clock_format(match)}", day + clock, True, True, clock == late)


def _clock(match: "re.Match[str]") -> timedelta:
    fraction = float(f"0.{match['fraction']}") if match["fraction"] else 0.0
    seconds = int(match["second"] or 0) + fraction
    return timedelta(hours=int(match["hour"]), minutes=int(match["minute"]), seconds=seconds)


def _clock_format(match: "re.Match[str]") -> str:
    format = match["colon"].join(["%H", "%M", "%S"] if match["second"] else ["%H", "%M"])
    format += f"{match['point']}%f" if match["fraction"] else ""
    return format + (f"{match['gap']}%z" if match["zone"] else "")


@dataclass(frozen=True)
class ColumnTimes:
    """How a column's texts are read by one order. only: texts that no other order reads, the first with its place."""

    order: Order
    formats: tuple[str, ...]  # the most frequent first
    count: int
    exclusive: int
    first_exclusive: int | None
    dated: bool
    timed: bool


def column_times(texts: Sequence[str]) -> list[ColumnTimes]:
    """By each order that reads enough of the texts that are not empty; the one that reads most comes first."""
    formats: dict[Order, Counter[str]] = {}
    only: dict[Order, list[int]] = {}
    told = [(place, text) for place, text in enumerate(texts) if text]
    for _, text in told[:20]:  # most columns are none, and are not read to their end
        if read_time(text):
            break
    else:
        return []
    parts: dict[Order, tuple[bool, bool]] = {}
    for place, text in told:
        found = read_time(text)
        for order, one in found.items():
            formats.setdefault(order, Counter())[one.format] += 1
            parts[order] = (one.dated, one.timed)
        if len(found) == 1:
            only.setdefault(next(iter(found)), []).append(place)
    enough = max(FEWEST * len(told), 1)
    columns = [
        ColumnTimes(
            order,
            tuple(f for f, _ in one.most_common()),
            one.total(),
            len(alone),
            alone[0] if alone else None,
            *parts[order],
        )
        for order, one in formats.items()
        if one.total() >= enough
        for alone in (only.get(order, []),)
    ]
    return sorted(columns, key=lambda one: -one.count)


def epoch_format(texts: Sequence[str], decimal: str = ".") -> str | None:
    """epoch_s and its likes, where all are numbers of these years; None: they are not."""
    numbers = _numbers(texts, decimal)
    if not numbers:
        return None
    for name, per_second in EPOCHS.items():
        if all(SINCE <= number / per_second < UNTIL for number in numbers):
            return name
    return None


def hour_format(texts: Sequence[str], decimal: str = ".") -> str | None:
    """hour_s or hour_ms, where numbers rise through an hour and never leave it."""
    numbers = _numbers(texts, decimal)
    if len(numbers) < 3 or any(later < earlier for earlier, later in zip(numbers, numbers[1:], strict=False)):
        return None
    for name, per_second in BY_HOUR.items():
        if HOUR_S * per_second * 0.1 < numbers[-1] < HOUR_S * per_second:
            return name
    return None


def _numbers(texts: Sequence[str], decimal: str) -> list[float]:
    """Of all that are not empty, or none."""
    told = [text for text in texts if text]
    plain = [text for text in told if re.fullmatch(rf"[0-9]{{1,17}}(?:{re.escape(decimal)}[0-9]{{1,9}})?", text)]
    return [float(text.replace(decimal, ".")) for text in plain] if len(plain) == len(told) else []
