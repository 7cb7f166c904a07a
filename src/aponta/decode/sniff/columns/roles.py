"""The role of a column: counter, running total, product, quality, cycle, pieces, sensor."""

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

MOST = 0.8  # of the steps from row to row
NUMBERS = 0.9  # of a column's texts are numbers; the rows of the others will be quarantined
SCALES = (1, 0.1, 0.01, 0.001)
LONGEST_GAP_S = 3600
FEWEST_GAPS = 3
CLOSE = 0.03
MOST_PRODUCTS = 50
BIGGEST = 2**62
MOST_PIECES = 1_000  # of a record


def is_numeric(column: SampleColumn, text: Text) -> bool:
    """Nearly all texts are numbers; words for no value do not count."""
    cells = [cell for cell in column.filled if not is_null_word(cell)]
    return bool(cells) and sum(is_number(cell, text) for cell in cells) >= NUMBERS * len(cells)


def counter_of(columns: Sequence[SampleColumn], text: Text) -> tuple[SampleColumn, Guess] | None:
    """A column of whole numbers that mostly rises by one; or one that is called so and mostly rises."""
    candidates: list[tuple[tuple[bool, bool, int], SampleColumn, Guess]] = []
    for column in columns:
        cells = [cell for cell in column.filled if is_integer(cell, text)]
        if len(cells) < NUMBERS * len(column.filled) or len(cells) < 2 or means(column.name, DURATION):
            continue
        numbers = [int(value_of(cell, text)) for cell in cells]
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
            "first": cells[0],
            "last": cells[-1],
        }
        sure: Confidence = "high" if ones >= MOST * len(steps) and (called or len(steps) >= 5) else "medium"
        guess = Guess("fields.counter", dict(column.place), sure, (Phrase("decode.sniff.counter", facts),))
        candidates.append(((called, ones >= MOST * len(steps), -column.number), column, guess))
    return max(candidates, key=lambda candidate: candidate[0])[1:] if candidates else None


def totals_of(columns: Sequence[SampleColumn], text: Text) -> list[tuple[SampleColumn, Guess]]:
    """Columns of whole numbers that are called good, scrap or rework, and hardly ever fall. Empty unless one of them
    rises: else they are codes of single items.
    """
    totals: list[tuple[SampleColumn, Guess]] = []
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
            totals.append((column, guess))
            break
    return totals if rises else []


def product_of(columns: Sequence[SampleColumn], text: Text, headed: bool) -> tuple[SampleColumn, Guess] | None:
    """A column of few texts that come again; where columns have names, one called so. headed: a header has it too."""
    candidates: list[tuple[tuple[bool, int], SampleColumn, Guess]] = []
    for column in columns:
        seen = Counter(cell for cell in column.filled if not is_null_word(cell))
        called = means(column.name, PRODUCT)
        wordy = not is_numeric(column, text)
        few = 0 < len(seen) <= (MOST_PRODUCTS if called else min(MOST_PRODUCTS, max(len(column.filled) * MOST, 1)))
        if not few or not (called or wordy and column.name is None) or any("{" in value for value in seen):
            continue
        facts = {
            "place": place_phrase(column),
            "count": len(seen),
            "examples": ", ".join(value for value, _ in seen.most_common(3)),
        }
        sure: Confidence = "high" if called and wordy else "medium" if called or len(seen) > 1 or headed else "low"
        guess = Guess("fields.product", dict(column.place), sure, (Phrase("decode.sniff.product", facts),))
        candidates.append(((called, -column.number), column, guess))
    return max(candidates, key=lambda candidate: candidate[0])[1:] if candidates else None


def quality_column(columns: Sequence[SampleColumn]) -> tuple[SampleColumn, Guess] | None:
    """The column with most of the known codes."""
    candidates: list[tuple[tuple[bool, int, int], SampleColumn, Guess]] = []
    for column in columns:
        called = means(column.name, QUALITY)
        if quality := quality_of([cell for cell in column.filled if not is_null_word(cell)], called):
            codes, sure, evidence = quality
            guess = Guess("fields.quality", {**column.place, "map": codes}, sure, (evidence,))
            candidates.append(((called, len(codes), -column.number), column, guess))
    return max(candidates, key=lambda candidate: candidate[0])[1:] if candidates else None


def cycle_of(
    columns: Sequence[SampleColumn], times: Sequence[datetime | None], starts: Sequence[int], text: Text
) -> tuple[SampleColumn, Guess] | None:
    """A column of numbers that are as long as the time since the item before, in seconds or a decimal part of them; or
    one that is called so.
    """
    gaps = _gaps(times, starts)
    for column in sorted(columns, key=lambda column: not means(column.name, CYCLE)):
        if not is_numeric(column, text):
            continue
        called = means(column.name, CYCLE)
        if column.name is not None and not called:
            continue  # a column with another name is something else, whatever its numbers
        pairs = [
            (gap, value_of(cell, text))
            for gap, cell in zip(gaps, column.cells, strict=True)
            if gap and is_number(cell, text)
        ]
        fits = {scale: sum(abs(gap - number * scale) <= CLOSE * gap for gap, number in pairs) for scale in SCALES}
        scale = max(SCALES, key=lambda scale: fits[scale])
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


def _gaps(times: Sequence[datetime | None], starts: Sequence[int]) -> list[float | None]:
    """Seconds since the record before in the same file."""
    gaps: list[float | None] = []
    for place, time in enumerate(times):
        before = times[place - 1] if place and place not in starts else None
        gap = (time - before).total_seconds() if time and before else 0.0
        gaps.append(gap if 0 < gap <= LONGEST_GAP_S else None)
    return gaps


def pieces_of(columns: Sequence[SampleColumn], text: Text) -> tuple[SampleColumn, Guess] | None:
    """A column of small whole numbers that is called so."""
    for column in columns:
        if not means(column.name, PIECES) or not column.filled:
            continue
        if all(is_integer(cell, text) and 0 <= value_of(cell, text) <= MOST_PIECES for cell in column.filled):
            evidence = Phrase("decode.sniff.pieces", {"place": place_phrase(column), "example": column.filled[0]})
            return column, Guess("fields.pieces", dict(column.place), "medium", (evidence,))
    return None


def sensors_of(columns: Sequence[SampleColumn], text: Text, layout: str) -> list[tuple[SampleColumn, Guess]]:
    """All other columns of numbers. A column without a name is called by the layout and its place: in all layouts, the
    same name means the same unit.
    """
    sensors: list[tuple[SampleColumn, Guess]] = []
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
        sensors.append(
            (column, Guess(f"sensors.{name}", dict(column.place), "high" if has_unit else "low", (evidence,)))
        )
    return sensors


def rest_of(columns: Sequence[SampleColumn]) -> Guess | None:
    """The columns that the layout does not take."""
    left = [place_text(column) for column in columns if column.filled]
    if not left:
        return None
    return Guess("left_over", ", ".join(left), "low", (Phrase("decode.sniff.rest", {"count": len(left)}),))
