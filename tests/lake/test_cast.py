"""The gate before every write: a value fits its column exactly, or nothing is written."""

import duckdb
import pytest

from aponta.contract.table import Column, Table
from aponta.errors import ContractError
from aponta.lake.cast import SQL_TYPE, cast


def written(kind, expression, null=True):
    """What a column of this kind holds of an SQL expression, as text."""
    table = Table("silver.test", "a value", (Column("a", kind, "", null),))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = cast(connection.sql(f"SELECT {expression} AS a"), table)
        return str(found.types[0]), found.project("CAST(a AS VARCHAR)").fetchall()[0][0]


@pytest.mark.parametrize(
    ("kind", "expression", "stored"),
    [
        ("long", "7", ("BIGINT", "7")),
        ("long", "7.0::DOUBLE", ("BIGINT", "7")),
        ("long", "7.00::DECIMAL(9,2)", ("BIGINT", "7")),
        ("long", "(SELECT sum(x) FROM (VALUES (1::BIGINT), (2)) v(x))", ("BIGINT", "3")),  # sums are HUGEINT
        ("long", "9223372036854775807::HUGEINT", ("BIGINT", "9223372036854775807")),
        ("long", "NULL", ("BIGINT", None)),
        ("integer", "2147483647::BIGINT", ("INTEGER", "2147483647")),
        ("double", "1.5::DECIMAL(9,2)", ("DOUBLE", "1.5")),
        ("double", "3::BIGINT", ("DOUBLE", "3.0")),
        ("double", "9007199254740992::BIGINT", ("DOUBLE", "9007199254740992.0")),
        ("string", "'7'", ("VARCHAR", "7")),
        ("boolean", "true", ("BOOLEAN", "true")),
        ("timestamp", "1772445600250000::BIGINT", ("TIMESTAMP WITH TIME ZONE", "2026-03-02 10:00:00.25+00")),
        ("timestamp", "TIMESTAMPTZ '2026-03-02 07:00:00-03'", ("TIMESTAMP WITH TIME ZONE", "2026-03-02 10:00:00+00")),
        ("date", "'2026-03-02'", ("DATE", "2026-03-02")),
        ("date", "DATE '2026-03-02'", ("DATE", "2026-03-02")),
    ],
)
def test_what_fits(kind, expression, stored):
    assert written(kind, expression) == stored


@pytest.mark.parametrize(
    ("kind", "expression", "code"),
    [
        ("long", "7.5::DOUBLE", "lake.value_changes"),  # delta-rs alone would store 7
        ("long", "7.5::DECIMAL(9,2)", "lake.value_changes"),
        ("long", "1e19::DOUBLE", "lake.value_changes"),
        ("long", "'NaN'::DOUBLE", "lake.value_changes"),
        ("long", "9223372036854775808::HUGEINT", "lake.value_changes"),
        ("integer", "2147483648::BIGINT", "lake.value_changes"),
        ("double", "9007199254740993::BIGINT", "lake.value_changes"),  # a double would make it ...992
        ("date", "'31/02/2026'", "lake.value_changes"),
        ("date", "'2026-02-31'", "lake.value_changes"),
        ("date", "'2026-03-02 10:00:00'", "lake.value_changes"),
        ("long", "'7'", "lake.kind_differs"),
        ("double", "'1.5'", "lake.kind_differs"),
        ("string", "7", "lake.kind_differs"),
        ("boolean", "1", "lake.kind_differs"),
        ("long", "true", "lake.kind_differs"),
        (
            "timestamp",
            "TIMESTAMP '2026-03-02 10:00:00'",
            "lake.kind_differs",
        ),  # which zone? it would lift the table to reader 3
        ("timestamp", "DATE '2026-03-02'", "lake.kind_differs"),
        ("timestamp", "'2026-03-02T10:00:00Z'", "lake.kind_differs"),
        ("timestamp", "1.5::DOUBLE", "lake.kind_differs"),
        ("date", "20260302", "lake.kind_differs"),
        ("string", "[1]", "lake.kind_differs"),
    ],
)
def test_what_does_not_fit(kind, expression, code):
    with pytest.raises(ContractError) as raised:
        written(kind, expression)
    assert (raised.value.code, raised.value.facts["column"]) == (code, "a")


@pytest.mark.parametrize("kind", ["string", "long", "double", "boolean", "timestamp", "date"])
def test_empty_only_where_it_may_be(kind):
    nothing = f"NULL::{SQL_TYPE[kind]}"
    assert written(kind, nothing)[1] is None
    with pytest.raises(ContractError) as raised:
        written(kind, nothing, null=False)
    assert raised.value.code == "lake.value_empty"


TWO = Table("silver.test", "two values", (Column("a", "long", ""), Column("b", "string", "", null=True)))


def test_columns_take_the_tables_order():
    with duckdb.connect() as connection:
        assert cast(connection.sql("SELECT 'x' AS b, 1 AS a"), TWO).fetchall() == [(1, "x")]


@pytest.mark.parametrize(
    ("columns", "odd"), [("1 AS a", "b"), ("1 AS a, 'x' AS b, 2 AS c", "c"), ("1 AS x, 'x' AS b", "a, x")]
)
def test_a_column_missing_or_not_declared(columns, odd):
    with duckdb.connect() as connection, pytest.raises(ContractError) as raised:
        cast(connection.sql(f"SELECT {columns}"), TWO)
    assert (raised.value.code, raised.value.facts["columns"]) == ("lake.columns_differ", odd)


def test_the_error_counts_the_rows_and_shows_one():
    with duckdb.connect() as connection, pytest.raises(ContractError) as raised:
        cast(connection.sql("SELECT a, 'x' AS b FROM (VALUES (1.0::DOUBLE), (2.5), (3.5)) v(a)"), TWO)
    assert raised.value.facts["rows"] == 2
    assert raised.value.facts["example"] in ("2.5", "3.5")
