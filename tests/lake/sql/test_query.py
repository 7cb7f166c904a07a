"""Real files, real DuckDB: what analysts write works, what nobody should is bounded, and each wall stands alone."""

# ruff: noqa: E501 - a statement stays on one line, as it was written

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from aponta.errors import ConfigError, ContractError, TransientError
from aponta.lake.sql import query
from aponta.lake.sql.query import Files, Source, View

ITEMS: dict[str, Any] = {
    "machine": "string", "counter": "long", "produced_at": "timestamp", "quality": "string", "cycle_s": "double",
    "pieces": "integer", "temperature_c": "double", "date": "date",
}  # fmt: skip
SECRET = "secret.parquet"
SEVEN = datetime(2026, 1, 5, 10, tzinfo=UTC)  # 07:00 at the plant


def escaped(path: Path) -> str:
    return str(path).replace("'", "''")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of two machines, an item a minute for an hour; only the second day's file knows temperature_c."""
    folder = tmp_path_factory.mktemp("lake's")
    with duckdb.connect() as writer:
        for day, extra in ((5, ""), (6, ", 20.5 + counter % 3 AS temperature_c")):
            path = folder / "items" / f"date=2026-01-0{day}" / "part-0.parquet"
            path.parent.mkdir(parents=True)
            writer.execute(
                f"""COPY (SELECT machine, counter, TIMESTAMPTZ '2026-01-0{day} 10:00:00+00' + to_minutes(counter) AS produced_at,
                    if(counter % 10 = 0, 'scrap', 'good') AS quality, 2.5 + counter / 100 AS cycle_s, 1::INTEGER AS pieces {extra}
                    FROM range(60) r(counter), (VALUES ('M01'), ('M02')) m(machine)) TO '{escaped(path)}'"""
            )
        writer.execute(f"COPY (SELECT 1 AS secret) TO '{escaped(folder / SECRET)}'")
    (folder / "items" / "_delta_log").mkdir()
    (folder / "plain.csv").write_text("a,b\n1,2\n")
    return folder


@pytest.fixture(scope="module")
def sources(lake: Path) -> Mapping[str, Source]:
    stops: dict[str, Any] = {"machine": "string", "started_at": "timestamp", "ms": "long", "day": "date"}
    return {
        "silver.items": Files(tuple(str(path) for path in sorted((lake / "items").rglob("*.parquet"))), ITEMS),
        "silver.stops": Files((), stops),
        "kpi.oee": View("SELECT machine, date, sum(pieces) AS produced FROM silver.items GROUP BY ALL"),
        "kpi.oee_iso22400": View("SELECT machine, sum(produced) AS produced FROM kpi.oee GROUP BY ALL"),
    }


def ask(sources: Mapping[str, Source], sql: str) -> list[tuple[Any, ...]]:
    """As `run` does, but here: a process for each would make a slow test."""
    _, *batches = query.answer(sql, dict(sources), None, 256, None, 1000)
    return [row for batch in batches for row in batch]


HONEST: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("select count(*) from silver.items", [(240,)]),
    ("from silver.items select machine, sum(pieces) group by all order by all", [("M01", 120), ("M02", 120)]),
    ("select count(*) from silver.items where date = '2026-01-06' and machine ilike 'm01'", [(60,)]),
    ("select min(produced_at) from silver.items", [(SEVEN,)]),
    ("select distinct date_trunc('hour', produced_at) h from silver.items order by h limit 1", [(SEVEN,)]),
    ("select min(produced_at at time zone 'America/Sao_Paulo') from silver.items", [(datetime(2026, 1, 5, 7),)]),
    ("select strftime(min(produced_at at time zone 'America/Sao_Paulo'), '%d/%m/%Y %H:%M') from silver.items", [("05/01/2026 07:00",)]),
    ("select extract(hour from min(produced_at)), date_part('dow', min(date)), isodow(min(date)) from silver.items", [(10, 1, 1)]),
    ("select max(produced_at) - min(produced_at) from silver.items", [(timedelta(days=1, minutes=59),)]),
    ("select count(*) from silver.items where produced_at < timestamptz '2026-01-05 10:10:00+00' + interval 5 minutes", [(30,)]),
    ("select quantile_cont(cycle_s, 0.5), median(cycle_s) from silver.items", [(2.795, 2.795)]),
    ("select quantile_cont(counter, [0.25, 0.75]) from silver.items", [([14.75, 44.25],)]),
    ("select string_agg(distinct machine, ', ' order by machine) from silver.items", [("M01, M02",)]),
    ("select list(distinct quality order by quality) from silver.items", [(["good", "scrap"],)]),
    ("select sum(case when quality = 'scrap' then pieces else 0 end) from silver.items", [(24,)]),
    ("select count(*) filter (where quality = 'scrap') / count(*) from silver.items", [(0.1,)]),
    ("select round(avg(cycle_s), 3), stddev_samp(pieces) from silver.items", [(2.795, 0.0)]),
    ("select counter, lag(counter) over (partition by machine, date order by counter) from silver.items"
     " qualify row_number() over (order by machine, date, counter) = 2", [(1, 0)]),
    ("select machine from silver.items qualify row_number() over (partition by machine order by produced_at desc) = 1 order by 1",
     [("M01",), ("M02",)]),
    ("select max(s) from (select sum(pieces) over w s from silver.items window w as (partition by machine order by produced_at"
     " rows between 4 preceding and current row))", [(5,)]),
    ("select * exclude (counter, produced_at, cycle_s, temperature_c) from silver.items order by all limit 1",
     [("M01", "good", 1, date(2026, 1, 5))]),
    ("select * replace (upper(quality) as quality) from (select quality from silver.items) limit 1", [("SCRAP",)]),
    ("select max(columns(['counter', 'pieces'])) from silver.items", [(59, 1)]),
    ("select count(columns(*)) from silver.items", [(240, 240, 240, 240, 240, 240, 120, 240)]),
    ("select count(columns('^c')) from silver.items", [(240, 240)]),
    ("select * from (pivot (select machine, quality, pieces from silver.items) on quality in ('good', 'scrap') using sum(pieces))"
     " order by machine", [("M01", 108, 12), ("M02", 108, 12)]),
    ("unpivot (select 1 as a, 2 as b) on a, b into name n value v order by n", [("a", 1), ("b", 2)]),
    ("with good as (from silver.items where quality = 'good'), m as (select machine, count(*) n from good group by 1)"
     " select max(n) from m", [(108,)]),
    ("with recursive r as (select 1 i union all select i + 1 from r where i < 5) select sum(i) from r", [(15,)]),
    ("select i.machine, count(s.ms) from silver.items i left join silver.stops s on s.machine = i.machine group by 1 order by 1",
     [("M01", 0), ("M02", 0)]),
    ("select count(*) from silver.items i asof join silver.items j on i.machine = j.machine and i.produced_at >= j.produced_at",
     [(240,)]),
    ("select count(*) from silver.items where machine in (select machine from silver.items where counter = 3)", [(240,)]),
    ("select machine, quality, grouping(quality) from silver.items group by rollup (machine, quality) order by all limit 1",
     [("M01", "good", 0)]),
    ("select h, count(i.machine) from generate_series(timestamptz '2026-01-05 10:00:00+00', timestamptz '2026-01-05 11:00:00+00',"
     " interval 1 hour) t(h) left join silver.items i on date_trunc('hour', i.produced_at) = h group by 1 order by 1",
     [(SEVEN, 120), (SEVEN + timedelta(hours=1), 0)]),
    ("select time_bucket(interval 30 minutes, produced_at) b, count(*) from silver.items group by 1 order by 1 limit 1", [(SEVEN, 60)]),
    ("select [x * 2 for x in [1, 2, 3] if x > 1], {'a': 1}.a, list_filter([1, 2], lambda x: x > 1)", [([4, 6], 1, [2])]),
    ("select unnest([1, 2]) union all select 3 order by 1", [(1,), (2,), (3,)]),
    ("values (1, 'a'), (2, 'b')", [(1, "a"), (2, "b")]),
    ("select try_cast('x' as int), coalesce(null, 1), nullif(1, 1), 7 // 2, 7 % 4, 2 ** 3", [(None, 1, None, 3, 3, 8.0)]),
    ("select regexp_extract('M01_20260105', '\\d+$'), split_part('a;b', ';', 2), lpad('7', 3, '0')", [("20260105", "b", "007")]),
    ("select 1.50::decimal(10, 2), 170141183460469231731687303715884105727, date '2026-01-05'",
     [(Decimal("1.50"), 2**127 - 1, date(2026, 1, 5))]),
    ("select 'ção' as \"opinião\", $$it's$$; -- the end", [("ção", "it's")]),
    ("select arg_max(machine, counter), mode(quality), count(distinct machine), any_value(pieces) from silver.items where machine = 'M02'",
     [("M02", "good", 1, 1)]),
    ("select produced from kpi.oee_iso22400 order by machine", [(120,), (120,)]),
    ("select * from silver.stops", []),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "rows"), HONEST)
def test_honest_queries_work(sources: Mapping[str, Source], sql: str, rows: list[tuple[Any, ...]]) -> None:
    assert ask(sources, sql) == rows


def test_columns_say_their_kinds(sources: Mapping[str, Source]) -> None:
    sql = "select produced_at, date, counter, pieces, cycle_s, machine, true b, produced_at::timestamp t, 1.5 d, [1] l, [now()] n, sum(1) over () h"
    answer = query.run_sql(f"{sql} from silver.items order by counter desc, machine, date", sources, rows=3)
    kinds = "timestamp date long integer double string boolean timestamp_ntz decimal integer[] string long"
    assert " ".join(kind for _, kind in answer.columns) == kinds
    assert answer.cut and len(answer.rows) == 3
    assert answer.rows[0][:6] == (SEVEN + timedelta(minutes=59), date(2026, 1, 5), 59, 1, 3.09, "M01")


def test_an_answer_as_long_as_the_limit_is_whole(sources: Mapping[str, Source]) -> None:
    answer = query.run_sql("select counter from silver.items", sources, rows=240)
    assert len(answer.rows) == 240 and not answer.cut


def test_files_of_other_days_are_not_opened(sources: Mapping[str, Source]) -> None:
    with query.locked({"silver.items": sources["silver.items"]}, 256) as connection:
        [(_, plan)] = connection.execute(
            "EXPLAIN SELECT max(counter) FROM silver.items WHERE date = '2026-01-06'"
        ).fetchall()
    assert "1/2" in plan or duckdb.__version__ >= "2"  # DuckDB 2 skips them too, and its plan does not say so


def test_the_names_one_may_use_are_not_those_that_views_rest_on(sources: Mapping[str, Source]) -> None:
    assert query.run_sql("from kpi.oee_iso22400", sources, tables=["kpi.oee_iso22400"]).rows
    with pytest.raises(ConfigError, match="sql_unknown_table"):
        query.run_sql("from silver.items", sources, tables=["kpi.oee_iso22400"])


@pytest.mark.parametrize(
    "sql",
    ["select nothing from silver.items", "select 'a'::int", "select sum(machine) from silver.items", "select lower()"],
)
def test_what_duckdb_refuses_is_wrong_sql(sources: Mapping[str, Source], sql: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        ask(sources, sql)
    assert wrong.value.code == "lake.sql_wrong" and "\n" not in str(wrong.value.facts["message"])


def test_a_file_that_is_gone_can_be_tried_again(lake: Path) -> None:
    gone: Mapping[str, Source] = {"silver.items": Files((str(lake / "gone.parquet"),), ITEMS)}
    with pytest.raises(TransientError, match="sql_files"):
        ask(gone, "from silver.items")


ENDLESS = [
    "select count(*) from range(100000000000) a, range(1000000) b",
    "with recursive r as (select 1 i union all select i + 1 from r) select max(i) from r",
    "select levenshtein(repeat('a', 200000), repeat('b', 200000))",  # one call of one function: deaf to an interrupt
]
HUGE = [
    "select repeat('x', 2000000000)",
    "select len(range(1000000000))",
    "select length(string_agg(i::varchar, ',')) from range(100000000) t(i)",
    "select list_sort(range(300000000))[1]",
    "select a.i, b.i from range(1000000) a(i), range(1000000) b(i) order by 1 desc, 2",
    "with a as (select repeat('x', 100000000) s), b as (select s||s||s||s||s||s||s||s s from a) select length(s||s||s) from b",
    "select replace(repeat('a', 10000000), 'a', repeat('b', 10000))",
    "with recursive r as (select 'x' s union all select s || s from r) select max(length(s)) from r",
]


@pytest.mark.parametrize("sql", ENDLESS)
def test_the_endless_is_ended(sources: Mapping[str, Source], sql: str) -> None:
    began = datetime.now(UTC)
    with pytest.raises(TransientError) as ended:
        query.run_sql(sql, sources, seconds=1)
    assert (ended.value.code, ended.value.facts) == ("lake.sql_too_long", {"seconds": 1})
    assert datetime.now(UTC) - began < timedelta(seconds=10)


@pytest.mark.parametrize("sql", HUGE)
def test_the_huge_is_ended(sources: Mapping[str, Source], sql: str) -> None:
    with pytest.raises((ContractError, TransientError)) as ended:
        query.run_sql(sql, sources, seconds=20, memory_mb=128)
    assert ended.value.code in ("lake.sql_too_big", "lake.sql_too_long")


@pytest.mark.parametrize("sql", ["copy silver.items to 'x.csv'", "select * from read_text('/etc/passwd')"])
def test_run_goes_through_the_gate(sources: Mapping[str, Source], sql: str) -> None:
    with pytest.raises(ConfigError, match="sql_"):
        query.run_sql(sql, sources)


def test_a_regular_expression_cannot_run_away(sources: Mapping[str, Source]) -> None:
    assert ask(sources, "select regexp_matches(repeat('a', 1000000), '(a*)*b')") == [(False,)]


def test_large_sorts_spill_where_they_may(sources: Mapping[str, Source], tmp_path: Path) -> None:
    sql = "select max(s) from (select repeat('x', 60) || i s from range(3000000) t(i) order by s desc offset 1)"
    with pytest.raises(ContractError, match="sql_too_big"):
        query.run_sql(sql, sources, memory_mb=64)
    assert query.run_sql(sql, sources, memory_mb=64, temp=tmp_path).rows == [("x" * 60 + "999998",)]


# The walls behind the gate, each alone.

BEHIND = """
select * from '{lake}/secret.parquet'
select * from read_parquet('{lake}/*.parquet')
select * from read_csv('{lake}/plain.csv')
select * from read_text('/etc/passwd')
select * from '/etc/passwd'
select * from glob('{lake}/**')
copy (select 1) to '{lake}/items/_delta_log/00000000000000000001.json'
copy (select 1) to '{lake}/items/date=2026-01-05/part-9.parquet'
copy (select 1) to '{lake}/items/date=2026-01-05/part-0.parquet'
copy (select 1) to '{lake}/new.csv'
copy (select 1) to '/dev/stdout'
export database '{lake}/out'
attach '{lake}/new.db'
install httpfs
load httpfs
select * from 'https://example.org/x.parquet'
set enable_external_access = true
set allowed_paths = ['/']
set memory_limit = '100GB'
reset lock_configuration
select * from variable_of_ours
"""


@pytest.mark.parametrize("sql", BEHIND.strip().split("\n"))
def test_the_locked_connection_alone_refuses(lake: Path, sources: Mapping[str, Source], sql: str) -> None:
    variable_of_ours = [1]
    before = _bytes_of(lake)
    with query.locked({"silver.items": sources["silver.items"]}, 256) as connection, pytest.raises(duckdb.Error):
        connection.execute(sql.format(lake=escaped(lake))).fetchall()
    assert _bytes_of(lake) == before and variable_of_ours


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{file}' (format parquet, use_tmp_file false)",  # the connection alone would let this write
        "select 1; copy (select 1) to '{file}' (format parquet, use_tmp_file false)",
        "attach '{file}' as a",
        "pragma database_list",
        "create table t as select 1",
        "",
    ],
)
def test_only_a_select_becomes_the_answer(lake: Path, sources: Mapping[str, Source], sql: str) -> None:
    before = _bytes_of(lake)
    file = escaped(lake / "items" / "date=2026-01-05" / "part-0.parquet")
    with (
        query.locked({"silver.items": sources["silver.items"]}, 256) as connection,
        pytest.raises((duckdb.Error, ConfigError)),
    ):
        query.prepare_answer(connection, sql.format(file=file))
    assert _bytes_of(lake) == before


def _bytes_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_to_parquet(sources: Mapping[str, Source], tmp_path: Path) -> None:
    path = tmp_path / "it's the answer.parquet"
    assert query.to_parquet("select * from silver.items; -- all", sources, path) == 240
    assert query.to_parquet("select machine, produced_at from silver.items order by all limit 2", sources, path) == 2
    answer = Files((str(path),), {"machine": "string", "produced_at": "timestamp"})
    assert ask({"out.answer": answer}, "from out.answer") == [("M01", SEVEN), ("M01", SEVEN + timedelta(minutes=1))]
    assert list(tmp_path.iterdir()) == [path]


def test_an_extract_that_fails_leaves_what_was_there(sources: Mapping[str, Source], tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.write_bytes(b"older")
    with pytest.raises(TransientError, match="sql_too_long"):
        query.to_parquet("select a.range from range(100000000000) a", sources, path, seconds=1)
    with pytest.raises(ConfigError, match="sql_wrong"):
        query.to_parquet("select (i - 90000)::utinyint from range(90000) t(i)", sources, path)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b"older"
