"""The records of all samples as columns of texts, whatever the form."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aponta.decode.forms.delimited import split
from aponta.decode.forms.pairs import pairs_of
from aponta.decode.sniff.text.fixed import Span, value_spans
from aponta.decode.sniff.text.form import Shape
from aponta.decode.sniff.text.rows import RowParts, SampleRows
from aponta.decode.sniff.values import times
from aponta.decode.sniff.values.numbers import counts_up
from aponta.decode.sniff.values.vocabulary import TAG, VALUE, means

FIRST, LAST = 6_000, 2_000  # records of a sample's beginning and end that are studied
MOST_TAGS = 400
SPARSE = 0.9  # of the rows; a key in fewer rows is not in every record


@dataclass(frozen=True)
class SampleColumn:
    """place: as in a layout. cells: of each record, empty where it has none."""

    number: int  # from 1
    place: dict[str, Any]
    name: str | None
    cells: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        """The cells that are not empty."""
        return [cell for cell in self.cells if cell]


@dataclass(frozen=True)
class SampleTable:
    """starts: of each sample, its first record. rows: of each record, its row from 1. long: as in [long]."""

    columns: tuple[SampleColumn, ...]
    starts: tuple[int, ...]
    rows: tuple[int, ...]
    long: dict[str, Any] | None = None

    def part(self, number: int) -> slice:
        """The records of one sample."""
        ends = (*self.starts[1:], len(self.rows))
        return slice(self.starts[number], ends[number])


def table_of(samples: Sequence[SampleRows], parted: Sequence[RowParts], shape: Shape) -> SampleTable:
    """The records of all samples as columns; of many records, the first and the last ones."""
    cut: list[list[str]] = []
    places: list[int] = []
    starts: list[int] = []
    for parts in parted:
        starts.append(len(cut))
        chosen = _some(len(parts.records))
        cut += [parts.cells[number] for number in chosen]
        places += [parts.records[number] + 1 for number in chosen]
    if shape.form == "fixed":
        columns = _of_fixed([cells[0] for cells in cut], samples, parted)
    elif shape.form == "pairs":
        columns = _of_pairs([cells[0] for cells in cut], shape)
    else:
        columns = _of_cells(cut, samples, parted, shape)
    return SampleTable(tuple(columns), tuple(starts), tuple(places))


def _some(count: int) -> list[int]:
    return [*range(count)] if count <= FIRST + LAST else [*range(FIRST), *range(count - LAST, count)]


def _of_cells(
    cut: list[list[str]], samples: Sequence[SampleRows], parted: Sequence[RowParts], shape: Shape
) -> list[SampleColumn]:
    named = next(
        ((rows, parts) for rows, parts in zip(samples, parted, strict=True) if parts.names_row is not None), None
    )
    names: list[str] = []
    if named:
        rows, parts = named
        row = rows.texts[parts.names_row or 0]
        for place in parts.wrapped:
            row += rows.texts[place][1:] if place == (parts.names_row or 0) + 1 else ""
        names = [name.strip() for name in split(row, shape.text) or []]
    by_name = len(names) == shape.cells and len(set(names)) == len(names)
    return [
        SampleColumn(
            number,
            {"column": names[number - 1] if by_name and names[number - 1] else number},
            names[number - 1] if by_name else None,
            tuple(cells[number - 1] for cells in cut),
        )
        for number in range(1, shape.cells + 1)
    ]


def _of_pairs(rows: list[str], shape: Shape) -> list[SampleColumn]:
    values = [pairs_of(row, shape.text, shape.lead) or {} for row in rows]
    counts = Counter(key for row in values for key in row)
    lead: list[SampleColumn] = [
        SampleColumn(number + 1, {"column": number + 1}, None, tuple(row.get(number, "") for row in values))
        for number in range(shape.lead)
    ]
    keys = [key for key, _ in counts.most_common() if isinstance(key, str) and key][:MOST_TAGS]
    order = {key: place for place, key in enumerate(counts)}
    return lead + [
        SampleColumn(shape.lead + number, {"key": key}, key, tuple(row.get(key, "") for row in values))
        for number, key in enumerate(sorted(keys, key=lambda key: order[key]), start=1)
    ]


def _of_fixed(rows: list[str], samples: Sequence[SampleRows], parted: Sequence[RowParts]) -> list[SampleColumn]:
    others = [sample.texts[place] for sample, parts in zip(samples, parted, strict=True) for place in parts.others]
    spans: list[Span] = value_spans(rows, others) if rows else []
    return [
        SampleColumn(number, {"at": [first, last]}, None, tuple(row[first - 1 : last].strip(" ") for row in rows))
        for number, (first, last) in enumerate(spans, start=1)
    ]


def with_tag_columns(table: SampleTable, tag_and_value: tuple[SampleColumn, SampleColumn] | None = None) -> SampleTable:
    """A table with a column for each tag, where rows have one value each; else the same table. tag_and_value: their
    columns, where they are known.
    """
    tag_and_value = tag_and_value or _tag_and_value(table)
    if tag_and_value is None:
        return table
    tag, value = tag_and_value
    tags = [name for name, _ in Counter(tag.filled).most_common(MOST_TAGS)]
    others = [column for column in table.columns if column not in (tag, value)]
    cells = {
        name: tuple(text if key == name else "" for key, text in zip(tag.cells, value.cells, strict=True))
        for name in tags
    }
    columns = [
        SampleColumn(len(table.columns) + number, {"key": name}, name, cells[name]) for number, name in enumerate(tags)
    ]
    (tag_place,), (value_place,) = tag.place.values(), value.place.values()
    return replace(table, columns=(*others, *columns), long={"tag": tag_place, "value": value_place})


def _tag_and_value(table: SampleTable) -> tuple[SampleColumn, SampleColumn] | None:
    """A column of few names, and behind it a column whose values differ in kind from name to name."""
    if not 3 <= len(table.columns) <= 5:
        return None
    for tag, value in zip(table.columns, table.columns[1:], strict=False):
        names = Counter(tag.filled)
        if not 2 <= len(names) <= MOST_TAGS or len(names) * 2 > len(tag.filled) or any(map(times.read_time, names)):
            continue
        if any(name[:1].isdigit() for name in names):
            continue
        if counts_up(value.filled):
            continue  # it counts all rows
        of_name: dict[str, list[str]] = {}
        for name, text in zip(tag.cells, value.cells, strict=True):
            of_name.setdefault(name, []).append(text)
        counts = any(counts_up(texts) for texts in of_name.values())
        called = means(tag.name, TAG) and means(value.name, VALUE)
        if called or counts and sum(map(counts_up, of_name.values())) < len(of_name):
            return tag, value
    return None


def is_sparse(table: SampleTable) -> bool:
    """No key is in every row: rows have one value each, and the key that makes a record has to be known."""
    counts = [len(column.filled) for column in table.columns if "key" in column.place]
    return not any(count >= SPARSE * len(table.rows) for count in counts)


def record_key(table: SampleTable, counter: SampleColumn | None) -> str | None:
    """The key whose row makes a record, where a record is not one row."""
    if counter is None or "key" not in counter.place:
        return None
    sparse = len(counter.filled) < SPARSE * len(counter.cells)
    return str(counter.place["key"]) if sparse or table.long else None
