"""Columns that were added, removed, moved or renamed, and the fields of a layout at their new places."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.contract.layout.field import value_places
from aponta.decode.forms.delimited import split
from aponta.decode.sniff.columns.stamp import place_phrase, place_text
from aponta.decode.sniff.drift.change import MARKS, LayoutChange
from aponta.decode.sniff.drift.likeness import match_columns
from aponta.decode.sniff.proposal import Proposal
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.form import Shape
from aponta.decode.sniff.text.rows import SampleRows, part_rows, sample_rows
from aponta.decode.sniff.text.table import SampleColumn, SampleTable, table_of, with_tag_columns
from aponta.words import Phrase


def column_changes(
    layout: Layout, found: Proposal, before: Sample | None, given: dict[str, Any]
) -> Iterator[LayoutChange]:
    """Puts the fields of `given` at their new places, and says which columns those are."""
    assert found.table is not None
    new = list(found.table.columns)
    old = _old_columns(layout, before, new)
    new_text = layout.text.model_copy(update={key: value for key, value in given["text"].items() if key in MARKS})
    matched = match_columns(old, new, layout.text if before else new_text, new_text)
    numbered = {column.number: column for column in old}
    by_place = {place_text(column): column.number for column in old}
    used = _used(given)
    for number, one in numbered.items():
        takes = ", ".join(name for table, name, entry in used if _is_of(entry, one))
        key = next((f"{table}.{name}" for table, name, entry in used if _is_of(entry, one)), "")
        other = matched.pairs.get(number)
        if other is None:
            if takes or before is not None:
                yield LayoutChange(
                    key, Phrase("decode.drift.removed", {"place": place_phrase(one), "takes": takes or "-"})
                )
        elif one.name is not None and other.name is not None and one.name != other.name:
            yield LayoutChange(
                key, Phrase("decode.drift.renamed", {"was": one.name, "now": other.name, "takes": takes or "-"})
            )
        elif number in matched.moved or "at" in one.place and one.place != other.place:
            yield LayoutChange(
                key,
                Phrase(
                    "decode.drift.moved", {"was": place_phrase(one), "now": place_phrase(other), "takes": takes or "-"}
                ),
            )
    if before is not None or all("column" in one.place and one.name is None for one in new):
        taken = {other.number for other in matched.pairs.values()}
        for other in new:
            if other.number not in taken:
                facts = {
                    "place": place_phrase(other),
                    "number": other.number,
                    "example": (other.filled or ["-"])[0][:40],
                }
                yield LayoutChange("", Phrase("decode.drift.added", facts))
    _renumber(layout, given, {place: matched.pairs.get(number) for place, number in by_place.items()}, found)


def _old_columns(layout: Layout, before: Sample | None, new: Sequence[SampleColumn]) -> list[SampleColumn]:
    """Of a file that the layout reads; without one, those that its fields take, by their names and numbers alone."""
    table = _table_by(layout, before) if before else None
    if table is not None:
        return list(table.columns)
    entries: list[FieldFrom | Sensor] = [*layout.fields.values(), *layout.sensors.values()]
    told = dict.fromkeys(
        str(one.column if one.column is not None else one.key) for one in entries if one.column or one.key
    )
    columns = []
    for number, name in enumerate(told, start=1):
        place = int(name) if name.isdecimal() and name not in layout.column_names else name
        same = next((one.cells for one in new if isinstance(place, int) and one.number == place), ())
        kind = "key" if name in layout.keys else "column"
        columns.append(
            SampleColumn(
                place if isinstance(place, int) else 1000 + number,
                {kind: place},
                None if isinstance(place, int) else name,
                same,
            )
        )
    return columns


def _table_by(layout: Layout, sample: Sample) -> SampleTable | None:
    """Its records, cut as the layout says."""
    rows = sample_rows(sample, layout.text.encoding)
    if not isinstance(rows, SampleRows):
        return None
    form = "delimited" if layout.text.form == "long" else layout.text.form
    told = [row for row in rows.texts if row.strip()]
    counts = Counter(len(split(row, layout.text) or []) for row in told)
    cells = layout.record_width if form == "fixed" else max(counts, key=lambda one: (counts[one], one), default=1)
    shape = Shape(form, layout.text, cells, "high", Phrase("decode.sniff.line_end", {}), layout.record_columns)
    parts = part_rows(rows.texts, shape)
    if not parts.records:
        return None
    table = table_of([rows], [parts], shape)
    if form == "fixed":
        valued: list[FieldFrom | Sensor] = [*layout.fields.values(), *layout.sensors.values()]
        spans = sorted({one.at for one in valued if one.at})
        texts = [rows.texts[place] for place in parts.records]
        columns = tuple(
            SampleColumn(
                number,
                {"at": [first, last]},
                None,
                tuple(text[first - 1 : last].strip(layout.text.pad or None) for text in texts),
            )
            for number, (first, last) in enumerate(spans, start=1)
        )
        return SampleTable(columns, table.starts, table.rows)
    if layout.long and layout.long.tag is not None:
        pair = [
            next((one for one in table.columns if place in (one.number, one.name)), None)
            for place in (layout.long.tag, layout.long.value)
        ]
        if pair[0] and pair[1]:
            return with_tag_columns(table, (pair[0], pair[1]))
    return table


def _used(given: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(table, name, entry) for table in ("fields", "sensors") for name, entry in given.get(table, {}).items()]


def _is_of(entry: dict[str, Any], column: SampleColumn) -> bool:
    """The field takes the column, by its number or its name."""
    if "columns" in entry:
        return column.number in entry["columns"]
    return any(entry.get(kind) == place for kind, place in column.place.items()) or entry.get("column") == column.number


def _renumber(layout: Layout, given: dict[str, Any], now: dict[str, SampleColumn | None], found: Proposal) -> None:
    """Each field at its new place; one whose column is gone is left out, or, if it is needed, as the file shows it."""
    numbers = {column.number: column for column in now.values() if column}
    assert found.table is not None
    by_name = any(isinstance(one.place.get("column"), str) for one in found.table.columns)
    last = 0
    for table, name, entry in _used(given):
        entry_of: FieldFrom | Sensor = (layout.fields if table == "fields" else layout.sensors)[name]
        (kind,) = value_places(entry_of)
        if kind in ("from", "value"):
            continue
        if kind == "columns":
            moved = [now.get(str(number)) for number in entry["columns"]]
            if all(moved):
                entry["columns"] = [column.number for column in moved if column]
                last = max(last, *entry["columns"])
            continue
        told = entry[kind]
        column = now.get("-".join(map(str, told)) if isinstance(told, list) else str(told))
        if column is None and kind == "column" and isinstance(told, int):
            column = next((one for place, one in now.items() if one and place == str(told)), None)
        if column is None:
            shown = found.value(f"fields.{name}") if table == "fields" else None
            if table == "fields" and name in ("machine", "produced_at") and shown:
                given[table][name] = shown
            else:
                del given[table][name]
            continue
        del entry[kind]
        given[table][name] = {**column.place, **entry}
        if isinstance(column.place.get("column"), int):
            last = max(last, column.number)
    if layout.long and layout.long.tag is not None and found.table.long:
        given["long"] = {**given["long"], **{name: found.table.long[name] for name in ("tag", "value")}}
    count = max(numbers, default=0)
    width = len(found.table.columns)
    given["text"].pop("columns", None)
    if given["text"].get("form", "delimited") == "delimited" and not by_name and last < max(width, count):
        given["text"]["columns"] = width
