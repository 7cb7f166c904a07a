"""Rules 6 to 10: ratios are never stored, facts can be traced, runs repeat without effect, checks come before commits,
times are UTC.
"""

import dataclasses
import json
from pathlib import Path

import pytest
from deltalake import DeltaTable
from factory import deliver, everything, make, name, on_hand, run, steady, text, versions

from aponta.contract.table import Table
from aponta.errors import ContractError
from aponta.pipeline.report import STEPS
from aponta.refine.gold import production
from aponta.refine.kpi import oee
from aponta.refine.tables import all_tables

RATIOS = ("ratio", "rate", "percent", "pct", "availability", "effectiveness", "performance", "oee")
UNITS = ("_ms", "_us", "_s", "_brl")


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> list[Table]:
    return all_tables(make(tmp_path_factory.mktemp("declared")).sensors)


def test_times_are_zone_aware(declared: list[Table]) -> None:
    times = 0
    for table in declared:
        for column in table.columns:
            is_time = column.name == "hour" or column.name.endswith("_at")
            times += is_time
            assert (column.kind == "timestamp") == is_time, f"{table.name}.{column.name}"
        assert (
            table.partition is None
            or {column.name: column.kind for column in table.columns}[table.clock] == "timestamp"
        )
    assert times > 10


def test_facts_can_be_traced(declared: list[Table]) -> None:
    """To a file and its row; or to a machine and a time, whose items name them."""
    for table in declared:
        columns = {column.name for column in table.columns}
        assert "file_sha256" in columns or ("machine" in columns and {"hour", "started_at"} & columns), table.name


def test_ratios_are_not_stored(declared: list[Table]) -> None:
    for table in declared:
        for column in table.columns:
            assert not any(word in column.name for word in RATIOS), f"{table.name}.{column.name}"
    kpi = {column.name: column for column in oee.TABLE.columns}
    assert {column.kind for column in kpi.values() if column.name.endswith("_ms")} == {"long"}


def test_durations_carry_their_unit(declared: list[Table]) -> None:
    for table in declared:
        for column in table.columns:
            if column.kind == "double" and column.name != "quantity":
                assert column.name.endswith(UNITS) or column.meaning.startswith("sensor"), f"{table.name}.{column.name}"


def test_a_table_says_what_it_holds(declared: list[Table]) -> None:
    for table in declared:
        assert table.grain
        for column in table.columns:
            assert column.meaning, f"{table.name}.{column.name}"


def test_every_step_can_run_again_and_changes_nothing(tmp_path: Path) -> None:
    factory = make(tmp_path)
    deliver(factory, name("M01", 0), text("M01", steady(0)))
    deliver(factory, name("N01", 0), text("N01", steady(0)))
    assert run(factory).counts.files["new"] == 2
    before, at = everything(factory), versions(factory)
    assert on_hand(factory)
    for step in STEPS:
        again = run(factory, steps=(step,))
        assert again.counts.files["seen"] == again.shipped.prepared == 0
    assert everything(factory) == before
    assert versions(factory) == at


def test_tables_stay_readable_by_others(tmp_path: Path) -> None:
    """Reader 1, writer 4 at most: what Athena, Dremio, Power BI, Trino and Fabric read."""
    factory = make(tmp_path)
    deliver(factory, name("M01", 0), text("M01", steady(0)))
    run(factory)
    for table in versions(factory):
        protocol = DeltaTable(str(factory.lake_folder.joinpath(*table.split(".")))).protocol()
        assert protocol.min_reader_version == 1, table
        assert protocol.min_writer_version <= 4, table


def test_a_failed_check_stops_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write, audit, publish: no fact is committed; readers see nothing, nor does stock."""
    factory = make(tmp_path)
    deliver(factory, name("M01", 0), text("M01", [*steady(0, 6), *steady(0, 6, first=7, quality="R")]))
    sound = production.TABLE
    monkeypatch.setattr(production, "TABLE", dataclasses.replace(sound, unique=("machine",)))
    with pytest.raises(ContractError, match=r"lake\.not_unique.*gold\.production"):
        run(factory)
    assert versions(factory) == {}
    assert DeltaTable(str(factory.lake_folder / "silver" / "items")).version() == 0  # the empty table
    assert not (factory.lake_folder / "kpi").exists()
    assert not (factory.folder / "data" / "stock.db").exists() or not on_hand(factory)

    monkeypatch.setattr(production, "TABLE", sound)
    run(factory)
    told = json.loads((factory.lake_folder / "published.json").read_text())
    assert set(told["tables"]) >= {"silver.items", "gold.production", "kpi.oee"}
    assert sum(on_hand(factory).values()) == 12
