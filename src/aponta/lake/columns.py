"""Columns as SQL: read from a table's files, written to them. Files of an earlier release lack what was added since."""

from collections.abc import Mapping, Sequence
from typing import Any

from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable
from duckdb import DuckDBPyConnection, DuckDBPyRelation

from aponta.contract.sql import text_sql
from aponta.contract.table import Column, Kind, Table
from aponta.lake.cast import SQL_TYPE

ARROW = {
    "string": DataType.string(),
    "long": DataType.int64(),
    "integer": DataType.int64(),
    "double": DataType.float64(),
    "boolean": DataType.bool(),
    "timestamp": DataType.int64(),
    "date": DataType.string(),
}


def from_values(
    connection: DuckDBPyConnection, schema: Mapping[str, Kind], columns: Sequence[Sequence[Any]]
) -> DuckDBPyRelation:
    """Plain values, column by column in the schema's order, as frames have them."""
    arrays = {
        name: Array(list(column), type=ARROW[kind])
        for (name, kind), column in zip(schema.items(), columns, strict=True)
    }
    return connection.from_arrow(ArrowTable.from_pydict(arrays))  # type: ignore[arg-type]


def for_frame(column: Column, present: bool) -> str:
    """The column as frames have it: a time in microseconds, a date as text. present: do the files hold it?"""
    name = f'"{column.name}"'
    value = _value(column, present)
    if column.kind == "timestamp":
        return f"epoch_us({value}) AS {name}"
    if column.kind == "date":
        return f"CAST({value} AS VARCHAR) AS {name}"
    return name if value == name else f"{value} AS {name}"


def as_stored(rows: DuckDBPyRelation, table: Table) -> DuckDBPyRelation:
    """The table's columns as its files hold them; those that the rows lack, being older or newer, are empty."""
    have = set(rows.columns)
    return rows.project(", ".join(f'{_value(one, one.name in have)} AS "{one.name}"' for one in table.columns))


def with_default(value: str, column: Column) -> str:
    """`value`, or where it is empty the column's default."""
    if column.default is None:
        return value
    return f"coalesce({value}, CAST({text_sql(str(column.default))} AS {SQL_TYPE[column.kind]}))"


def enumerated(rows: DuckDBPyRelation, texts: Mapping[str, Sequence[str]]) -> DuckDBPyRelation:
    """The same rows; columns with texts as enumerations of these."""

    def column(name: str) -> str:
        listed = ", ".join(map(text_sql, texts.get(name, ())))
        return f'CAST("{name}" AS ENUM({listed})) AS "{name}"' if listed else f'"{name}"'

    return rows.project(", ".join(map(column, rows.columns)))


def _value(column: Column, present: bool) -> str:
    return with_default(f'"{column.name}"' if present else f"CAST(NULL AS {SQL_TYPE[column.kind]})", column)
