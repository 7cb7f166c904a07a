"""From one release to the next a table may gain columns; whatever else is changed in it is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from aponta.contract.lake import Spans
from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.errors import ConfigError
from aponta.lake.embedded import EmbeddedLake
from aponta.lake.published import published_batch, published_columns, published_versions
from aponta.lake.schema import is_current, missing_columns
from aponta.lake.sql.query import Files, run_sql

TEN = 1_772_445_600_000_000
HOUR = 3_600_000_000
COUNTED = (string("machine", ""), timestamp("hour", ""), long("pieces", ""))
OLD = Table("gold.test", "a count", COUNTED, partition="month")
NEW = replace(
    OLD,
    columns=(
        *OLD.columns,
        string("note", "", null=True),
        Column("day", "date", "", null=True),
        Column("since", "timestamp", "", default="2026-01-01T00:00:00Z"),
        Column("unit", "string", "", default="pc"),
        Column("weight", "long", "", default=7),
        Column("sound", "boolean", "", default=False),
    ),
)
SINCE = 1_767_225_600_000_000
GAINED = (None, None, SINCE, "pc", 7, False)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The lake of the release before: two hours."""
    return write(tmp_path / "lake", OLD, [("M1", TEN, 5), ("M2", TEN, 6)], batch=1)


def write(folder: Path, table: Table, rows: list[tuple[Any, ...]], batch: int, where: Spans | None = None) -> Path:
    lake = EmbeddedLake(folder, published_versions(folder))
    lake.replace(table, lake.rows({one.name: one.kind for one in table.columns}, rows), where, batch)
    lake.publish(batch)
    return folder


def upgrade(folder: Path, table: Table, batch: int = 1) -> EmbeddedLake:
    lake = EmbeddedLake(folder, published_versions(folder))
    lake.gain(table)
    lake.publish(batch)
    return lake


def rows(folder: Path, table: Table) -> list[tuple[Any, ...]]:
    lake = EmbeddedLake(folder, published_versions(folder))
    return sorted(tuple(row.values()) for row in lake.collect(lake.read(table)))


def unnamed(folder: Path) -> None:
    """As a release left it that did not write which columns its tables have."""
    path = folder / "published.json"
    told = json.loads(path.read_text())
    tables = {name: {"version": table["version"]} for name, table in told["tables"].items()}
    path.write_text(json.dumps({"batch": told["batch"], "tables": tables}))


@pytest.mark.parametrize("named", [True, False])
def test_a_table_gains_columns(left: Path, named: bool) -> None:
    if not named:
        unnamed(left)
    assert is_current(left, [OLD]) is named
    assert not is_current(left, [NEW])
    gained = missing_columns(left, [NEW])
    assert [one.name for one in gained["gold.test"]] == ["note", "day", "since", "unit", "weight", "sound"]
    upgrade(left, NEW)
    assert is_current(left, [NEW]) and missing_columns(left, [NEW]) == {}
    names = [field.name for field in DeltaTable(str(left / "gold" / "test")).schema().fields]
    assert set(names) == {"month", *(one.name for one in NEW.columns)}
    assert rows(left, NEW) == [("M1", TEN, 5, *GAINED), ("M2", TEN, 6, *GAINED)]
    assert published_batch(left) == 1


def test_rows_before_have_the_default_wherever_they_are_read(left: Path) -> None:
    upgrade(left, NEW)
    full = ("M2", TEN, 9, "x", "2026-03-02", TEN, "box", 1, True)
    write(left, NEW, [full], batch=2, where=Spans((("M2", TEN, TEN),)))
    assert rows(left, NEW) == [("M1", TEN, 5, *GAINED), full], "M1 lies in a file that was written again"
    write(left, NEW, [("M3", TEN + HOUR, 1, None, None, TEN, "pc", 7, False)], batch=3)
    lake = EmbeddedLake(left, published_versions(left))
    defaults = tuple(one for one in NEW.columns if one.default is not None)
    source = Files(tuple(lake.files(NEW)), {**{one.name: one.kind for one in NEW.columns}, "month": "date"}, defaults)
    told = run_sql("SELECT machine, unit, weight, sound, note FROM gold.test ORDER BY 1", {"gold.test": source}).rows
    assert told == [("M1", "pc", 7, False, None), ("M2", "box", 1, True, "x"), ("M3", "pc", 7, False, None)]


def test_people_read_the_default_before_the_upgrade_too(left: Path) -> None:
    lake = EmbeddedLake(left, published_versions(left))
    defaults = tuple(one for one in NEW.columns if one.default is not None)
    source = Files(tuple(lake.files(NEW)), {one.name: one.kind for one in NEW.columns}, defaults)
    told = run_sql("SELECT machine, unit, weight FROM gold.test ORDER BY 1", {"gold.test": source}).rows
    assert told == [("M1", "pc", 7), ("M2", "pc", 7)]
    assert rows(left, NEW) == [("M1", TEN, 5, *GAINED), ("M2", TEN, 6, *GAINED)]


def test_done_again_it_changes_nothing(left: Path) -> None:
    upgrade(left, NEW)
    versions = published_versions(left)
    upgrade(left, NEW)
    assert published_versions(left) == versions


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("columns", "code", "column"),
    [
        (OLD.columns[:2], "lake.newer_table", "pieces"),
        ((*OLD.columns[:2], Column("pieces", "double", "")), "lake.kind_changed", "pieces"),
        ((*OLD.columns[:2], long("items", "")), "lake.newer_table", "pieces"),
    ],
    ids=["removed", "another kind", "renamed"],
)
def test_whatever_else_is_changed_is_refused(
    left: Path, named: bool, columns: tuple[Column, ...], code: str, column: str
) -> None:
    if not named:
        unnamed(left)
    with pytest.raises(ConfigError) as caught:
        missing_columns(left, [replace(OLD, columns=columns)])
    assert (caught.value.code, caught.value.facts["column"]) == (code, column)


@pytest.mark.parametrize("named", [True, False])
def test_sensors_come_and_go(tmp_path: Path, named: bool) -> None:
    """They are columns of the configuration, not of the release."""
    heat, pull = Column("heat_c", "double", "", null=True), Column("pull_n", "double", "", null=True)
    before = replace(OLD, columns=(*OLD.columns, heat), configured=frozenset({"heat_c"}))
    folder = write(tmp_path / "lake", before, [("M1", TEN, 5, 2.5)], batch=1)
    if not named:
        unnamed(folder)
    without = replace(OLD, configured=frozenset())
    other = replace(OLD, columns=(*OLD.columns, pull), configured=frozenset({"pull_n"}))
    for table in (before, without, other):
        assert is_current(folder, [table]) is named
        assert missing_columns(folder, [table]) == {}
    write(folder, other, [("M2", TEN, 6, 8.0)], batch=2)
    assert published_columns(folder)["gold.test"] == OLD.promised
    assert rows(folder, other) == [("M1", TEN, 5, None), ("M2", TEN, 6, 8.0)]


def test_what_an_interrupted_batch_wrote_is_not_published_with_it(left: Path) -> None:
    lake = EmbeddedLake(left, published_versions(left))
    lake.replace(OLD, lake.rows({one.name: one.kind for one in OLD.columns}, [("M9", TEN, 1)]), None, 2)
    upgrade(left, NEW)
    assert [row[0] for row in rows(left, NEW)] == ["M1", "M2"]


def test_a_table_that_is_not_there_yet_gains_nothing(tmp_path: Path) -> None:
    assert is_current(tmp_path, [NEW]) and missing_columns(tmp_path, [NEW]) == {}
    upgrade(tmp_path, NEW)
    assert published_versions(tmp_path) == {}


def test_a_folder_of_a_later_release_is_refused(left: Path) -> None:
    path = left / "published.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"format": told["format"] + 1}))
    for read in (published_versions, published_batch, published_columns):
        with pytest.raises(ConfigError) as caught:
            read(left)
        assert caught.value.code == "lake.newer_folder"
        assert caught.value.facts["format"] == told["format"] + 1
