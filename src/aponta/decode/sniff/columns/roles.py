"""What each column is: the counter, running totals, the product, the quality, the cycle, the pieces, or a sensor."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aponta.contract.layout import Text
from aponta.decode.sniff.columns.codes import quality_of
from aponta.decode.sniff.columns.stamp import place_phrase, place_text
from aponta.decode.sniff.guess import Confidence, Guess
from aponta.decode.sniff.text.table import SampleColumn
from aponta.decode.sniff.values.numbers import is_integer, is_null_word, is_number, value_of
from aponta.decode.sniff.values.units import sensor_name, slug
from aponta.decode.sniff.values.vocabulary import COUNTER, CYCLE, DURATION, PIECES, PRODUCT, QUALITY, TOTALS, means
from aponta.words import Phrase

MOST = 0.8  # of steps
NUMBERS = 0.9  # of a column's texts: a layout sets the rows of the others aside
SCALES = (1, 0.1, 0.01, 0.001)
LONGEST_GAP_S = 3600
FEWEST_GAPS = 3
CLOSE = 0.03
MOST_PRODUCTS = 50
BIGGEST = 2**62
MOST_PIECES = 1_000  # that a record has


def is_numeric(column: SampleColumn, text: Text) -> bool:
    """Words for no value do not count."""
    told = [cell for cell in column.filled if not is_null_word(cell)]
    return bool(told) and sum(is_number(cell, text) for cell in told) >= NUMBERS * len(told)


def counter_of(columns: Sequence[SampleColumn], text: Text) -> tuple[SampleColumn, Guess] | None:
    """A whole number that mostly rises by one; or one that is called so, and mostly rises."""
    found: list[tuple[tuple[bool, bool, int], SampleColumn, Guess]] = []
    for column in columns:
        told = [cell for cell in column.filled if is_integer(cell, text)]
        if len(told) < NUMBERS * len(column.filled) or len(told) < 2 or means(column.name, DURATION):
            continue
        numbers = [int(value_of(cell, text)) for cell in told]
        steps = [later - earlier for earlier, later in zip(numbers, numbers[1:], strict=False)]
        ones, rises = steps.count(1), sum(step > 0 for step in steps)
        called = means(column.name, COUNTER)
        if max(map(abs, numbers)) > BIGGEST or not (ones >= MOST * len(steps) or called and rises >= MOST * len(steps)):
            continue
        facts = {
            "place": place_phrase(column),
            "ones": ones,
            "steps": len(steps),
            "restarts": sum(step < 0 for step in steps),
            "first": told[0],
            "last": told[-1],
        }
        sure: Confidence = "high" if ones >= MOST * len(steps) and (called or len(steps) >= 5) else "medium"
        guess = Guess("fields.counter", dict(column.place), sure, (Phrase("decode.sniff.counter", facts),))
        found.append(((called, ones >= MOST * len(steps), -column.number), column, guess))
    return max(found, key=lambda one: one[0])[1:] if found else None


def totals_of(columns: Sequence[SampleColumn], text: Text) -> list[tuple[SampleColumn, Guess]]:
    """Whole numbers that are called good, scrap or rework, and hardly ever fall: so many there were so far. None unless
    one of them rises: of single items these are codes.
    """
    found: list[tuple[SampleColumn, Guess]] = []
    rises = False
    for name, called in TOTALS.items():
        for column in columns:
            if not means(column.name, called) or len(column.filled) < FEWEST_GAPS:
                continue
            if not all(is_integer(cell, text) and 0 <= value_of(cell, text) <= BIGGEST for cell in column.filled):
                continue
            numbers = [int(value_of(cell, text)) for cell in column.filled]
            steps = [later - earlier for earlier, later in zip(numbers, numbers[1:], strict=False)]
            falls = sum(step < 0 for step in steps)
            if falls > (1 - NUMBERS) * len(steps) or max(numbers) <= 1:
                continue
            rises |= sum(step > 0 for step in steps) >= FEWEST_GAPS
            facts = {"place": place_phrase(column), "steps": len(steps), "falls": falls, "last": column.filled[-1]}
            guess = Guess(f"fields.{name}", dict(column.place), "medium", (Phrase("decode.sniff.total", facts),))
            found.append((column, guess))
            break
    return found if rises else []


def product_of(columns: Sequence[SampleColumn], text: Text, headed: bool) -> tuple[SampleColumn, Guess] | None:
    """Few texts that come again; where columns have names, one that is called so. headed: a header tells it too."""
    found: list[tuple[tuple[bool, int], SampleColumn, Guess]] = []
    for column in columns:
        seen = Counter(cell for cell in column.filled if not is_null_word(cell))
        called = means(column.name, PRODUCT)
        wordy = not is_numeric(column, text)
        few = 0 < len(seen) <= (MOST_PRODUCTS if called else min(MOST_PRODUCTS, max(len(column.filled) * MOST, 1)))
        if not few or not (called or wordy and column.name is None) or any("{" in one for one in seen):
            continue
        facts = {
            "place": place_phrase(column),
            "count": len(seen),
            "examples": ", ".join(one for one, _ in seen.most_common(3)),
        }
        sure: Confidence = "high" if called and wordy else "medium" if called or len(seen) > 1 or headed else "low"
        guess = Guess("fields.product", dict(column.place), sure, (Phrase("decode.sniff.product", facts),))
        found.append(((called, -column.number), column, guess))
    return max(found, key=lambda one: one[0])[1:] if found else None


def quality_column(columns: Sequence[SampleColumn]) -> tuple[SampleColumn, Guess] | None:
    """Few short codes that are known."""
    found: list[tuple[tuple[bool, int, int], SampleColumn, Guess]] = []
    for column in columns:
        called = means(column.name, QUALITY)
        if told := quality_of([cell for cell in column.filled if not is_null_word(cell)], called):
            codes, sure, evidence = told
            guess = Guess("fields.quality", {**column.place, "map": codes}, sure, (evidence,))
            found.append(((called, len(codes), -column.number), column, guess))
    return max(found, key=lambda one: one[0])[1:] if found else None


def cycle_of(
    columns: Sequence[SampleColumn], moments: Sequence[datetime | None], starts: Sequence[int], text: Text
) -> tuple[SampleColumn, Guess] | None:
    """A number that is as long as the time since the item before it, in seconds or a decimal part of them; or one that
    is called so.
    """
    gaps = _gaps(moments, starts)
    for column in sorted(columns, key=lambda one: not means(one.name, CYCLE)):
        if not is_numeric(column, text):
            continue
        called = means(column.name, CYCLE)
        if column.name is not None and not called:
            continue  # what has another name is something else, however long it seems
        pairs = [
            (gap, value_of(cell, text))
            for gap, cell in zip(gaps, column.cells, strict=True)
            if gap and is_number(cell, text)
        ]
        fits = {scale: sum(abs(gap - number * scale) <= CLOSE * gap for gap, number in pairs) for scale in SCALES}
        scale = max(SCALES, key=lambda one: fits[one])
        proved = len(pairs) >= FEWEST_GAPS and fits[scale] >= len(pairs) / 2
        if not (proved or called):
            continue
        field: dict[str, Any] = dict(column.place)
        if proved and scale != 1:
            field["scale"] = scale
        facts = {"place": place_phrase(column), "fitting": fits[scale], "count": len(pairs), "scale": str(scale)}
        evidence = Phrase("decode.sniff.cycle" if proved else "decode.sniff.cycle_called", facts)
        return column, Guess(
            "fields.cycle_s", field, "high" if proved and called else "medium" if proved else "low", (evidence,)
        )
    return None


def _gaps(moments: Sequence[datetime | None], starts: Sequence[int]) -> list[float | None]:
    """Seconds since the record before it in its file."""
    gaps: list[float | None] = []
    for place, moment in enumerate(moments):
        before = moments[place - 1] if place and place not in starts else None
        gap = (moment - before).total_seconds() if moment and before else 0.0
        gaps.append(gap if 0 < gap <= LONGEST_GAP_S else None)
    return gaps


def pieces_of(columns: Sequence[SampleColumn], text: Text) -> tuple[SampleColumn, Guess] | None:
    """Called so, and a small whole number."""
    for column in columns:
        if not means(column.name, PIECES) or not column.filled:
            continue
        if all(is_integer(cell, text) and 0 <= value_of(cell, text) <= MOST_PIECES for cell in column.filled):
            evidence = Phrase("decode.sniff.pieces", {"place": place_phrase(column), "example": column.filled[0]})
            return column, Guess("fields.pieces", dict(column.place), "medium", (evidence,))
    return None


def sensors_of(columns: Sequence[SampleColumn], text: Text, layout: str) -> list[tuple[SampleColumn, Guess]]:
    """All other columns that are numbers. One without a name is called by the layout and its place: the same name means
    the same unit in all layouts.
    """
    found: list[tuple[SampleColumn, Guess]] = []
    taken: set[str] = set()
    beginning = slug(layout) if slug(layout)[:1].isalpha() else f"layout_{slug(layout)}".strip("_")
    for column in columns:
        kind_of_row = column.place == {"at": [1, 1]} and len(set(column.cells)) == 1
        if kind_of_row or not is_numeric(column, text):
            continue
        otherwise = f"{beginning}_{column.number}"
        name, has_unit = sensor_name(column.name or otherwise, otherwise)
        while name in taken:
            name = f"{name[:50]}_{column.number}"
        taken.add(name)
        numbers = [value_of(cell, text) for cell in column.filled if is_number(cell, text)]
        facts = {"place": place_phrase(column), "least": f"{min(numbers):g}", "most": f"{max(numbers):g}"}
        evidence = Phrase("decode.sniff.sensor" if has_unit else "decode.sniff.sensor_no_unit", facts)
        found.append((column, Guess(f"sensors.{name}", dict(column.place), "high" if has_unit else "low", (evidence,))))
    return found


def rest_of(columns: Sequence[SampleColumn]) -> Guess | None:
    """What the layout does not take: texts."""
    left = [place_text(column) for column in columns if column.filled]
    if not left:
        return None
    return Guess("left_over", ", ".join(left), "low", (Phrase("decode.sniff.rest", {"count": len(left)}),))
