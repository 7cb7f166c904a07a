"""The columns that a layout reads: those of a file it read before, or those that its fields take."""

from collections import Counter
from collections.abc import Sequence

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.decode.forms.delimited import split
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.form import Shape
from aponta.decode.sniff.text.rows import RowParts, SampleRows, part_rows, sample_rows
from aponta.decode.sniff.text.table import SampleColumn, SampleTable, table_of, with_tag_columns
from aponta.words import Phrase

UNPLACED = 1000  # numbers of columns that a layout names, and whose place in a row is unknown, begin here


def old_columns(layout: Layout, before: Sample | None, new: Sequence[SampleColumn]) -> list[SampleColumn]:
    """before: a file that the layout reads. Without one, a column for each name and number that its fields take, with
    the cells of the new column of that number.
    """
    table = _table_by_layout(layout, before) if before else None
    if table is not None:
        return list(table.columns)
    places = [part.column if part.column is not None else part.key for part in _parts(layout)]
    columns = []
    for number, name in enumerate(dict.fromkeys(str(place) for place in places if place), start=1):
        kind = "key" if name in layout.keys else "column"
        if name.isdecimal() and name not in layout.column_names:
            place = int(name)
            cells = next((column.cells for column in new if column.number == place), ())
            columns.append(SampleColumn(place, {kind: place}, None, cells))
        else:
            columns.append(SampleColumn(UNPLACED + number, {kind: name}, name, ()))
    return columns


def _parts(layout: Layout) -> list[FieldFrom | Sensor]:
    return [*layout.fields.values(), *layout.sensors.values()]


def _table_by_layout(layout: Layout, sample: Sample) -> SampleTable | None:
    """The records of a sample, cut by the layout; None: there are none."""
    rows = sample_rows(sample, layout.text.encoding)
    if not isinstance(rows, SampleRows):
        return None
    shape = _shape_of_layout(layout, rows)
    parts = part_rows(rows.texts, shape)
    if not parts.records:
        return None
    table = table_of([rows], [parts], shape)
    if shape.form == "fixed":
        return _table_by_spans(layout, rows, parts, table)
    if layout.long and layout.long.tag is not None:
        tag, value = (
            next((column for column in table.columns if place in (column.number, column.name)), None)
            for place in (layout.long.tag, layout.long.value)
        )
        if tag and value:
            return with_tag_columns(table, (tag, value))
    return table


def _shape_of_layout(layout: Layout, rows: SampleRows) -> Shape:
    form = "delimited" if layout.text.form == "long" else layout.text.form
    counts = Counter(len(split(row, layout.text) or []) for row in rows.texts if row.strip())
    cells = layout.record_width if form == "fixed" else max(counts, key=lambda one: (counts[one], one), default=1)
    return Shape(form, layout.text, cells, "high", Phrase("decode.sniff.line_end", {}), layout.record_columns)


def _table_by_spans(layout: Layout, rows: SampleRows, parts: RowParts, table: SampleTable) -> SampleTable:
    spans = sorted({part.at for part in _parts(layout) if part.at})
    texts = [rows.texts[place] for place in parts.records]
    pad = layout.text.pad or None
    columns = tuple(
        SampleColumn(number, {"at": [first, last]}, None, tuple(text[first - 1 : last].strip(pad) for text in texts))
        for number, (first, last) in enumerate(spans, start=1)
    )
    return SampleTable(columns, table.starts, table.rows)
