"""The battery: what people may not write is refused, what they honestly write passes (test_query runs it)."""

import pytest

from aponta.errors import ConfigError
from aponta.lake.sql import gate

TABLES = ("silver.items", "silver.stops", "gold.production", "kpi.oee_iso22400")

FILES = """
select * from '/etc/passwd'
select * from "/etc/passwd"
select * from 'x.parquet'
select * from "x.parquet"
from 'x.csv'
table "x.csv"
select * from 'data/lake/silver/items/*.parquet'
select * from 's3://bucket/key.parquet'
select * from 'https://example.org/x.csv'
select * from silver.items, 'x.parquet'
select * from silver.items join '/etc/passwd' on true
select (select max(a) from 'x.csv')
select * from silver.items where exists (from 'x.csv')
select * from silver.items order by (select 1 from 'x.csv')
select 1 limit (select count(*) from 'x.csv')
select 1 union all select * from 'x.csv'
with "x.csv" as (select * from "x.csv") select * from "x.csv"
with a as (select * from b), b as (select 1) select * from a
with recursive r as (select * from r union all select 1) select * from r
select * from (with t as (select 1) select * from t) u, t
select * from read_csv('/etc/passwd')
select * from READ_CSV_AUTO('/etc/passwd')
select * from "read_csv"('/etc/passwd')
select * from main.read_csv('/etc/passwd')
select * from read_parquet(['a.parquet'])
select * from parquet_scan('a.parquet')
select * from parquet_metadata('a.parquet')
select * from parquet_schema('a.parquet')
select * from read_json('a.json')
select * from read_ndjson_objects('a.json')
select * from read_text('/etc/passwd')
select * from read_blob('/etc/passwd')
select * from read_duckdb('a.db')
select * from sniff_csv('/etc/passwd')
select * from glob('/*')
select * from silver.items, lateral (select * from read_text('/etc/passwd')) l
select * from silver.items i, lateral read_text(i.machine)
select (select content from read_text('/etc/passwd'))
select [x for x in (select list(content) from read_text('/etc/passwd'))]
select * from (values ((select 1 from read_text('x'))))
with a as materialized (select * from read_text('x')) select 1
select sum(pieces) over (order by (select 1 from read_text('x'))) from silver.items
select * from silver.items qualify row_number() over () = (select 1 from read_text('x'))
select * from (pivot read_text('x') on content in ('a') using count(*))
select list_transform([1], lambda x: (select content from read_text('x')))
select * from range((select count(*) from read_text('x')))
"""
SYSTEM = """
select getenv('HOME')
select GetEnv('HOME')
select "getenv"('HOME')
select main.getenv('HOME')
select system.main.getenv('HOME')
select 'HOME'.getenv()
select current_setting('access_mode')
select getvariable('x')
select nextval('s')
select version()
select pg_catalog.version()
select txid_current()
select current_query()
select write_log('x')
select sleep_ms(100000)
select json_serialize_sql('select 1')
select json_serialize_plan('select 1')
select pg_get_viewdef(1)
select pg_sleep(100)
select cast_to_type('a', null::int)
select query('select 1')
select * from query('select * from read_text(''/etc/passwd'')')
select * from query_table('silver.items')
select * from query_table(['x.csv'])
select * from json_execute_serialized_sql('{}')
select * from duckdb_settings()
select * from duckdb_tables()
select * from duckdb_functions()
select * from duckdb_secrets()
select * from duckdb_tables
select * from sqlite_master
select * from pragma_table_info('silver.items')
select * from pragma_version()
select * from information_schema.tables
select * from pg_catalog.pg_tables
select * from system.information_schema.tables
select * from memory.silver.items
select * from seq_scan('items')
select * from test_all_types()
select * from which_secret('x', 's3')
select * from checkpoint()
select * from enable_logging()
select * from pandas_scan(1)
select * from arrow_scan(1, 2, 3)
select * from python_map_function(1)
select * from (describe silver.items)
describe silver.items
summarize silver.items
show tables
select * from (show all tables)
select * from silver.items at (version => 1)
select ?
select $1
select * from silver.items where machine = $machine
"""
STATEMENTS = r"""
copy silver.items to 'out.csv'
copy (select 1) to '/etc/passwd'
copy silver.items from 'x.csv'
attach 'x.db'
attach ':memory:' as m
detach memory
use memory
pragma database_list
pragma enable_profiling
set memory_limit = '100GB'
set enable_external_access = true
reset lock_configuration
install httpfs
load httpfs
force install httpfs from 'http://example.org'
export database 'x'
import database 'x'
create table t as select 1
create or replace view silver.items as select 1
create macro f(x) as x
create macro f() as table select * from 'x.csv'
create secret (type s3)
create type t as enum (select machine from silver.items)
drop table silver.items
delete from silver.items
update silver.items set machine = ''
insert into silver.items select * from silver.items
merge into silver.items using silver.stops on true when matched then delete
alter table silver.items add column x int
vacuum
checkpoint
call pragma_version()
explain select 1
explain analyze select 1
prepare p as select 1
execute p
begin
comment on table silver.items is 'x'
with t as (insert into silver.items values (1) returning *) select * from t
with t as (delete from silver.items returning *) select * from t
select 1; select 2
select 1; copy (select 1) to 'x'
select 1 /* ; */; attach 'x.db'
; drop table silver.items
select ';'; install httpfs
select $$;$$; load httpfs
select $x$ $$ ; $x$; pragma database_list
; ; select 1 ; select 1
select 1;; set threads = 1
/* select */ copy (select 1) to 'x'
-- select 1
pragma show_tables
se/**/lect 1
\u0073elect 1
select 1\; select 2
select U&'\0027; select 2
pivot silver.items on quality using sum(pieces)
select * from (pivot silver.items on quality using count(*))
"""
WHOLE = [
    "",
    ";",
    "-- nothing",
    "select 1 -- ;\n; drop table silver.items",
    "select 1\r\n;\r\nattach 'x.db'",
    "select E'\\';' ; select 2",
    "select '\ud800'",
    "select '\0'; copy (select 1) to 'x'",
    "select " + "(" * 50_000 + "1" + ")" * 50_000,
    "select * from (" * 3_000 + "select 1" + ")" * 3_000,
    "select " + "getenv(" * 400 + "1" + ")" * 400,
]
HOSTILE = [*(FILES + SYSTEM + STATEMENTS).replace("\n\n", "\n").strip().split("\n"), *WHOLE]


@pytest.mark.parametrize("sql", HOSTILE)
def test_hostile_is_refused(sql: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        gate.check_sql(sql, TABLES)
    assert refusal.value.code.startswith("lake.sql_")


def test_the_battery_is_as_large_as_promised() -> None:
    assert len(HOSTILE) >= 80 and len(set(HOSTILE)) == len(HOSTILE)


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("select 1", set()),
        ("from silver.items", {"silver.items"}),
        ("SELECT * FROM SILVER.Items", {"silver.items"}),
        ('select * from "silver"."items";', {"silver.items"}),
        (
            "select 1 from silver.items i join gold.production p using (machine) -- the end;",
            {"silver.items", "gold.production"},
        ),
        ("select * from silver.items union all by name select * from silver.stops", {"silver.items", "silver.stops"}),
        ("select (select max(ms) from silver.stops)", {"silver.stops"}),
        ("with items as (from silver.items) from items", {"silver.items"}),
        ("with A as (select 1), b as (from a) from B", set()),
        ("with recursive r as (select 1 as i union all select i + 1 from r where i < 9) from r", set()),
        ("with t as (select 1 as x) from range(3), lateral (from t)", set()),
        ("with a as (with b as (from silver.items) from b) from a", {"silver.items"}),
        # the table's whole name is the table, whatever WITH calls its own
        ('with "silver.items" as (select 1) from silver.items', {"silver.items"}),
    ],
)
def test_what_is_read_is_told(sql: str, read: set[str]) -> None:
    assert gate.check_sql(sql, TABLES) == read


def test_the_name_is_told_as_the_lake_writes_it() -> None:
    assert gate.check_sql("from kpi.OEE", ["KPI.oee"]) == {"KPI.oee"}


@pytest.mark.parametrize(
    ("sql", "code", "facts"),
    [
        ("select * from items", "lake.sql_unknown_table", {"table": "items", "nearest": "silver.items"}),
        ("select * from kpi.oee", "lake.sql_unknown_table", {"table": "kpi.oee", "nearest": "kpi.oee_iso22400"}),
        ("select * from xyzzy", "lake.sql_unknown_table", {"table": "xyzzy", "nearest": ", ".join(sorted(TABLES))}),
        ("select getenv('A')", "lake.sql_refused", {"what": "getenv()"}),
        ("select * from Read_CSV('a')", "lake.sql_refused", {"what": "read_csv()"}),
        ("select $1", "lake.sql_refused", {"what": "? / $1"}),
        ("describe silver.items", "lake.sql_refused", {"what": "DESCRIBE / SHOW / SUMMARIZE"}),
        ("select 1; select 2", "lake.sql_one_select", {}),
        ("copy silver.items to 'x'", "lake.sql_one_select", {}),
        ("selec 1", "lake.sql_wrong", {"message": 'syntax error at or near "selec"'}),
    ],
)
def test_a_refusal_says_what(sql: str, code: str, facts: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as refusal:
        gate.check_sql(sql, TABLES)
    assert (refusal.value.code, refusal.value.facts) == (code, facts)


def test_a_table_that_is_not_given_is_not_there() -> None:
    with pytest.raises(ConfigError, match="sql_unknown_table"):
        gate.check_sql("from silver.items", ["kpi.oee"])
