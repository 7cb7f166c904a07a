"""Promises of a table, checked on the frame before it is committed: a failed check stops the batch."""

from collections.abc import Callable
from typing import Any

from aponta.contract.table import Table
from aponta.errors import ContractError


def check_promises(query: Callable[..., list[tuple[Any, ...]]], rows: Any, table: Table) -> None:
    """`query(sql, rows=...)` runs SQL over the frame under the name `rows`. Raises ContractError with the first
    offenders.
    """
    if table.unique:
        key = ", ".join(f'"{name}"' for name in table.unique)
        twice = f"SELECT {key} FROM rows GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
        shown = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in table.unique)  # times as text need no zone library
        again = query(f"SELECT {shown} FROM ({twice})", rows=rows)
        if again:
            raise ContractError("lake.not_unique", table=table.name, key=", ".join(table.unique), example=again[0])
