"""Of the rows that are no records: which is a header, a comment, a trailer, and what the header tells."""

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


@dataclass(frozen=True)
class OtherLines:
    """What [lines] says, and where the trailers of each sample stand. told: values by the header's groups."""

    guesses: tuple[Guess, ...]
    trailer_places: tuple[int | None, ...]
    header_values: Mapping[str, list[str]] = field(default_factory=dict)


def escaped(text: str) -> str:
    return META.sub(r"\\\1", text)


def read_other_lines(samples: Sequence[SampleRows], parted: Sequence[RowParts], shape: Shape) -> OtherLines:
    """All but the trailer's pattern, which has to be proved."""
    guesses: list[Guess] = []
    ends = tuple(_end(rows, parts) for rows, parts in zip(samples, parted, strict=True))
    others = [
        [(place, rows.texts[place]) for place in parts.others if place != end]
        for rows, parts, end in zip(samples, parted, ends, strict=True)
    ]
    records = {
        rows.texts[place][:1] for rows, parts in zip(samples, parted, strict=True) for place in parts.records[:500]
    }
    named = [
        (rows.texts[parts.names_row], parts)
        for rows, parts in zip(samples, parted, strict=True)
        if parts.names_row is not None
    ]
    told: dict[str, list[str]] = {}
    headed: set[str] = set()
    if named:
        row, parts = named[0]
        pattern = "^" + escaped(_beginning(row, shape))
        again = max(len(parts.headings) for _, parts in named)
        facts = {"row": parts.headings[0] + 1, "times": again, "text": row[:80]}
        guesses.append(Guess("lines.header", pattern, "high", (Phrase("decode.sniff.names", facts),)))
    elif found := _telling([row for rows in others for _, row in rows]):
        pattern, told, example = found
        headed = {row for rows in others for _, row in rows if re.search(pattern, row)}
        guesses.append(Guess("lines.header", pattern, "high", (Phrase("decode.sniff.header", {"text": example[:80]}),)))
    comments = [row for rows in others for _, row in rows]
    mark = _mark(comments, records)
    kinds = sorted({row[0] for row in comments if row not in headed})
    if shape.form == "fixed" and len(kinds) > 1 and all(one.isdigit() and one not in records for one in kinds):
        evidence = Phrase("decode.sniff.comment", {"mark": ", ".join(kinds), "count": len(comments)})
        guesses.append(Guess("lines.comment", f"^[{''.join(kinds)}]", "high", (evidence,)))
        mark = ""
    elif mark:
        count = sum(row.startswith(mark) for row in comments)
        evidence = Phrase("decode.sniff.comment", {"mark": mark, "count": count})
        guesses.append(Guess("lines.comment", "^" + escaped(mark), "high", (evidence,)))
    skipped = [_skipped(rows, parts, mark, headed) for rows, parts in zip(samples, parted, strict=True)]
    if any(skipped) and len(set(skipped)) == 1 and 0 < skipped[0] <= SKIPPED_MOST:
        evidence = Phrase("decode.sniff.skip", {"rows": skipped[0], "text": samples[0].texts[0][:60]})
        guesses.append(Guess("lines.skip", skipped[0], "high" if len(samples) > 1 else "medium", (evidence,)))
    if wrapped := sum(len(parts.wrapped) for parts in parted):
        guesses.append(Guess("lines.continuation", "^ ", "high", (Phrase("decode.sniff.wrapped", {"rows": wrapped}),)))
    return OtherLines(tuple(guesses), ends, told)


def _beginning(row: str, shape: Shape) -> str:
    """The first name and what ends it, quotes and all."""
    place = row.find(shape.text.delimiter)
    return row if place < 0 else row[: place + 1]


def _end(rows: SampleRows, parts: RowParts) -> int | None:
    """The last row that is not blank, where it is no record."""
    told = [*parts.records[-1:], *parts.others[-1:], *parts.headings[-1:]]
    last = max(told, default=None)
    after = last is not None and parts.records and last > parts.records[-1]
    return (
        last
        if after and parts.others and last == parts.others[-1] and not rows.open_end | (rows.texts[last][:1] == " ")
        else None
    )


def _telling(rows: Sequence[str]) -> tuple[str, dict[str, list[str]], str] | None:
    """A row that tells the machine or the product of those below it: its pattern, and what it told."""
    for row in rows:
        pattern, at, last = "^", 0, 0
        groups: list[str] = []
        for found in KEY_VALUE.finditer(row):
            group = "machine" if means(found[1], MACHINE) else "product" if means(found[1], PRODUCT) else None
            pattern += escaped(row[at : found.start(3)])
            at = found.end()
            pattern += f"(?P<{group}>" + r"\S+)" if group and group not in groups else r"\S+"
            if group and group not in groups:
                groups.append(group)
                last = len(pattern)
        if groups:
            pattern = pattern[:last]
            matched = [match for one in rows if (match := re.search(pattern, one))]
            return pattern, {group: [match[group] for match in matched] for group in groups}, row
    return None


def _mark(rows: Sequence[str], records: set[str]) -> str | None:
    """What nearly all of them begin with, and no record does."""
    marks = Counter(next((mark for mark in COMMENT_MARKS if row.startswith(mark)), row[:1]) for row in rows)
    if not marks:
        return None
    mark, count = marks.most_common(1)[0]
    known = mark in COMMENT_MARKS
    many = count >= (1 if known else 2) or len(rows) == 1 and mark.isdigit()
    return mark if many and mark[:1] not in records and mark.strip() and (known or not mark.isalpha()) else None


def _skipped(rows: SampleRows, parts: RowParts, mark: str | None, headed: set[str]) -> int:
    """Rows above the first that is a record or names columns, from the top; none, if patterns tell what they are."""
    first = min([*parts.records[:1], *parts.headings[:1]], default=0)
    above = [row for row in rows.texts[:first] if row.strip()]
    plain = [row for row in above if row not in headed and not (mark is not None and row.startswith(mark))]
    return first if plain else 0
