"""The column with the time of an item, and its format."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aponta.decode.sniff.columns.order import DateOrder, resolve_order
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.text.table import SampleColumn, SampleTable
from aponta.decode.sniff.values import times
from aponta.decode.sniff.values.vocabulary import STAMP, means
from aponta.words import Phrase

KEY = "fields.produced_at"


@dataclass(frozen=True)
class Stamp:
    """field: as in the layout. times: of each record, as written. numbers: of the columns it takes."""

    field: dict[str, Any]
    times: tuple[datetime | None, ...]
    numbers: tuple[int, ...]
    guess: Guess


@dataclass(frozen=True)
class UndecidedStamp:
    """A time whose day and month cannot be distinguished."""

    place: Phrase
    numbers: tuple[int, ...]
    orders: tuple[str, ...]
    why: Phrase


@dataclass(frozen=True)
class StampCandidate:
    column: SampleColumn
    readings: list[times.ColumnTimes]


def place_text(column: SampleColumn) -> str:
    """The place as in a layout, a span as `1-12`."""
    (place,) = column.place.values()
    return "-".join(map(str, place)) if isinstance(place, list) else str(place)


def place_phrase(column: SampleColumn) -> Phrase:
    """The place for people, as in `column 3`."""
    (kind,) = column.place
    return Phrase(f"decode.place.{kind}", {"place": place_text(column)})


def stamp_of(
    table: SampleTable, named: Sequence[datetime | None], decimal: str, dates: str | None = None
) -> Stamp | UndecidedStamp | None:
    """None: no column is a time. named: of each sample, the certain hour in its name. dates: as of `resolve_order`."""
    candidates = []
    for column in table.columns:
        if readings := times.column_times(column.cells):
            candidates.append(StampCandidate(column, readings))
    full = [candidate for candidate in candidates if candidate.readings[0].dated and candidate.readings[0].timed]
    if full:
        best = max(full, key=lambda one: (_separated(one), means(one.column.name, STAMP), -one.column.number))
        order = _order(best, best.column.cells, table, named, dates)
        return _stamp(best.column.place, best.readings, order, best.column.cells, (best.column.number,), best)
    if pair := _date_and_clock(candidates):
        date, clock = pair
        cells = tuple(f"{a} {b}" if a and b else "" for a, b in zip(date.column.cells, clock.column.cells, strict=True))
        joined = StampCandidate(date.column, times.column_times(cells))
        if joined.readings:
            order = _order(joined, cells, table, named, dates)
            numbers = (date.column.number, clock.column.number)
            return _stamp({"columns": list(numbers)}, joined.readings, order, cells, numbers, joined)
    return _numbered(table, named, decimal)


def _separated(one: StampCandidate) -> bool:
    return not one.readings[0].formats[0].replace("%", "").isalnum()


def _date_and_clock(candidates: Sequence[StampCandidate]) -> tuple[StampCandidate, StampCandidate] | None:
    """A column of dates and the nearest column of times of day; layouts join columns only by number."""
    dates = [
        one
        for one in candidates
        if one.readings[0].dated and not one.readings[0].timed and "column" in one.column.place
    ]
    clocks = [one for one in candidates if not one.readings[0].dated and "column" in one.column.place]
    pairs = [(date, clock) for date in dates for clock in clocks]
    return min(pairs, key=lambda one: abs(one[0].column.number - one[1].column.number), default=None)


def _order(
    candidate: StampCandidate,
    cells: Sequence[str],
    table: SampleTable,
    named: Sequence[datetime | None],
    dates: str | None,
) -> DateOrder:
    return resolve_order(
        candidate.readings, cells, table.starts, table.rows, named, place_phrase(candidate.column), dates
    )


def _stamp(
    place: dict[str, Any],
    readings: list[times.ColumnTimes],
    order: DateOrder,
    cells: Sequence[str],
    numbers: tuple[int, ...],
    candidate: StampCandidate,
) -> Stamp | UndecidedStamp:
    if order.column is None:
        return UndecidedStamp(place_phrase(candidate.column), numbers, order.candidates, order.evidence)
    formats = order.column.formats
    field = {**place, "format": formats[0] if len(formats) == 1 else list(formats)}
    at = [times.read_time(cell).get(order.column.order) for cell in cells]
    evidence = [order.evidence]
    if late := next((cell for cell in cells if any(one.late for one in times.read_time(cell).values())), None):
        evidence.append(Phrase("decode.sniff.midnight", {"text": late}))
    if any(format.endswith("%z") for format in formats):
        evidence.append(Phrase("decode.sniff.offset", {"text": next(cell for cell in cells if times.read_time(cell))}))
    guess = Guess(KEY, field, order.confidence, tuple(evidence))
    return Stamp(field, tuple(one.at if one else None for one in at), numbers, guess)


def _numbered(table: SampleTable, named: Sequence[datetime | None], decimal: str) -> Stamp | None:
    """Numbers since 1970, or since the hour in the name."""
    for column in table.columns:
        format = times.epoch_format(column.cells, decimal)
        if format and (means(column.name, STAMP) or not _counts(column)):
            at = [_since(datetime(1970, 1, 1), cell, decimal, times.EPOCHS[format]) for cell in column.cells]
            first = next(one for one in at if one)
            evidence = Phrase("decode.sniff.epoch", {"text": column.filled[0], "at": f"{first:%Y-%m-%d %H:%M}"})
            return _of_numbers(column, format, at, evidence)
    if not named or any(hour is None for hour in named):
        return None
    for column in table.columns:
        texts = [column.cells[table.part(number)] for number in range(len(table.starts))]
        formats = {times.hour_format(part, decimal) for part in texts}
        if len(formats) == 1 and (format := formats.pop()) and not _counts(column):
            evidence = Phrase("decode.sniff.since_hour", {"first": column.filled[0], "last": column.filled[-1]})
            per_second = times.BY_HOUR[format]
            at = [
                _since(named[number] or datetime.min, cell, decimal, per_second)
                for number, part in enumerate(texts)
                for cell in part
            ]
            return _of_numbers(column, format, at, evidence)
    return None


def _of_numbers(column: SampleColumn, format: str, at: Sequence[datetime | None], evidence: Phrase) -> Stamp:
    field = {**column.place, "format": format}
    return Stamp(field, tuple(at), (column.number,), Guess(KEY, field, "medium", (evidence,)))


def _since(start: datetime, cell: str, decimal: str, per_second: int) -> datetime | None:
    return start + timedelta(seconds=float(cell.replace(decimal, ".")) / per_second) if cell else None


def _counts(column: SampleColumn) -> bool:
    """A counter: rises by one from row to row."""
    numbers = [int(text) for text in column.filled if text.isdecimal() and len(text) < 19]
    steps = [later - earlier for earlier, later in zip(numbers, numbers[1:], strict=False)]
    return bool(steps) and steps.count(1) > 0.8 * len(steps)
