"""Times in the texts of a column, by their formats; where day and month can be confused, by every order that fits."""

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
FEWEST = 0.8  # of a column's texts are times
EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
SINCE, UNTIL = datetime(2001, 1, 2).timestamp(), datetime(2100, 1, 1).timestamp()
HOUR_S = 3600
BY_HOUR = {"hour_s": 1, "hour_ms": 1_000}


@dataclass(frozen=True)
class TimeReading:
    """A text read by one format. at: local without an offset. dated, timed: it has a date, a time of day."""

    format: str
    at: datetime
    dated: bool
    timed: bool
    late: bool = False  # 24:00


@lru_cache(50_000)
def read_time(text: str) -> Mapping[Order, TimeReading]:
    """Readings by each order that makes a date of the text; a time without a date has the order ""."""
    readings: dict[Order, TimeReading] = {}
    if not 4 <= len(text) <= 45:
        return readings
    for orders, pattern in MOMENTS.items():
        if match := pattern.fullmatch(text):
            for order in orders:
                if reading := _dated(match, order):
                    readings.setdefault(order, reading)
    if not readings and (match := ALONE.fullmatch(text)) and match["colon"]:
        clock = _clock(match)
        readings[""] = TimeReading(_clock_format(match), datetime(1970, 1, 1) + clock, False, True)
    return readings


def _dated(match: "re.Match[str]", order: Order) -> TimeReading | None:
    parts = dict(zip(order, (match["a"], match["b"], match["c"]), strict=True))
    year = parts.get("Y") or f"20{parts['y']}"
    try:
        day = datetime(int(year), int(parts["M"]), int(parts["D"]))
    except ValueError:
        return None
    format = match["s"].join(TOKENS[letter] for letter in order)
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
    """A column's texts read by one order. exclusive: number of texts that no other order reads; the first's place."""

    order: Order
    formats: tuple[str, ...]  # the most frequent first
    count: int
    exclusive: int
    first_exclusive: int | None
    dated: bool
    timed: bool


def column_times(texts: Sequence[str]) -> list[ColumnTimes]:
    """Readings by each order that reads enough of the filled texts; the order that reads most comes first."""
    formats: dict[Order, Counter[str]] = {}
    exclusive: dict[Order, list[int]] = {}
    filled = [(place, text) for place, text in enumerate(texts) if text]
    for _, text in filled[:20]:  # most columns are no times, and are not read to their end
        if read_time(text):
            break
    else:
        return []
    parts: dict[Order, tuple[bool, bool]] = {}
    for place, text in filled:
        readings = read_time(text)
        for order, reading in readings.items():
            formats.setdefault(order, Counter())[reading.format] += 1
            parts[order] = (reading.dated, reading.timed)
        if len(readings) == 1:
            exclusive.setdefault(next(iter(readings)), []).append(place)
    enough = max(FEWEST * len(filled), 1)
    columns = [
        ColumnTimes(
            order,
            tuple(format for format, _ in counts.most_common()),
            counts.total(),
            len(alone),
            alone[0] if alone else None,
            *parts[order],
        )
        for order, counts in formats.items()
        if counts.total() >= enough
        for alone in (exclusive.get(order, []),)
    ]
    return sorted(columns, key=lambda column: -column.count)


def epoch_format(texts: Sequence[str], decimal: str = ".") -> str | None:
    """epoch_s, epoch_ms or epoch_us, where all texts are numbers of this century; None: they are not."""
    numbers = _numbers(texts, decimal)
    if not numbers:
        return None
    for name, per_second in EPOCHS.items():
        if all(SINCE <= number / per_second < UNTIL for number in numbers):
            return name
    return None


def hour_format(texts: Sequence[str], decimal: str = ".") -> str | None:
    """hour_s or hour_ms, where numbers rise through an hour and never leave it; None: they do not."""
    numbers = _numbers(texts, decimal)
    if len(numbers) < 3 or any(later < earlier for earlier, later in zip(numbers, numbers[1:], strict=False)):
        return None
    for name, per_second in BY_HOUR.items():
        if HOUR_S * per_second * 0.1 < numbers[-1] < HOUR_S * per_second:
            return name
    return None


def _numbers(texts: Sequence[str], decimal: str) -> list[float]:
    """All filled texts as numbers; empty unless all of them are numbers."""
    filled = [text for text in texts if text]
    plain = [text for text in filled if re.fullmatch(rf"[0-9]{{1,17}}(?:{re.escape(decimal)}[0-9]{{1,9}})?", text)]
    return [float(text.replace(decimal, ".")) for text in plain] if len(plain) == len(filled) else []
