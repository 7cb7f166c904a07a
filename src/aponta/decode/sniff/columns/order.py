"""The order of day and month, and its proof; without proof it stays undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aponta.decode.sniff.guess import Confidence
from aponta.decode.sniff.values import times
from aponta.words import Phrase

LEAP = timedelta(hours=36)  # in the right order, neighbouring rows are no further apart
NEAR = timedelta(hours=26)  # between a name's hour and its rows, whatever their zones
AS_GOOD = 0.98  # of the texts that the best order reads
ORDER_LETTERS = {"D": "dd", "M": "mm", "Y": "yyyy", "y": "yy"}


@dataclass(frozen=True)
class DateOrder:
    """column None: several orders read the texts, `candidates`."""

    column: times.ColumnTimes | None
    confidence: Confidence
    evidence: Phrase
    candidates: tuple[str, ...] = ()


def resolve_order(
    columns: Sequence[times.ColumnTimes],
    cells: Sequence[str],
    starts: Sequence[int],
    rows: Sequence[int],
    named: Sequence[datetime | None],
    place: Phrase,
    dates: str | None = None,
) -> DateOrder:
    """columns: readings of one column, by each order. starts: of each sample, its first record. rows: of each record,
    its row. named: of each sample, the certain hour in its name. place: the column, for people. dates: dd/mm or mm/dd,
    a person's answer where the samples prove nothing.
    """
    best = columns[0].count
    if columns[0].order in ("YMD", ""):
        text = next(cell for cell in cells if columns[0].order in times.read_time(cell))
        return DateOrder(columns[0], "high", Phrase("decode.sniff.year_first", {"text": text, "place": place}))
    possible = [column for column in columns if column.count >= AS_GOOD * best]
    proved = [column for column in possible if column.exclusive]
    if len(possible) == 1 or len(proved) == 1:
        column = possible[0] if len(possible) == 1 else proved[0]
        return DateOrder(column, "high", _by_day(column, cells, rows, place))
    if len(proved) > 1:
        return DateOrder(None, "low", Phrase("decode.sniff.both_orders", {"place": place}), _shown(proved))
    for order in (_by_name(possible, cells, starts, named), _by_rise(possible, cells, starts)):
        if order is not None:
            return order
    answered = [column for column in possible if dates and _day_and_month(column)[0] == dates[0]]
    if len(answered) == 1:
        return DateOrder(answered[0], "high", Phrase("decode.sniff.order_answered", {"order": dates}))
    return DateOrder(None, "low", Phrase("decode.sniff.no_day_above_12", {"place": place}), _shown(possible))


def _shown(columns: Sequence[times.ColumnTimes]) -> tuple[str, ...]:
    return tuple("/".join(ORDER_LETTERS[letter] for letter in column.order) for column in columns)


def _day_and_month(column: times.ColumnTimes) -> str:
    """dm or md, as they are written."""
    return "".join(letter for letter in column.order if letter in "DM").lower()


def _by_day(column: times.ColumnTimes, cells: Sequence[str], rows: Sequence[int], place: Phrase) -> Phrase:
    at = column.first_exclusive
    if at is None:
        return Phrase("decode.sniff.only_order", {"place": place, "count": column.count})
    day = times.read_time(cells[at])[column.order].at.day
    return Phrase("decode.sniff.day", {"day": str(day), "place": place, "row": str(rows[at]), "text": cells[at]})


def _by_name(
    columns: Sequence[times.ColumnTimes], cells: Sequence[str], starts: Sequence[int], named: Sequence[datetime | None]
) -> DateOrder | None:
    near: dict[str, int] = {}
    hours = [
        (start, hour) for start, hour in zip(starts, named, strict=True) if hour is not None and start < len(cells)
    ]
    for column in columns:
        for start, hour in hours:
            readings = (times.read_time(cell).get(column.order) for cell in cells[start : start + 50])
            first = next((reading for reading in readings if reading), None)
            near[column.order] = near.get(column.order, 0) + (first is not None and abs(first.at - hour) <= NEAR)
    right = [column for column in columns if near.get(column.order, 0) == len(hours)]
    if not hours or len(right) != 1 or any(near.get(column.order, 0) for column in columns if column is not right[0]):
        return None
    hour = hours[0][1]
    return DateOrder(right[0], "high", Phrase("decode.sniff.order_by_name", {"hour": f"{hour:%Y-%m-%d %H}h"}))


def _by_rise(columns: Sequence[times.ColumnTimes], cells: Sequence[str], starts: Sequence[int]) -> DateOrder | None:
    """The order in which times follow each other from row to row, while they leap in every other order."""
    leaps: dict[str, int] = {}
    examples: dict[str, str] = {}
    for column in columns:
        readings = [times.read_time(cell).get(column.order) for cell in cells]
        count = 0
        for place in range(1, len(readings)):
            before, after = readings[place - 1], readings[place]
            if before and after and place not in starts and abs(after.at - before.at) > LEAP:
                count += 1
                examples.setdefault(column.order, f"{cells[place - 1]} > {cells[place]}")
        leaps[column.order] = count
    least = min(leaps.values())
    right = [column for column in columns if leaps[column.order] == least]
    if len(right) != 1 or least > 0:
        return None
    example = next(iter(examples.values()))
    return DateOrder(right[0], "medium", Phrase("decode.sniff.order_by_rise", {"example": example}))
