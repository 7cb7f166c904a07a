"""The lake keeps exactly what it was given: no key twice, no commit twice, and readers see whole batches."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import CommitFailedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponta.config import load
from aponta.contract.lake import Spans, Values
from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.errors import ContractError, TransientError
from aponta.factory_calendar import from_us, to_us
from aponta.lab.folder import Simulation, simulate_factory
from aponta.lake import embedded
from aponta.lake.embedded import EmbeddedLake
from aponta.lake.published import published_batch, published_versions
from aponta.refine.tables import all_tables

HOUR = 3_600_000_000
TEN = to_us(datetime(2026, 3, 2, 10, tzinfo=UTC))
FACTS = Table(
    "gold.test",
    "a count of a machine and hour",
    (
        string("machine", ""),
        timestamp("hour", ""),
        long("pieces", ""),
        Column("heat_c", "double", "", null=True),
        Column("day", "date", "", null=True),
    ),
    unique=("machine", "hour"),
    partition="month",
)
DAILY = Table("silver.test", "by day", FACTS.columns, unique=FACTS.unique, partition="date")
PLAIN = Table("silver.plain", "without partitions", FACTS.columns, unique=FACTS.unique)
KINDS = {column.name: column.kind for column in FACTS.columns}


@pytest.fixture
def lake(tmp_path):
    return EmbeddedLake(tmp_path / "lake")


def fact(machine="M1", hour=TEN, pieces=1, heat_c=None, day=None):
    return (machine, hour, pieces, heat_c, day)


def put(lake, rows, where=None, batch=None, table=FACTS):
    return lake.replace(table, lake.rows(KINDS, rows), where, batch)


def rows(lake, table=FACTS, where=None):
    return sorted(tuple(row.values()) for row in lake.collect(lake.read(table, where)))


def at(*keys):
    return Spans(tuple((machine, hour, hour) for machine, hour in keys))


def test_what_is_written_is_read(lake):
    written = [fact(heat_c=1.5, day="2026-03-02"), fact("M2", TEN + 250_000, -3)]
    put(lake, written)
    assert rows(lake) == sorted(written)


def test_a_table_not_written_yet_is_empty(lake):
    frame = lake.read(FACTS)
    assert (lake.collect(frame), list(frame.collect_schema())) == ([], list(KINDS))


def test_only_the_columns_asked_for(lake):
    put(lake, [fact()])
    assert list(lake.read(FACTS, columns=["pieces"]).collect_schema()) == ["pieces"]


def test_exactly_the_keys_are_replaced(lake):
    put(lake, [fact("M1", TEN, 1), fact("M1", TEN + HOUR, 2), fact("M2", TEN, 3)])
    put(lake, [fact("M1", TEN, 9)], at(("M1", TEN)))
    assert rows(lake) == [fact("M1", TEN, 9), fact("M1", TEN + HOUR, 2), fact("M2", TEN, 3)]
    put(lake, [], at(("M2", TEN)))
    assert rows(lake) == [fact("M1", TEN, 9), fact("M1", TEN + HOUR, 2)]


def test_rows_outside_of_what_is_replaced_are_refused(lake):
    put(lake, [fact("M1"), fact("M2")])
    for held_or_not in ("M1", "M9"):
        with pytest.raises(ContractError) as raised:
            put(lake, [fact("M3")], at((held_or_not, TEN)))
        assert raised.value.code == "lake.outside_keys"
    assert rows(lake) == [fact("M1"), fact("M2")]


def test_values_name_what_is_replaced_too(lake):
    put(lake, [fact("M1"), fact("M2")], table=PLAIN)
    put(lake, [fact("M2", TEN, 7)], Values("machine", ("M2", "M3")), table=PLAIN)
    assert rows(lake, PLAIN) == [fact("M1"), fact("M2", TEN, 7)]
    assert rows(lake, PLAIN, Values("machine", ("M2",))) == [fact("M2", TEN, 7)]
    assert rows(lake, PLAIN, Values("machine", ())) == []


def test_spans_reach_over_months(lake):
    february = to_us(datetime(2026, 2, 28, 23, tzinfo=UTC))
    for table in (FACTS, DAILY, PLAIN):
        put(lake, [fact(hour=february + n * HOUR, pieces=n) for n in range(4)], table=table)
        put(lake, [fact(hour=february + HOUR, pieces=50)], Spans((("M1", february, february + 2 * HOUR),)), table=table)
        assert [row[2] for row in rows(lake, table)] == [50, 3]


keys = st.tuples(
    st.sampled_from(["M1", "M'2", 'M"3', "M%4_", "Máq\\5", "'; --"]),
    st.integers(-30, 30).map(lambda n: TEN + n * 24 * HOUR),
)
batches = st.lists(st.dictionaries(keys, st.integers(0, 9) | st.none(), min_size=1, max_size=6), min_size=1, max_size=5)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=batches, table=st.sampled_from([FACTS, DAILY]))
def test_a_table_is_a_dictionary(tmp_path_factory, batches, table):
    """Whatever is replaced in whichever order: the last word on each key stands; None takes it away."""
    lake, expected = EmbeddedLake(tmp_path_factory.mktemp("lake")), {}
    for batch in batches:
        put(lake, [fact(*key, pieces) for key, pieces in batch.items() if pieces is not None], at(*batch), table=table)
        expected |= batch
    assert rows(lake, table) == sorted(fact(*key, pieces) for key, pieces in expected.items() if pieces is not None)


def test_a_batch_is_committed_once(lake, tmp_path):
    first = put(lake, [fact(pieces=1)], None, batch=7)
    assert put(lake, [fact(pieces=1)], None, batch=7) == first
    again = EmbeddedLake(tmp_path / "lake")  # another process, after a kill
    assert put(again, [fact(pieces=1)], None, batch=7) == first
    assert rows(again) == [fact(pieces=1)]


def test_a_batch_behind_the_table_is_another_ledgers(lake):
    put(lake, [fact(pieces=1)], None, batch=7)
    with pytest.raises(ContractError) as refused:
        put(lake, [fact(pieces=2)], None, batch=6)
    assert refused.value.code == "pipeline.ledger_behind"
    assert rows(lake) == [fact(pieces=1)]


@pytest.fixture
def commits(monkeypatch):
    """Makes commits fail: `commits(before=[...], after=[...])`, an error or None for each."""
    real = embedded.commit_files

    def failing(before=(), after=()):
        befores, afters = iter(before), iter(after)

        def commit(*args):
            for errors, work in ((befores, lambda: real(*args)), (afters, lambda: None)):
                if error := next(errors, None):
                    raise error
                work()

        monkeypatch.setattr(embedded, "commit_files", commit)

    return failing


@pytest.mark.parametrize("error", [CommitFailedError("lost"), OSError("lost")], ids=repr)
@pytest.mark.parametrize("where", [None, at(("M1", TEN))], ids=["added", "replaced"])
def test_a_lost_answer_is_no_second_commit(lake, commits, error, where):
    put(lake, [fact(pieces=1)] if where else [], None)
    commits(after=[error])
    put(lake, [fact(pieces=2)], where, batch=1)
    assert rows(lake) == [fact(pieces=2)]


def test_a_lost_request_is_made_again(lake, commits):
    put(lake, [fact(pieces=1), fact("M2")])
    commits(before=[CommitFailedError("busy"), OSError("gone")])
    put(lake, [fact(pieces=2)], at(("M1", TEN)), batch=1)
    assert rows(lake) == [fact(pieces=2), fact("M2")]


def test_what_cannot_be_written_now_is_to_be_tried_again(lake, commits):
    put(lake, [fact()], None, batch=1)
    commits(before=[OSError("the share is gone")] * 9)
    with pytest.raises(TransientError) as raised:
        put(lake, [fact("M2")], None, batch=2)
    assert raised.value.code == "lake.commit_failed"
    assert rows(lake) == [fact()]


ODD = "Fábrica 100% [A] {b} 'x' #1 ?&*"


@pytest.mark.parametrize("name", [ODD, "."])
def test_a_folder_may_have_any_name_or_be_the_one_we_are_in(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = Path(name) / "lake" if name == "." else tmp_path / name / "lake"
    lake = EmbeddedLake(folder)
    put(lake, [fact(), fact("M2")])
    put(lake, [fact(pieces=5)], at(("M1", TEN)))
    lake.tidy(FACTS, TEN + 90 * 24 * HOUR)
    lake.publish(1)
    assert rows(EmbeddedLake(folder, published_versions(folder))) == [fact(pieces=5), fact("M2")]


moments = st.integers(to_us(datetime(1990, 1, 1, tzinfo=UTC)), to_us(datetime(2100, 1, 1, tzinfo=UTC)))
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.lists(
        st.tuples(names, moments, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.dates().map(str)),
        min_size=1,
        max_size=4,
        unique_by=lambda row: row[:2],
    )
)
def test_another_reader_finds_every_row(tmp_path_factory, written):
    """Readers skip files by the bounds that the log tells: a wrong one would hide rows."""
    folder = tmp_path_factory.mktemp("lake")
    put(EmbeddedLake(folder), written, table=PLAIN)
    table = DeltaTable(str(folder / "silver" / "plain"))
    for machine, hour, pieces, heat_c, day in written:
        name = machine.replace("'", "''")
        where = f"machine = '{name}' AND hour = TIMESTAMP '{from_us(hour):%Y-%m-%dT%H:%M:%S.%f}Z' AND pieces = {pieces}"
        where += f" AND day = DATE '{day}'" if day >= "1000" else ""
        found = QueryBuilder().register("t", table).execute(f"SELECT heat_c FROM t WHERE {where}").read_all()
        assert found["heat_c"].to_pylist() == [heat_c], where


def test_a_broken_promise_writes_nothing(lake):
    put(lake, [fact()])
    for bad, code in (
        ([fact("M2"), fact("M2", pieces=2)], "lake.not_unique"),
        ([fact("M2", pieces=None)], "lake.value_empty"),
        ([fact(None)], "lake.value_empty"),
    ):
        with pytest.raises(ContractError) as raised:
            put(lake, bad)
        assert raised.value.code == code
    assert rows(lake) == [fact()]


def test_a_lake_is_read_as_of_its_versions(lake, tmp_path):
    put(lake, [fact(pieces=1)], at(("M1", TEN)))
    before = lake.versions()
    put(lake, [fact(pieces=2), fact("M2")], at(("M1", TEN), ("M2", TEN)))
    assert rows(EmbeddedLake(tmp_path / "lake", before)) == [fact(pieces=1)]
    assert rows(EmbeddedLake(tmp_path / "lake", lake.versions())) == [fact(pieces=2), fact("M2")]
    assert rows(EmbeddedLake(tmp_path / "lake", {})) == []


def test_readers_learn_which_versions_belong_together(lake, tmp_path):
    assert published_versions(tmp_path / "lake") == {}
    put(lake, [fact()])
    put(lake, [fact()], table=PLAIN)
    assert published_versions(tmp_path / "lake") == {}  # committed, not published
    lake.publish(3)
    assert published_versions(tmp_path / "lake") == lake.versions()
    assert json.loads((tmp_path / "lake" / "published.json").read_text())["batch"] == 3
    assert set(lake.versions()) == {"gold.test", "silver.plain"}


def test_a_new_sensor_is_a_new_column_empty_in_old_rows(lake, tmp_path):
    put(lake, [fact(heat_c=20.0)])
    more = Table(
        FACTS.name,
        FACTS.grain,
        (*FACTS.columns, Column("shake_mm_s", "double", "", null=True)),
        FACTS.unique,
        FACTS.partition,
    )
    old = EmbeddedLake(tmp_path / "lake", lake.versions())
    assert rows(old, more) == [(*fact(heat_c=20.0), None)]  # read before any row has it
    new = EmbeddedLake(tmp_path / "lake", lake.versions())
    new.replace(more, new.rows({**KINDS, "shake_mm_s": "double"}, [(*fact("M2"), 1.5)]), at(("M2", TEN)), 2)
    assert rows(new, more) == [(*fact(heat_c=20.0), None), (*fact("M2"), 1.5)]
    new.replace(more, new.rows({**KINDS, "shake_mm_s": "double"}, [(*fact("M1"), 2.5)]), at(("M1", TEN)), 3)
    assert rows(new, more) == [(*fact("M1"), 2.5), (*fact("M2"), 1.5)]


@pytest.mark.parametrize("table", [FACTS, DAILY, PLAIN], ids=lambda table: str(table.partition))
def test_a_sensor_that_was_taken_out_stays_in_old_rows_and_is_empty_in_new_ones(lake, tmp_path, table):
    put(lake, [fact(heat_c=20.0), fact("M2", heat_c=30.0)], table=table)
    less = replace(table, columns=tuple(column for column in table.columns if column.name != "heat_c"))
    kinds = {column.name: column.kind for column in less.columns}
    lake.replace(less, lake.rows(kinds, [("M2", TEN, 5, None)]), at(("M2", TEN)), 2)
    lake.replace(less, lake.rows(kinds, [("M3", TEN, 7, None)]), None, 3)
    assert rows(lake, table) == [fact(heat_c=20.0), fact("M2", TEN, 5), fact("M3", TEN, 7)]
    assert [column.name for column in lake.dropped_columns(less)] == ["heat_c"] and not lake.dropped_columns(table)
    assert rows(lake, less) == [("M1", TEN, 1, None), ("M2", TEN, 5, None), ("M3", TEN, 7, None)]
    with pytest.raises(ContractError, match=r"lake\.columns_differ"):
        put(lake, [fact("M4", heat_c=1.0)], table=less)
    delta = DeltaTable(str(tmp_path.joinpath("lake", *table.name.split("."))))
    assert (delta.protocol().min_reader_version, len(delta.schema().fields)) == (1, 5 + (table.partition is not None))


@pytest.mark.parametrize("table", [FACTS, DAILY, PLAIN], ids=lambda table: str(table.partition))
def test_tidying_changes_no_row(lake, tmp_path, table):
    written = [fact(f"M{n:02}", TEN - n % 2 * 24 * HOUR, n) for n in range(20)]
    for row in written:
        put(lake, [row], at(row[:2]), table=table)
    before = rows(lake, table)
    lake.tidy(table, TEN)
    assert rows(lake, table) == before == sorted(written)
    assert len(lake.files(table)) < 20
    assert rows(EmbeddedLake(tmp_path / "lake", lake.versions()), table) == before
    put(lake, [fact("M00", TEN, 99)], at(("M00", TEN)), table=table)
    assert fact("M00", TEN, 99) in rows(lake, table) and len(rows(lake, table)) == 20


@pytest.mark.parametrize("table", [FACTS, PLAIN], ids=lambda table: str(table.partition))
def test_the_version_readers_are_told_of_stays_readable_after_a_long_rest(tmp_path, table):
    """Delta expires its log's entries after 30 days, at a checkpoint: a commit may make one before readers are told."""
    lake = EmbeddedLake(tmp_path / "lake")
    log = tmp_path / "lake" / Path(*table.name.split(".")) / "_delta_log"
    rest = (datetime.now() - timedelta(days=40)).timestamp()
    for number in range(48):  # each 50th version gets a checkpoint
        put(lake, [fact(f"M{number:02}")], at((f"M{number:02}", TEN)), number + 1, table)
        told = lake.versions()
    for entry in log.iterdir():
        os.utime(entry, (rest, rest))
    for number in range(48, 51):
        put(lake, [fact(f"M{number:02}")], at((f"M{number:02}", TEN)), number + 1, table)
    assert len(rows(EmbeddedLake(tmp_path / "lake", told), table)) == 48
    told = lake.versions()
    lake.tidy(table, TEN)
    assert lake.versions() != told, "something was compacted"
    assert len(list(log.glob("*.json"))) < 10, "what expired is gone"
    assert len(rows(EmbeddedLake(tmp_path / "lake", told), table)) == len(rows(lake, table)) == 51


def test_only_the_partitions_of_the_keys_are_read_and_rewritten(lake):
    put(lake, [fact(hour=TEN), fact(hour=TEN - 40 * 24 * HOUR)])
    untouched = [path for path in lake.files(FACTS) if "month=2026-01" in path]
    put(lake, [fact(hour=TEN, pieces=5)], at(("M1", TEN)))
    assert [path for path in lake.files(FACTS) if "month=2026-01" in path] == untouched
    assert len(lake.files(FACTS, at(("M1", TEN)))) == 1


@pytest.fixture(scope="module")
def factory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("factory") / "plant"
    simulate_factory(folder, Simulation(machines=1, days=1, items_per_hour=60))
    return load(folder)


def test_every_table_stays_readable_by_everyone(factory, tmp_path):
    """Reader version 1, writer up to 4: what Athena, Dremio, Power BI and Trino read."""
    lake = EmbeddedLake(tmp_path / "lake")
    for table in all_tables(factory.sensors):
        kinds = {column.name: column.kind for column in table.columns}
        values = {
            "string": "x",
            "long": TEN,
            "integer": 1,
            "double": 1.5,
            "boolean": True,
            "timestamp": TEN,
            "date": "2026-03-02",
        }
        row = [values[kind] for kind in kinds.values()]
        lake.replace(table, lake.rows(kinds, [row]), None, 1)
        assert [list(found.values()) for found in lake.collect(lake.read(table))] == [row]
        handle = DeltaTable(str(Path(tmp_path / "lake").joinpath(*table.name.split("."))))
        protocol = handle.protocol()
        assert protocol.min_reader_version == 1 and protocol.min_writer_version <= 4, table.name
        assert not protocol.reader_features and not protocol.writer_features
        zones = {field.name: field.type.type for field in handle.schema().fields if "timestamp" in str(field.type.type)}
        assert set(zones.values()) <= {"timestamp"}, table.name


def test_a_table_that_is_gone_is_an_error_and_not_an_empty_table(tmp_path, lake):
    lake.replace(PLAIN, lake.rows(KINDS, [fact()]), None, 1)
    kept = lake.versions()
    shutil.rmtree(tmp_path / "lake/silver/plain/_delta_log")
    later = EmbeddedLake(tmp_path / "lake", kept)
    for act in (lambda: later.read(PLAIN), lambda: later.replace(PLAIN, later.rows(KINDS, [fact("M2")]), None, 2)):
        with pytest.raises(ContractError) as raised:
            act()
        assert raised.value.code == "lake.table_lost"


def test_a_data_file_that_is_gone_is_an_error(tmp_path, lake):
    lake.replace(PLAIN, lake.rows(KINDS, [fact()]), None, 1)
    for path in (tmp_path / "lake/silver/plain").glob("*.parquet"):
        path.unlink()
    with pytest.raises(ContractError) as raised:
        EmbeddedLake(tmp_path / "lake", lake.versions()).read(PLAIN)
    assert raised.value.code == "lake.table_lost"


@pytest.mark.parametrize("content", ["", "{"])
def test_a_spoilt_list_of_versions_is_named(tmp_path, content):
    (tmp_path / "published.json").write_text(content, encoding="utf-8")
    for read in (published_versions, published_batch):
        with pytest.raises(ContractError) as raised:
            read(tmp_path)
        assert raised.value.code == "lake.published_unreadable"
