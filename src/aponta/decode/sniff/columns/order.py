"""Day and month: which is which, and by what it is proved. Where nothing proves it, nobody guesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aponta.decode.sniff.guess import Confidence
from aponta.decode.sniff.values import times
from aponta.words import Phrase

LEAP = timedelta(hours=36)  # rows that follow each other are no further apart, if the order is right
NEAR = timedelta(hours=26)  # of a name's hour and its rows, whatever their zones
ORDER_LETTERS = {"D": "dd", "M": "mm", "Y": "yyyy", "y": "yy"}


@dataclass(frozen=True)
class DateOrder:
    """column None: what is told may be read in several ways, `open`."""

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
    """columns: of one column, by each order that reads it. named: of each sample, the hour its name tells for sure.
    starts: its first record. rows: the row of each. place: how people find the column. dates: dd/mm or mm/dd, what a
    person says where nothing in the samples tells.
    """
    best = columns[0].count
    if columns[0].order in ("YMD", ""):
        text = next(cell for cell in cells if columns[0].order in times.read_time(cell))
        return DateOrder(columns[0], "high", Phrase("decode.sniff.year_first", {"text": text, "place": place}))
    open_ones = [one for one in columns if one.count >= 0.98 * best]
    if len(open_ones) == 1 or (proved := [one for one in open_ones if one.exclusive]) and len(proved) == 1:
        column = open_ones[0] if len(open_ones) == 1 else proved[0]
        return DateOrder(column, "high", _by_day(column, cells, rows, place))
    if len(proved) > 1:
        return DateOrder(None, "low", Phrase("decode.sniff.both_orders", {"place": place}), _shown(proved))
    for found in (_by_name(open_ones, cells, starts, named), _by_rise(open_ones, cells, starts)):
        if found is not None:
            return found
    said = [one for one in open_ones if dates and _written(one)[0] == dates[0]]
    if len(said) == 1:
        return DateOrder(said[0], "high", Phrase("decode.sniff.order_said", {"order": dates}))
    return DateOrder(None, "low", Phrase("decode.sniff.no_day_above_12", {"place": place}), _shown(open_ones))


def _shown(columns: Sequence[times.ColumnTimes]) -> tuple[str, ...]:
    return tuple("/".join(ORDER_LETTERS[one] for one in column.order) for column in columns)


def _written(column: times.ColumnTimes) -> str:
    """dm or md: which of them comes first."""
    return "".join(one for one in column.order if one in "DM").lower()


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
    told = [(start, hour) for start, hour in zip(starts, named, strict=True) if hour is not None and start < len(cells)]
    for column in columns:
        for start, hour in told:
            found = next(
                (one for cell in cells[start : start + 50] if (one := times.read_time(cell).get(column.order))), None
            )
            near[column.order] = near.get(column.order, 0) + (found is not None and abs(found.at - hour) <= NEAR)
    right = [column for column in columns if near.get(column.order, 0) == len(told)]
    if not told or len(right) != 1 or any(near.get(one.order, 0) for one in columns if one is not right[0]):
        return None
    hour = told[0][1]
    return DateOrder(right[0], "high", Phrase("decode.sniff.order_by_name", {"hour": f"{hour:%Y-%m-%d %H}h"}))


def _by_rise(columns: Sequence[times.ColumnTimes], cells: Sequence[str], starts: Sequence[int]) -> DateOrder | None:
    """The order in which time goes on from row to row, where in the others it leaps."""
    leaps: dict[str, int] = {}
    beyond: dict[str, str] = {}
    for column in columns:
        found = [times.read_time(cell).get(column.order) for cell in cells]
        count = 0
        for place in range(1, len(found)):
            before, after = found[place - 1], found[place]
            if before and after and place not in starts and abs(after.at - before.at) > LEAP:
                count += 1
                beyond.setdefault(column.order, f"{cells[place - 1]} > {cells[place]}")
        leaps[column.order] = count
    least = min(leaps.values())
    right = [column for column in columns if leaps[column.order] == least]
    if len(right) != 1 or least > 0:
        return None
    example = next(iter(beyond.values()))
    return DateOrder(right[0], "medium", Phrase("decode.sniff.order_by_rise", {"example": example}))
