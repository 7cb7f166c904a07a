"""A `Where` as SQL, and as the partitions it needs."""

from collections.abc import Iterator
from datetime import timedelta

from aponta.contract.lake import Spans, Values, Where
from aponta.contract.sql import text_sql
from aponta.contract.table import Table
from aponta.factory_calendar import from_us


def partitions(table: Table, where: Where | None) -> list[str] | None:
    """The partition values that can hold such rows; None: all of them."""
    if table.partition is None or not isinstance(where, Spans) or where.column != table.clock:
        return None
    found = set()
    for _, first, last in where.spans:
        day, end = from_us(first).date(), from_us(last).date()
        while day <= end:
            found.add((day if table.partition == "date" else day.replace(day=1)).isoformat())
            day += timedelta(days=1)
    return sorted(found)


def where_sql(where: Where) -> str:
    """The condition as SQL over columns as they are stored: times are timestamps."""
    if isinstance(where, Values):
        values = ", ".join(text_sql(value) if isinstance(value, str) else str(value) for value in where.values)
        return f'"{where.column}" IN ({values})' if where.values else "1 = 0"
    return "(" + (" OR ".join(_spans(where)) or "1 = 0") + ")"


def _spans(where: Spans) -> Iterator[str]:
    """Machines with the same span share one term: a batch has few spans and many machines."""
    machines: dict[tuple[int, int], list[str]] = {}
    for machine, first, last in where.spans:
        machines.setdefault((first, last), []).append(machine)
    for (first, last), names in machines.items():
        listed = ", ".join(map(text_sql, sorted(names)))
        column = f'"{where.column}"'
        yield f"(machine IN ({listed}) AND {column} >= {_moment(first)} AND {column} <= {_moment(last)})"


def _moment(value: int) -> str:
    # a bare literal: DataFusion gives it the column's own unit and zone
    return f"TIMESTAMPTZ '{from_us(value):%Y-%m-%d %H:%M:%S.%f}+00'"
