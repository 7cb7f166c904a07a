"""Columns of a new file matched to those of an old one: by names, else by contents, in their order."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from aponta.contract.layout import Text
from aponta.decode.sniff.text.table import SampleColumn
from aponta.decode.sniff.values import times
from aponta.decode.sniff.values.numbers import is_null_word, is_number, value_of

Kind = Literal["moment", "number", "text", "empty"]
FEWEST = 0.3  # likeness of columns that may be the same
SURE = 0.6  # likeness of columns that moved or were renamed
SOME = 500  # texts of a column that are compared
MASK = str.maketrans("0123456789", "9999999999")


@dataclass(frozen=True)
class ColumnProfile:
    """Contents of a column. least, most: bounds of nearly all its numbers. rises: a counter."""

    kind: Kind
    texts: frozenset[str] = frozenset()
    least: float = 0.0
    most: float = 0.0
    rises: bool = False


def column_profile(column: SampleColumn, text: Text) -> ColumnProfile:
    """The profile of the column's first texts."""
    texts = [cell for cell in column.filled[:SOME] if not is_null_word(cell)]
    if not texts:
        return ColumnProfile("empty")
    if times.column_times(texts):
        return ColumnProfile("moment")
    numbers = [value_of(cell, text) for cell in texts if is_number(cell, text)]
    if len(numbers) < 0.8 * len(texts):
        return ColumnProfile("text", frozenset(texts))
    steps = [later - earlier for earlier, later in zip(numbers, numbers[1:], strict=False)]
    ordered = sorted(numbers)
    edge = len(ordered) // 20
    whole = all(cell.isdecimal() for cell in texts)
    rises = whole and bool(steps) and steps.count(1) > 0.8 * len(steps)
    return ColumnProfile("number", frozenset(texts), ordered[edge], ordered[-1 - edge], rises)


def likeness(one: ColumnProfile, other: ColumnProfile) -> float:
    """From 0 (different kinds) to 1."""
    if one.kind != other.kind:
        return 0.0
    if one.kind == "text":
        common = one.texts & other.texts
        masks = {text.translate(MASK) for text in one.texts} & {text.translate(MASK) for text in other.texts}
        return 1.0 if common else 0.7 if masks else 0.35
    if one.kind != "number":
        return 1.0
    if one.rises or other.rises:
        return 1.0 if one.rises and other.rises else 0.1
    shared = min(one.most, other.most) - max(one.least, other.least)
    whole = max(one.most, other.most) - min(one.least, other.least)
    if shared >= 0:
        return 1.0 if whole == 0 else 0.5 + 0.5 * shared / whole
    middle = [abs(each.least + each.most) / 2 or 1e-9 for each in (one, other)]
    return max(0.0, 0.45 - 0.45 * abs(math.log10(middle[0] / middle[1])))


@dataclass(frozen=True)
class ColumnMatch:
    """pairs: new columns by the old number. moved: old numbers of columns in another order."""

    pairs: Mapping[int, SampleColumn]
    moved: frozenset[int]


def match_columns(
    old: Sequence[SampleColumn], new: Sequence[SampleColumn], old_text: Text, new_text: Text
) -> ColumnMatch:
    """Columns with names by name; the others by contents."""
    pairs = {one.number: other for one in old for other in new if one.name is not None and one.name == other.name}
    taken = {other.number for other in pairs.values()}
    left = [one for one in old if one.number not in pairs]
    free = [other for other in new if other.number not in taken]
    was = {one.number: column_profile(one, old_text) for one in left}
    now = {other.number: column_profile(other, new_text) for other in free}
    alike = {(one, other): likeness(was[one], now[other]) for one in was for other in now}
    numbered = {other.number: other for other in free}
    if any(one.name is not None for one in left) and any(other.name is not None for other in free):
        renamed = _greedy(_with_names(left, free, alike), SURE)
        return ColumnMatch(pairs | {one: numbered[other] for one, other in renamed.items()}, frozenset())
    in_order = _in_order([one.number for one in left], [other.number for other in free], alike)
    rest = {key: value for key, value in alike.items() if key[0] not in in_order and key[1] not in in_order.values()}
    moved = _greedy(rest, SURE)
    pairs |= {one: numbered[other] for one, other in (in_order | moved).items()}
    return ColumnMatch(pairs, frozenset(moved))


def _with_names(
    old: Sequence[SampleColumn], new: Sequence[SampleColumn], alike: Mapping[tuple[int, int], float]
) -> dict[tuple[int, int], float]:
    """Likeness of contents, names and places together."""
    return {
        (one.number, other.number): 0.7 * alike[one.number, other.number]
        + 0.3 * SequenceMatcher(None, (one.name or "").casefold(), (other.name or "").casefold()).ratio()
        + (0.1 if one.number == other.number else 0)
        for one in old
        for other in new
        if alike[one.number, other.number] >= FEWEST
    }


def _in_order(old: Sequence[int], new: Sequence[int], alike: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """The pairs with the greatest likeness in sum, of which no two cross."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            together = best[i + 1][j + 1] + alike[old[i], new[j]] - FEWEST
            best[i][j] = max(best[i + 1][j], best[i][j + 1], together)
    pairs, i, j = {}, 0, 0
    while i < len(old) and j < len(new):
        together = best[i + 1][j + 1] + alike[old[i], new[j]] - FEWEST
        if best[i][j] == together and alike[old[i], new[j]] > FEWEST:
            pairs[old[i]] = new[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _greedy(scores: Mapping[tuple[int, int], float], fewest: float) -> dict[int, int]:
    """The best pair first, each column once."""
    pairs: dict[int, int] = {}
    for (one, other), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        if score >= fewest and one not in pairs and other not in pairs.values():
            pairs[one] = other
    return pairs
