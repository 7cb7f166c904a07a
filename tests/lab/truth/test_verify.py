"""verify() over tables in DuckDB, filled from a plain reading of the text and from truth.json."""

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from aponta.errors import ConfigError
from aponta.lab.delivery import AGAIN
from aponta.lab.truth.verify import Comparison, verify_truth
from aponta.words import LANGUAGES, Words

ZONE = ZoneInfo("America/Sao_Paulo")
QUALITY = {"A": "good", "R": "scrap", "T": "rework"}


@pytest.fixture(scope="module")
def right_tables(
    plain_faults: Path,
    truth_of: Callable[[Path], dict[str, Any]],
    records: Callable[[Path], list[list[str]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[duckdb.DuckDBPyConnection]:
    truth = truth_of(plain_faults)
    quarantine = [
        {
            "name": row["file"],
            "machine": row["machine"],
            "text": f"{row['machine']};{row['counter']};30/02/2026",
            "row_no": None,
            "reason": "time",
        }
        for row in truth["withheld"]
        if row["counter"]
    ]
    filled = {
        "silver.items": known_items(plain_faults, records),
        "silver.stops": [{**stop, "reason": None, "told": ""} for stop in truth["stops"]],  # of gaps nobody tells why
        "silver.hours": [{name: hour[name] for name in ("machine", "hour", "unseen")} for hour in truth["hours"]],
        "silver.files": [
            {"status": status, "reason": "wrong_machine" if status == "quarantined" else None, "flags": None}
            for status, files in truth["files"].items()
            for _ in range(files)
        ],
        "silver.quarantine": [
            *quarantine,
            *(
                {"name": "M01.txt", "machine": "M01", "text": "@@@@", "row_no": 7, "reason": reason}
                for reason, rows in truth["set_aside"].items()
                for _ in range(rows)
            ),
        ],
        "gold.stock_declarations": [{"product": "PNL-20-AL", "quality": "good", "pieces": 7, "state": "acknowledged"}],
        "gold.production": truth["production"],
        "kpi.oee": truth["oee"],
    }
    with duckdb.connect() as lake:
        lake.execute("create schema silver; create schema gold; create schema kpi")
        for table, rows in filled.items():
            fill(lake, table, rows, tmp_path_factory.mktemp("rows") / "rows.csv")
        columns = ("machine", "started_at", "state", "code", "reason")
        lake.execute(
            f"create table silver.states ({', '.join(f'{name} varchar' for name in columns)})"
        )  # presses: none
        yield lake


@pytest.fixture
def tables(right_tables: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a test does to them is undone after it."""
    right_tables.begin()
    yield right_tables
    right_tables.rollback()


def known_items(folder: Path, records: Callable[[Path], list[list[str]]]) -> list[dict[str, Any]]:
    """What an honest reader makes of the plain_faults files: the version in force, each item once, no spoilt row."""
    items: dict[tuple[str, ...], dict[str, Any]] = {}
    landing = folder / "landing"
    for path in sorted(landing.glob("*.txt")):
        again = landing / AGAIN / path.name
        file = again if again.exists() else path
        header = file.read_bytes().removeprefix(b"# maquina=")[:3].decode()
        for row in records(file):
            try:
                machine, counter, moment, product, quality, cycle, degrees, shakes = row
                made = datetime.strptime(moment, "%d/%m/%Y %H:%M:%S.%f").replace(tzinfo=ZONE).astimezone(UTC)
            except ValueError:
                continue
            numbers = all(re.fullmatch(r"\d+,\d+", each) for each in (cycle, degrees, shakes))
            if numbers and "\ufffd" not in product and machine == header == path.name[:3]:
                items[machine, counter, moment] = {
                    "machine": machine,
                    "counter": int(counter),
                    "hour": f"{made:%Y-%m-%dT%H}:00:00Z",
                    "quality": QUALITY[quality],
                }
    return list(items.values())


def fill(lake: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    kinds = {column: "bigint" if isinstance(value, int) else "varchar" for column, value in rows[-1].items()}
    lake.execute(f"create table {table} as select * from read_csv('{path}', columns = {kinds})")


def compared(
    folder: Path, lake: duckdb.DuckDBPyConnection, on_hand: Mapping[tuple[str, str], float] | None = None
) -> dict[str, Comparison]:
    def query(sql: str) -> list[dict[str, Any]]:
        answer = lake.execute(sql)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    truth = json.loads((folder / "truth.json").read_text())
    true = {(row["product"], row["location"]): row["pieces"] for row in truth["stock"]}
    return {each.measure: each for each in verify_truth(folder, query, lambda: true if on_hand is None else on_hand)}


def test_right_tables_have_no_difference(plain_faults: Path, tables: duckdb.DuckDBPyConnection) -> None:
    for each in compared(plain_faults, tables).values():
        assert each.differences == 0, each
        assert each.truth == each.tables


@pytest.mark.parametrize(
    ("mischief", "measures"),
    [
        (
            "delete from silver.items where counter = (select max(counter) from silver.items where quality = 'scrap')",
            {"items", "scrap", "counter_sum"},
        ),
        ("update silver.items set quality = 'good' where quality = 'rework'", {"good", "rework"}),
        ("update gold.production set pieces = pieces + 1 where pieces = 3", {"production"}),
        ("update silver.stops set ms = ms + 1 where kind = 'stop'", {"stops"}),
        ("update silver.stops set kind = 'stop' where kind = 'changeover'", {"stops"}),
        ("delete from silver.stops where kind = 'changeover'", {"stops"}),
        ("update silver.stops set reason = 'jam' where kind = 'stop'", {"stops"}),
        ("insert into silver.states values ('M01', '2026-03-02T10:00:00Z', 'run', 'RUN', null)", {"states"}),
        ("update kpi.oee set run_ms = run_ms - 1, stop_ms = stop_ms + 1 where stop_ms > 0", {"run_ms", "stop_ms"}),
        ("update kpi.oee set planned_down_ms = planned_down_ms + 1 where run_ms > 0", {"planned_down_ms", "oee"}),
        ("update silver.hours set unseen = unseen + 1 where hour like '%T11%'", {"unseen"}),
        ("insert into silver.files values ('new', null, null)", {"files"}),
        ("update silver.files set reason = 'empty' where reason is not null", {"refused"}),
        ("update silver.files set flags = 'clock' where status = 'version'", {"flagged"}),
        ("delete from silver.quarantine where text not like '@%'", {"withheld"}),
        ("update silver.quarantine set reason = 'number' where reason = 'time'", {"set_aside"}),
        ("update gold.stock_declarations set state = 'rejected'", {"rejected"}),
    ],
)
def test_a_planted_difference_is_found(
    mischief: str, measures: set[str], plain_faults: Path, tables: duckdb.DuckDBPyConnection
) -> None:
    tables.execute(mischief)
    assert {name for name, each in compared(plain_faults, tables).items() if each.differences} == measures


def test_a_difference_names_its_keys(plain_faults: Path, tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("delete from silver.items where machine = 'M02' and hour = '2026-03-02T11:00:00Z'")
    (example,) = compared(plain_faults, tables)["items"].examples
    assert example.startswith("M02 2026-03-02T11:00:00Z: ") and example.endswith(" / 0")


def test_stock_that_nobody_made_is_found(plain_faults: Path, tables: duckdb.DuckDBPyConnection) -> None:
    stock = compared(plain_faults, tables, {("PNL20AL", "SP1/finished"): 1})["stock"]
    assert stock.differences >= 5 and stock.tables == 1


def test_every_measure_has_its_word(plain_faults: Path, tables: duckdb.DuckDBPyConnection) -> None:
    for language in LANGUAGES:
        for measure in compared(plain_faults, tables):
            assert Words(language).say(f"lab.measure.{measure}")


def test_a_folder_without_truth_is_no_simulated_one(tmp_path: Path, plain_faults: Path) -> None:
    shutil.copy(plain_faults / "aponta.toml", tmp_path)
    with pytest.raises(ConfigError, match=r"lab\.no_truth"):
        verify_truth(tmp_path, lambda sql: [], dict)
