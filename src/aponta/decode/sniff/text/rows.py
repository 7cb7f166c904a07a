"""The rows of a sample as text, and which of them are records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aponta.contract.decoded import FileReason
from aponta.contract.packed import HEAD, packed
from aponta.decode.forms.delimited import split
from aponta.decode.forms.pairs import pairs_of
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.form import COMMENT_MARKS, Shape
from aponta.decode.sniff.values import times
from aponta.decode.text import FileText as Content
from aponta.decode.text import to_text

FEWEST_TYPED = 0.8  # of a column that is numbers, or times
STUDIED = 300  # records that show which columns are typed


@dataclass(frozen=True)
class SampleRows:
    """texts: rows of the beginning, then of the end; `cut` is where they meet. Rows cut through are left out."""

    sample: Sample
    texts: tuple[str, ...]
    cut: int | None
    open_end: bool


def sample_rows(sample: Sample, encoding: str) -> SampleRows | FileReason:
    """The rows, or the reason why the sample is no text."""
    if packed(sample.head[:HEAD]):
        return "archive"
    parts = []
    for number, data in enumerate((sample.head, sample.tail) if sample.tail else (sample.head,)):
        content = to_text(data, _of_tail(sample, encoding) if number else encoding)
        if not isinstance(content, Content):
            return content
        rows = [row.removesuffix("\r") for row in content.content.decode(errors="replace").split("\n")]
        parts.append((rows, content.open_end))
    if sample.whole:
        return SampleRows(sample, tuple(parts[0][0]), None, parts[0][1])
    head, tail = parts[0][0][:-1], parts[1][0][1:]
    return SampleRows(sample, (*head, *tail), len(head), parts[1][1])


def _of_tail(sample: Sample, encoding: str) -> str:
    """The encoding of the tail: the byte order mark is only at the beginning."""
    return {"utf-16": "utf-16-be" if sample.head.startswith(b"\xfe\xff") else "utf-16-le"}.get(encoding, encoding)


@dataclass(frozen=True)
class RowParts:
    """Places of rows, by kind. cells: of each record. names_row: the first row that names columns."""

    records: tuple[int, ...]
    cells: tuple[list[str], ...]
    names_row: int | None
    headings: tuple[int, ...]  # all rows that name columns
    others: tuple[int, ...]  # not blank
    wrapped: tuple[int, ...]  # continue the row before


def part_rows(rows: Sequence[str], shape: Shape) -> RowParts:
    """Finds the records and cuts them; those of fixed width and pairs are cut later."""
    if shape.form == "fixed":
        fitting = [place for place, row in enumerate(rows) if len(row) == shape.cells]
        return _parted(rows, fitting, [[rows[place]] for place in fitting], (), ())
    if shape.form == "pairs":
        places = [place for place, row in enumerate(rows) if pairs_of(row, shape.text, shape.lead)]
        led = [
            place
            for place in places
            if not shape.lead
            or shape.text.pair != shape.text.delimiter
            or times.read_time(rows[place].split(shape.text.delimiter)[0])
        ]
        return _parted(rows, led, [[rows[place]] for place in led], (), ())
    joined, wrapped = _unwrapped(rows, shape)
    cut = [(place, cells) for place, row in joined if len(cells := split(row, shape.text) or []) == shape.cells]
    uncommented = [(place, cells) for place, cells in cut if not rows[place].startswith(COMMENT_MARKS)] or cut
    headings = _headings([cells for _, cells in uncommented])
    heads = tuple(uncommented[number][0] for number in headings)
    records = [record for number, record in enumerate(uncommented) if number not in headings]
    return _parted(rows, [place for place, _ in records], [cells for _, cells in records], heads, wrapped)


def _parted(
    rows: Sequence[str], places: list[int], cells: list[list[str]], headings: tuple[int, ...], wrapped: tuple[int, ...]
) -> RowParts:
    taken = {*places, *headings, *wrapped}
    others = tuple(place for place, row in enumerate(rows) if row.strip() and place not in taken)
    return RowParts(tuple(places), tuple(cells), headings[0] if headings else None, headings, others, wrapped)


def _unwrapped(rows: Sequence[str], shape: Shape) -> tuple[list[tuple[int, str]], tuple[int, ...]]:
    """Rows that begin with a blank and complete the one before them are put behind it, without the blank."""
    joined: list[tuple[int, str]] = []
    wrapped: list[int] = []
    for place, row in enumerate(rows):
        if row[:1] == " " and shape.text.delimiter != " " and joined and row.strip():
            before = joined[-1]
            together = before[1] + row[1:]
            if len(split(before[1], shape.text) or []) < shape.cells >= len(split(together, shape.text) or []):
                joined[-1] = (before[0], together)
                wrapped.append(place)
                continue
        joined.append((place, row))
    return joined, tuple(wrapped)


def _headings(cut: Sequence[list[str]]) -> set[int]:
    """Numbers of rows that have words where the other rows have numbers and times."""
    studied = cut[:STUDIED]
    typed = [
        number
        for number in range(len(cut[0]) if cut else 0)
        for texts in ([cells[number] for cells in studied if cells[number]],)
        if sum(map(_typed, texts)) >= max(FEWEST_TYPED * (len(texts) - 1), 1)  # one of few may be the heading itself
    ]
    wordy = {
        number
        for number, cells in enumerate(cut)
        if typed
        and all(cells[column] and not _typed(cells[column]) for column in typed)
        and len(set(cells)) == len(cells)
    }
    if not wordy:
        return set()
    names = Counter(tuple(cut[number]) for number in wordy)
    first = tuple(cut[min(wordy)])
    return {number for number in wordy if tuple(cut[number]) == first or names[tuple(cut[number])] > 1}


def _typed(cell: str) -> bool:
    return (
        cell[-1:].isdigit()
        and cell.lstrip("+-")[:1].isdigit()
        and not cell.strip("+-0123456789., ")
        or bool(times.read_time(cell))
    )
