"""The form of rows: columns between delimiters, columns of fixed width, or pairs; and the marks that cut them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aponta.contract.layout import Text
from aponta.contract.layout.text import Form
from aponta.decode.forms.delimited import split
from aponta.decode.sniff.guess import Confidence
from aponta.decode.sniff.values import times
from aponta.decode.sniff.values.numbers import counts_up
from aponta.words import Phrase

DELIMITERS = (";", "\t", "|", ",", " ")
PAIR_MARKS = ("=", ":")
COMMENT_MARKS = ("#", "//", "!", "%", "*", "'", "--", "=~")
SOME_ROWS = 400
ENOUGH = 0.6
WRAPPED = 0.3  # of the rows begin with a blank where rows are wrapped
NAME = re.compile(r"[A-Za-zÀ-ÿ@*_][\w .:/@*\-\[\]À-ÿ]{0,60}")
PLAIN = re.compile(r"[^;\t|,]*|[-+]?[\d.]+,\d+|\d\d:\d\d:\d\d,\d+|.*\[[\d,]+\]")
LONG_DIGITS = re.compile(r"\d{21,}")


@dataclass(frozen=True)
class Shape:
    """text: its marks. cells: of a record; characters where the width is fixed. lead: columns before the first pair."""

    form: Form
    text: Text
    cells: int
    confidence: Confidence
    evidence: Phrase
    lead: int = 0

    @property
    def marks(self) -> dict[str, str]:
        """As in [text]."""
        marks: dict[str, str] = {"form": self.form}
        if self.form != "fixed":
            marks["delimiter"] = self.text.delimiter
        if self.form == "pairs":
            marks["pair"] = self.text.pair
        return marks | {name: mark for name in ("quote", "brackets") if (mark := getattr(self.text, name))}


def shape_of(rows: Sequence[str]) -> Shape | None:
    """None: no form fits the rows."""
    studied = _some(_rejoined(rows))
    if not studied:
        return None
    if pairs := _pairs(studied) or _alternating(studied):
        return pairs
    scored = [_delimited(studied, mark) for mark in DELIMITERS]
    score, shape = max(scored, key=lambda pair: (round(pair[0], 1), pair[1].cells))
    if _even(studied) and (score < ENOUGH or shape.text.delimiter in ", "):
        return _fixed(studied)
    if score >= ENOUGH:
        return shape
    return _single(studied)


def _rejoined(rows: Sequence[str]) -> Sequence[str]:
    """Rows with their continuations, where many rows continue the one before."""
    continues = [row[:1] == " " and bool(row.strip()) for row in rows]
    if not rows or continues[0] or sum(continues) < WRAPPED * len(rows):
        return rows
    joined: list[str] = []
    for row, is_continued in zip(rows, continues, strict=True):
        if is_continued:
            joined[-1] += row[1:]
        else:
            joined.append(row)
    return joined


def _some(rows: Sequence[str]) -> list[str]:
    """Rows from the beginning and the end, without comments if there are other rows."""
    filled = [row for row in rows if row.strip()]
    some = filled if len(filled) <= SOME_ROWS else [*filled[: SOME_ROWS * 3 // 4], *filled[-SOME_ROWS // 4 :]]
    return [row for row in some if not row.startswith(COMMENT_MARKS)] or some


def _text(**marks: str) -> Text:
    return Text.model_validate(marks)


def _delimited(rows: Sequence[str], delimiter: str) -> tuple[float, Shape]:
    """The share of rows with the most frequent number of cells, times the share of whole cells; and the shape."""
    quote = _quote(rows, delimiter)
    text = _text(delimiter=delimiter, quote=quote)
    cut = [split(row, text) or [] for row in rows]
    counts = Counter(len(cells) for cells in cut if len(cells) > 1)
    cells, fitting = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    if brackets := _brackets(rows, text, cells):
        text = text.model_copy(update={"brackets": brackets})
        cut = [split(row, text) or [] for row in rows]
        fitting = sum(len(row_cells) == cells for row_cells in cut)
    inner = [cell for row_cells in cut if len(row_cells) == cells for cell in row_cells]
    whole = sum(bool(quote or PLAIN.fullmatch(cell)) and not LONG_DIGITS.search(cell) for cell in inner)
    share = fitting / len(rows)
    score = share * whole / max(len(inner), 1)
    if delimiter == " " and not _blanks_delimit(cut, cells):
        score = 0.0
    facts = {"mark": mark_text(delimiter), "cells": cells, "fitting": fitting, "rows": len(rows)}
    sure: Confidence = "high" if share >= 0.9 and len(rows) > 1 and cells > 2 else "medium" if share >= 0.6 else "low"
    return score, Shape("delimited", text, cells, sure, Phrase("decode.sniff.delimited", facts))


def mark_text(delimiter: str) -> str:
    """The mark for people: TAB, and a blank between quotes."""
    return {"\t": "TAB", " ": "' '"}.get(delimiter, delimiter)


def _blanks_delimit(cut: list[list[str]], count: int) -> bool:
    """Numbers with one blank between them; more blanks at the row's end are cells that are always empty."""
    fitting = [cells for cells in cut if len(cells) == count]
    inner = [cell for cells in fitting for cell in _without_end(cells)]
    return bool(inner) and all(inner) and sum(cell[-1:].isdigit() for cell in inner) > len(inner) / 2


def _without_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _quote(rows: Sequence[str], delimiter: str) -> str:
    edge = re.escape(delimiter)
    for mark, fewest in (('"', 1), ("'", len(rows) / 2)):
        pattern = re.compile(rf"(?:^|{edge}){mark}[^{mark}]*{mark}(?:{edge}|$)")
        if sum(bool(pattern.search(row)) for row in rows) >= fewest:
            return mark
    return ""


def _brackets(rows: Sequence[str], text: Text, cells: int) -> str:
    """The brackets around delimiters, where some row has too many cells only because of these."""
    for pair in ("[]", "()", "{}", "<>"):
        holding = [row for row in rows if re.search(rf"\{pair[0]}[^\{pair[1]}]*{re.escape(text.delimiter)}", row)]
        careful = text.model_copy(update={"brackets": pair})
        if any(len(split(row, careful) or []) == cells != len(split(row, text) or []) for row in holding):
            return pair
    return ""


def _pairs(rows: Sequence[str]) -> Shape | None:
    """Cells of key, mark and value, behind as many columns as most rows have before the first pair."""
    for mark in PAIR_MARKS:
        for delimiter in DELIMITERS:
            cut = [[cell for cell in row.split(delimiter) if cell] for row in rows]
            leads = Counter(_lead(cells, mark) for cells in cut)
            del leads[None]
            lead, fitting = leads.most_common(1)[0] if leads else (0, 0)
            keys = {cell.partition(mark)[0] for cells in cut for cell in cells[lead or 0 :] if mark in cell}
            many = sum(len(cells) - (lead or 0) for cells in cut)
            if lead is not None and fitting >= len(rows) * ENOUGH and len(keys) * 2 <= max(many, 4):
                facts = {
                    "mark": mark_text(delimiter),
                    "pair": mark,
                    "keys": len(keys),
                    "fitting": fitting,
                    "rows": len(rows),
                }
                evidence = Phrase("decode.sniff.pairs", facts)
                sure: Confidence = "high" if fitting >= 0.9 * len(rows) else "medium"
                return Shape("pairs", _text(delimiter=delimiter, pair=mark), 0, sure, evidence, lead)
    return None


def _lead(cells: list[str], mark: str) -> int | None:
    """Number of cells before the first pair; None: other cells follow, or less than two pairs."""
    is_pair = [
        bool(NAME.fullmatch(cell.partition(mark)[0])) and mark in cell and not times.read_time(cell) for cell in cells
    ]
    first = is_pair.index(True) if True in is_pair else len(cells)
    return first if len(cells) - first >= 2 and all(is_pair[first:]) else None


def _alternating(rows: Sequence[str]) -> Shape | None:
    """A time, then keys and values in turn, as in SHDR: few keys, each of them often, in rows of any length."""
    for delimiter in ("|", ";", "\t", ","):
        cut = [row.split(delimiter) for row in rows]
        led = [
            cells
            for cells in cut
            if len(cells) % 2 and len(cells) > 2 and times.read_time(cells[0]) and NAME.fullmatch(cells[1])
        ]
        if len(led) < len(rows) * ENOUGH or {len(cells) for cells in led} == {3}:
            continue  # always one value a row: columns of tag and value
        keys = [cells[place] for cells in led for place in range(1, len(cells), 2)]
        at_place = {place: {cells[place] for cells in led if len(cells) > place} for place in (1, 3)}
        lengths = Counter(len(cells) for cells in led)
        turning = len(lengths) > 1 or len(at_place[1]) > 1
        regular = len(at_place[1]) == 1 and len(at_place[3]) == 1 and all(NAME.fullmatch(key) for key in keys)
        often = len(set(keys)) * 2 <= max(len(keys), 4) and sum(bool(NAME.fullmatch(key)) for key in keys) > 0.9 * len(
            keys
        )
        columns = lengths.most_common(1)[0][1] > 0.95 * len(rows) and not regular
        if often and (turning or regular) and not (columns and _are_columns(led)):
            facts = {"mark": mark_text(delimiter), "keys": len(set(keys)), "fitting": len(led), "rows": len(rows)}
            evidence = Phrase("decode.sniff.alternating", facts)
            sure: Confidence = "high" if len(led) >= 0.9 * len(rows) else "medium"
            return Shape("pairs", _text(delimiter=delimiter, pair=delimiter), 0, sure, evidence, 1)
    return None


def _are_columns(rows: list[list[str]]) -> bool:
    """Rows of one length: many different texts where the first key would stand, or a counter where a value would."""
    many = len({cells[1] for cells in rows}) * 3 > len(rows)
    width = min(map(len, rows))
    return many or any(counts_up([cells[place] for cells in rows]) for place in range(2, width, 2))


def _even(rows: Sequence[str]) -> bool:
    """Nearly all rows have the same length."""
    lengths = Counter(map(len, rows))
    length, count = lengths.most_common(1)[0]
    padded = any("  " in row.strip() for row in rows) or not any(mark in rows[0] for mark in ",;|\t ")
    return count >= ENOUGH * len(rows) and length >= 12 and padded


def _fixed(rows: Sequence[str]) -> Shape:
    length, count = Counter(map(len, rows)).most_common(1)[0]
    facts = {"characters": length, "fitting": count, "rows": len(rows)}
    return Shape("fixed", _text(), length, "medium", Phrase("decode.sniff.fixed", facts))


def _single(rows: Sequence[str]) -> Shape | None:
    """One value a row: a number or a time."""
    plain = sum(bool(re.fullmatch(r"[-+]?\d+(?:[.,]\d+)?", row) or times.read_time(row)) for row in rows)
    if plain < len(rows) * ENOUGH:
        return None
    return Shape("delimited", _text(), 1, "low", Phrase("decode.sniff.single", {"fitting": plain, "rows": len(rows)}))
