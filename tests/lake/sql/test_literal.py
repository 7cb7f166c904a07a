"""A table told as text comes back as it was, through the gate that people's SQL passes."""

from datetime import UTC, date, datetime

from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.lake.sql import gate
from aponta.lake.sql.literal import as_select
from aponta.lake.sql.query import View, run_sql

TABLE = Table(
    "gold.told",
    "a row",
    (string("a", "text"), long("n", "number", null=True), timestamp("at", "time", null=True))
    + (Column("day", "date", "day"), Column("yes", "boolean", "yes or no")),
)
AT = datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC)
DAY = date(2026, 3, 2)


def asked(rows, sql="SELECT * FROM gold.told"):
    told = as_select(TABLE, rows)
    gate.check_sql(told, [])
    return run_sql(sql, {TABLE.name: View(told)})


def test_rows_come_back_as_they_were():
    rows = [('it\'s; a -- \n"text", ção', 1, AT, DAY, True), ("b", None, None, DAY, False)]
    found = asked(rows)
    assert found.rows == rows
    assert [kind for _, kind in found.columns] == ["string", "long", "timestamp", "date", "boolean"]


def test_no_rows_are_a_table_without_rows():
    found = asked([])
    assert found.rows == []
    assert [name for name, _ in found.columns] == ["a", "n", "at", "day", "yes"]


def test_what_is_cut_at_cannot_be_smuggled_in():
    assert asked([("a\x1fb", 1, AT, DAY, True)]).rows == [("a b", 1, AT, DAY, True)]
