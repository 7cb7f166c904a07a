"""A table without files as the text of a SELECT, which passes the gate as any view does."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from aponta.contract.sql import text_sql
from aponta.contract.table import Table
from aponta.lake.cast import SQL_TYPE

BETWEEN = "\x1f"


def as_select(table: Table, rows: Iterable[tuple[Any, ...]]) -> str:
    """`rows` in the order of the table's columns; an empty text comes back as NULL.

    One text a column, cut apart by the engine: thousands of VALUES would take the gate half a second.
    """
    listed = list(rows)
    columns = list(zip(*listed, strict=True)) or [()] * len(table.columns)
    texts = ", ".join(_text(column) for column in columns)
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    cut = ", ".join(f"unnest(string_split({name}, '{BETWEEN}')) AS {name}" for name in names.split(", "))
    shown = ", ".join(
        f"CAST(nullif(c{place}, '') AS {SQL_TYPE[column.kind]}) AS {column.name}"
        for place, column in enumerate(table.columns)
    )
    where = "" if listed else " WHERE false"
    return f"SELECT {shown} FROM (SELECT {cut} FROM (VALUES ({texts})) AS whole({names}){where})"


def _text(values: Iterable[Any]) -> str:
    return text_sql(BETWEEN.join(_told(value) for value in values))


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).replace(BETWEEN, " ")
