"""Rows that are no records: the header, comments, skipped rows, and where the trailer stands."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.text.form import COMMENT_MARKS, Shape
from aponta.decode.sniff.text.rows import RowParts, SampleRows
from aponta.decode.sniff.values.vocabulary import MACHINE, PRODUCT, means
from aponta.words import Phrase

META = re.compile(r"([\\.^$*+?{}\[\]|()])")
KEY_VALUE = re.compile(r"([A-Za-zÀ-ÿ_][\wÀ-ÿ. ]*?)\s*([=:])\s*([^\s;,|]+)")
SKIPPED_MOST = 50
STUDIED = 500  # records of a sample whose first character is looked at


@dataclass(frozen=True)
class OtherLines:
    """guesses: for [lines], without the trailer. trailer_places: of each sample, its last row, where that is no record.
    header_values: texts by the header's groups.
    """

    guesses: tuple[Guess, ...]
    trailer_places: tuple[int | None, ...]
    header_values: Mapping[str, list[str]] = field(default_factory=dict)


def escaped(text: str) -> str:
    """A regular expression that matches just this text."""
    return META.sub(r"\\\1", text)


def read_other_lines(samples: Sequence[SampleRows], parted: Sequence[RowParts], shape: Shape) -> OtherLines:
    """The trailer's pattern is found later: what it declares has to be proved."""
    trailer_places = tuple(_trailer_place(rows, parts) for rows, parts in zip(samples, parted, strict=True))
    others = [
        rows.texts[place]
        for rows, parts, trailer in zip(samples, parted, trailer_places, strict=True)
        for place in parts.others
        if place != trailer
    ]
    record_starts = {
        rows.texts[place][:1] for rows, parts in zip(samples, parted, strict=True) for place in parts.records[:STUDIED]
    }
    header = _column_names(samples, parted, shape) or _key_values(others) or _Header([], {}, set())
    comment, mark = _comment(others, record_starts, header.rows, shape)
    guesses = [*header.guesses, *comment, *_skip(samples, parted, mark, header.rows)]
    if wrapped := sum(len(parts.wrapped) for parts in parted):
        guesses.append(Guess("lines.continuation", "^ ", "high", (Phrase("decode.sniff.wrapped", {"rows": wrapped}),)))
    return OtherLines(tuple(guesses), trailer_places, header.values)


@dataclass(frozen=True)
class _Header:
    """values: texts by group. rows: header rows that are no column names."""

    guesses: list[Guess]
    values: dict[str, list[str]]
    rows: set[str]


def _column_names(samples: Sequence[SampleRows], parted: Sequence[RowParts], shape: Shape) -> _Header | None:
    named = [
        (rows.texts[parts.names_row], parts)
        for rows, parts in zip(samples, parted, strict=True)
        if parts.names_row is not None
    ]
    if not named:
        return None
    row, parts = named[0]
    times = max(len(parts.headings) for _, parts in named)
    facts = {"row": parts.headings[0] + 1, "times": times, "text": row[:80]}
    pattern = "^" + escaped(_first_name(row, shape))
    return _Header([Guess("lines.header", pattern, "high", (Phrase("decode.sniff.names", facts),))], {}, set())


def _first_name(row: str, shape: Shape) -> str:
    """The first name with the delimiter behind it, quotes and all."""
    place = row.find(shape.text.delimiter)
    return row if place < 0 else row[: place + 1]


def _key_values(rows: Sequence[str]) -> _Header | None:
    """Rows like `Machine: M01` with the machine or the product of the rows below."""
    for row in rows:
        pattern, groups = _key_value_pattern(row)
        if groups:
            matches = [match for other in rows if (match := re.search(pattern, other))]
            values = {group: [match[group] for match in matches] for group in groups}
            evidence = Phrase("decode.sniff.header", {"text": row[:80]})
            guess = Guess("lines.header", pattern, "high", (evidence,))
            return _Header([guess], values, {match.string for match in matches})
    return None


def _key_value_pattern(row: str) -> tuple[str, list[str]]:
    """A pattern with groups for the values of known keys, up to the last group."""
    pattern, at, end = "^", 0, 0
    groups: list[str] = []
    for pair in KEY_VALUE.finditer(row):
        group = "machine" if means(pair[1], MACHINE) else "product" if means(pair[1], PRODUCT) else None
        pattern += escaped(row[at : pair.start(3)])
        at = pair.end()
        if group and group not in groups:
            groups.append(group)
            pattern += f"(?P<{group}>\\S+)"
            end = len(pattern)
        else:
            pattern += r"\S+"
    return pattern[:end], groups


def _comment(
    rows: Sequence[str], record_starts: set[str], headed: set[str], shape: Shape
) -> tuple[list[Guess], str | None]:
    """The guess for comments, and the mark they begin with, if they have one."""
    kinds = sorted({row[0] for row in rows if row not in headed})
    if shape.form == "fixed" and len(kinds) > 1 and all(kind.isdigit() and kind not in record_starts for kind in kinds):
        evidence = Phrase("decode.sniff.comment", {"mark": ", ".join(kinds), "count": len(rows)})
        return [Guess("lines.comment", f"^[{''.join(kinds)}]", "high", (evidence,))], ""
    mark = _mark(rows, record_starts)
    if not mark:
        return [], mark
    evidence = Phrase("decode.sniff.comment", {"mark": mark, "count": sum(row.startswith(mark) for row in rows)})
    return [Guess("lines.comment", "^" + escaped(mark), "high", (evidence,))], mark


def _mark(rows: Sequence[str], record_starts: set[str]) -> str | None:
    """The mark that nearly all of the rows begin with, and no record does."""
    marks = Counter(next((mark for mark in COMMENT_MARKS if row.startswith(mark)), row[:1]) for row in rows)
    if not marks:
        return None
    mark, count = marks.most_common(1)[0]
    known = mark in COMMENT_MARKS
    many = count >= (1 if known else 2) or len(rows) == 1 and mark.isdigit()
    return mark if many and mark[:1] not in record_starts and mark.strip() and (known or not mark.isalpha()) else None


def _skip(samples: Sequence[SampleRows], parted: Sequence[RowParts], mark: str | None, headed: set[str]) -> list[Guess]:
    counts = [_skipped(rows, parts, mark, headed) for rows, parts in zip(samples, parted, strict=True)]
    if len(set(counts)) != 1 or not 0 < counts[0] <= SKIPPED_MOST:
        return []
    evidence = Phrase("decode.sniff.skip", {"rows": counts[0], "text": samples[0].texts[0][:60]})
    return [Guess("lines.skip", counts[0], "high" if len(samples) > 1 else "medium", (evidence,))]


def _skipped(rows: SampleRows, parts: RowParts, mark: str | None, headed: set[str]) -> int:
    """Number of rows above the first record or header; 0 where patterns match all of them."""
    first = min([*parts.records[:1], *parts.headings[:1]], default=0)
    above = [row for row in rows.texts[:first] if row.strip()]
    unmatched = [row for row in above if row not in headed and not (mark is not None and row.startswith(mark))]
    return first if unmatched else 0


def _trailer_place(rows: SampleRows, parts: RowParts) -> int | None:
    """The last row that is not blank, where it is no record."""
    last = max([*parts.records[-1:], *parts.others[-1:], *parts.headings[-1:]], default=None)
    if last is None or not parts.records or not parts.others or last != parts.others[-1] or last <= parts.records[-1]:
        return None
    return None if rows.open_end or rows.texts[last].startswith(" ") else last
