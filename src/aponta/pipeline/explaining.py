"""From a fact back to the items it counts, and from them to files and rows, as the machine wrote them."""

import difflib
from collections.abc import Sequence
from typing import Any

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.table import Table
from aponta.decode.pieces import row_at
from aponta.errors import ConfigError
from aponta.lake.cast import SQL_TYPE
from aponta.pipeline.conveyor import tables
from aponta.pipeline.reading import query

FACTS = 20  # shown at most
ROWS = 10
TRACED = ("machine", "product", "hour", "shift", "quality")  # what facts and items have in common


def explain(factory: Factory, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """{"facts": rows of the table, "files": the files their items stand in, "rows": the text of the first of them,
    "cut": there are more facts}.

    Raises ConfigError: no such table or column, nothing found.
    """
    known = {table.name: table for table in tables(factory)}
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.3)
        raise ConfigError("lake.sql_unknown_table", table=name, nearest=", ".join(nearest) or ", ".join(known))
    table = known[name]
    condition = " AND ".join(_condition(table, key) for key in keys)
    facts = query(factory, f"SELECT * FROM {name} WHERE {condition} ORDER BY ALL LIMIT {FACTS + 1}")
    if not facts:
        raise ConfigError("cli.no_fact", table=name, key=" ".join(keys))
    cut, facts = len(facts) > FACTS, facts[:FACTS]
    items = _items(factory, table, condition)
    files = query(
        factory,
        "SELECT f.name, f.file_sha256, f.machine, f.layout, f.status, count(*) AS items, "
        "min(i.row_no) AS first_row, max(i.row_no) AS last_row, f.received_at "
        f"FROM ({items}) i JOIN silver.files f USING (file_sha256) "
        "WHERE f.status != 'duplicate' GROUP BY ALL ORDER BY f.received_at, f.name",
    )
    shown = ROWS if name == "silver.items" else 1
    first = query(factory, f"SELECT file_sha256, row_no FROM ({items}) ORDER BY file_sha256, row_no LIMIT {shown}")
    return {"facts": facts, "files": files, "rows": [_written(factory, row, files) for row in first], "cut": cut}


def _items(factory: Factory, table: Table, condition: str) -> str:
    """The items behind the facts, as SQL."""
    columns = {column.name for column in table.columns}
    facts = f"SELECT * FROM {table.name} WHERE {condition}"
    if table.name == "silver.items" or {"file_sha256", "row_no"} <= columns:
        return f"SELECT file_sha256, row_no FROM ({facts}) WHERE row_no IS NOT NULL"
    if "file_sha256" in columns:
        return f"SELECT file_sha256, row_no FROM silver.items SEMI JOIN ({facts}) USING (file_sha256)"
    if "hour" not in columns:  # runs and stops: the items they begin with
        same = "i.machine = t.machine AND i.produced_at = t.started_at"
    else:
        shared = [name for name in TRACED if name in columns]
        same = " AND ".join(f"i.{name} IS NOT DISTINCT FROM t.{name}" for name in shared)
    return f"SELECT i.file_sha256, i.row_no FROM silver.items i WHERE EXISTS (SELECT 1 FROM ({facts}) t WHERE {same})"


def _condition(table: Table, key: str) -> str:
    column, equals, value = key.partition("=")
    if not equals and any(one.name == "key" for one in table.columns):
        column, value = "key", key
    kinds = {one.name: one.kind for one in table.columns}
    if column not in kinds:
        nearest = difflib.get_close_matches(column, kinds, n=1, cutoff=0.3) or list(kinds)[:1]
        raise ConfigError("cli.no_column", table=table.name, column=column, nearest=nearest[0])
    text = "'" + value.replace("'", "''") + "'"
    return f'"{column}" = TRY_CAST({text} AS {SQL_TYPE[kinds[column]]})'


def _written(factory: Factory, row: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    """The row as it stands in the raw file, read as its layout says."""
    file = next((one for one in files if one["file_sha256"] == row["file_sha256"]), {})
    layout = factory.layouts.get(file.get("layout") or "")
    raw = RawZone(factory.data / "raw")
    told = row_at(lambda: raw.pieces(row["file_sha256"]), layout.text.encoding if layout else "utf-8", row["row_no"])
    return {"name": file.get("name", row["file_sha256"][:12]), "row_no": row["row_no"], "text": told}
