"""Columns that were added, removed, moved or renamed, and the fields of a layout at their new places."""

from collections.abc import Mapping, Sequence
from typing import Any

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.contract.layout.field import value_places
from aponta.decode.sniff.columns.stamp import place_phrase, place_text
from aponta.decode.sniff.drift.change import MARKS, LayoutChange
from aponta.decode.sniff.drift.likeness import ColumnMatch, match_columns
from aponta.decode.sniff.drift.old_columns import old_columns
from aponta.decode.sniff.proposal import Proposal
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.table import SampleColumn, SampleTable
from aponta.words import Phrase

Entries = Sequence[tuple[str, str, dict[str, Any]]]  # table, name and value of each field and sensor of a layout's TOML


def column_changes(
    layout: Layout, proposal: Proposal, before: Sample | None, document: dict[str, Any]
) -> list[LayoutChange]:
    """Changes of columns; puts the fields of `document` at their new places."""
    table = proposal.table
    assert table is not None
    new = table.columns
    old = old_columns(layout, before, new)
    new_text = layout.text.model_copy(update={key: value for key, value in document["text"].items() if key in MARKS})
    matched = match_columns(old, new, layout.text if before else new_text, new_text)
    entries = _entries(document)
    changes = []
    for column in old:
        if change := _change(column, matched, entries, removal_counts=before is not None):
            changes.append(change)
    if before is not None or all("column" in column.place and column.name is None for column in new):
        changes += _added(new, matched)
    moved_to = {place_text(column): matched.pairs.get(column.number) for column in old}
    last = _move_fields(layout, proposal, document, moved_to)
    _move_long(layout, table, document)
    width = max([len(table.columns), *(column.number for column in moved_to.values() if column)])
    _set_column_count(document, table, last, width)
    return changes


def _entries(document: Mapping[str, Any]) -> Entries:
    return [(table, name, entry) for table in ("fields", "sensors") for name, entry in document.get(table, {}).items()]


def _takes(entry: Mapping[str, Any], column: SampleColumn) -> bool:
    """The field takes the column, by its number or its name."""
    if "columns" in entry:
        return column.number in entry["columns"]
    return any(entry.get(kind) == place for kind, place in column.place.items()) or entry.get("column") == column.number


def _change(column: SampleColumn, matched: ColumnMatch, entries: Entries, removal_counts: bool) -> LayoutChange | None:
    """column: an old one. removal_counts: its absence is a change even where no field takes it."""
    names = [(table, name) for table, name, entry in entries if _takes(entry, column)]
    takes = ", ".join(name for _, name in names) or "-"
    key = ".".join(names[0]) if names else ""
    new = matched.pairs.get(column.number)
    if new is None:
        if not names and not removal_counts:
            return None
        return LayoutChange(key, Phrase("decode.drift.removed", {"place": place_phrase(column), "takes": takes}))
    if column.name is not None and new.name is not None and column.name != new.name:
        facts = {"was": column.name, "now": new.name, "takes": takes}
        return LayoutChange(key, Phrase("decode.drift.renamed", facts))
    if column.number in matched.moved or "at" in column.place and column.place != new.place:
        places = {"was": place_phrase(column), "now": place_phrase(new), "takes": takes}
        return LayoutChange(key, Phrase("decode.drift.moved", places))
    return None


def _added(new: Sequence[SampleColumn], matched: ColumnMatch) -> list[LayoutChange]:
    changes = []
    known = {column.number for column in matched.pairs.values()}
    for column in new:
        if column.number not in known:
            example = (column.filled or ["-"])[0][:40]
            facts = {"place": place_phrase(column), "number": column.number, "example": example}
            changes.append(LayoutChange("", Phrase("decode.drift.added", facts)))
    return changes


def _move_fields(
    layout: Layout, proposal: Proposal, document: dict[str, Any], moved_to: Mapping[str, SampleColumn | None]
) -> int:
    """Returns the last number of a column that a moved field takes. A field whose column is gone is left out or, if it
    is needed, taken from the proposal. moved_to: new columns by the old place.
    """
    last = 0
    for table, name, entry in _entries(document):
        part: FieldFrom | Sensor = (layout.fields if table == "fields" else layout.sensors)[name]
        (kind,) = value_places(part)
        if kind in ("from", "value"):
            continue
        if kind == "columns":
            columns = [moved_to.get(str(number)) for number in entry["columns"]]
            if all(columns):
                entry["columns"] = [column.number for column in columns if column]
                last = max(last, *entry["columns"])
            continue
        place = entry[kind]
        column = moved_to.get("-".join(map(str, place)) if isinstance(place, list) else str(place))
        if column is not None:
            del entry[kind]
            document[table][name] = {**column.place, **entry}
            if isinstance(column.place.get("column"), int):
                last = max(last, column.number)
            continue
        proposed = proposal.value(f"fields.{name}") if table == "fields" else None
        if name in ("machine", "produced_at") and proposed:
            document[table][name] = proposed
        else:
            del document[table][name]
    return last


def _move_long(layout: Layout, table: SampleTable, document: dict[str, Any]) -> None:
    if layout.long and layout.long.tag is not None and table.long:
        document["long"] = {**document["long"], **{name: table.long[name] for name in ("tag", "value")}}


def _set_column_count(document: dict[str, Any], table: SampleTable, last: int, width: int) -> None:
    """Sets the number of columns of a record, where no field takes the last one."""
    document["text"].pop("columns", None)
    by_name = any(isinstance(column.place.get("column"), str) for column in table.columns)
    if document["text"].get("form", "delimited") == "delimited" and not by_name and last < width:
        document["text"]["columns"] = width
