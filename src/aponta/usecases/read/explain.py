"""Explains a fact by the items it counts, their files, and their rows as the machine wrote them; and a file by its
items and facts. Each answer also has the reassignments and restatements of these hours.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.sql import text_sql
from aponta.contract.table import Table
from aponta.decode.large.pieces import row_at
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, to_us
from aponta.lake.cast import SQL_TYPE
from aponta.ops.database import single_transaction
from aponta.pipeline.ledger.reassignments import reassignments_of_hours, recorded_reassignments
from aponta.refine.silver.items import REASSIGNED
from aponta.refine.silver.totals import QUALITY
from aponta.refine.tables import all_tables
from aponta.usecases.read.published import query, to_json

FACTS = 20  # most facts that are shown
ROWS = 10
LAST_READING = (  # the last reading of each file, under each of its names
    "SELECT *, row_number() OVER (PARTITION BY file_sha256, name ORDER BY arrival DESC) AS n FROM silver.files "
    "WHERE status != 'duplicate'"
)
FEWEST_CHARACTERS = 4  # of a hash: fewer would find many files
# Tables that also have products which items had before a reassignment.
KEEPS_FORMER_PRODUCTS = ("gold.restatements", "gold.stock_declarations")
SHARED_COLUMNS = ("machine", "product", "hour", "shift", "quality")  # columns of facts and of items
# An item with running totals is here once for each quality that it has pieces of; once where it has none.
ITEMS_BY_QUALITY = " UNION ALL ".join(
    [
        "SELECT * FROM silver.items WHERE quality IS NOT NULL OR pieces = 0",
        *(
            f"SELECT * REPLACE ('{quality}' AS quality, {name} AS pieces) FROM silver.items WHERE {name} > 0"
            for name, quality in QUALITY.items()
        ),
    ]
)


@dataclass(frozen=True)
class HourContext:
    """Reassignments and restatements of hours. hours: (machine, hour) as rows have them."""

    hours: tuple[tuple[str, str], ...]

    def load(self, factory: Factory) -> dict[str, Any]:
        """{"reassignments": those that reach into the hours, taken back or not, "restatements": of their counts,
        "restated_hours": when they were built again, and why}.
        """
        if not self.hours:
            return {"reassignments": [], "restatements": [], "restated_hours": []}
        listed = ", ".join(f"({text_sql(machine)}, TIMESTAMPTZ {text_sql(hour)})" for machine, hour in self.hours)
        here = f"SEMI JOIN (VALUES {listed}) h(machine, hour) USING (machine, hour)"
        columns = "machine, hour, product, quality, old_pieces, new_pieces, cause, restated_at"
        return {
            "reassignments": list(self._reassignments(factory)),
            "restatements": query(
                factory,
                f"SELECT {columns} FROM gold.restatements {here} ORDER BY restated_at, hour, product LIMIT {FACTS}",
            ),
            "restated_hours": query(
                factory,
                f"SELECT machine, hour, causes, restated_at FROM gold.restated_hours {here} "
                f"ORDER BY restated_at, machine, hour LIMIT {FACTS}",
            ),
        }

    def _reassignments(self, factory: Factory) -> Iterator[dict[str, Any]]:
        hours = [(machine, to_us(datetime.fromisoformat(hour))) for machine, hour in self.hours]
        with single_transaction(factory.ops_url, reading=True) as connection:
            for recorded in recorded_reassignments(connection):
                what = recorded.what
                if reassignments_of_hours(hours, [(what,)]):
                    times = {"from": to_json(from_us(what.since)), "to": to_json(from_us(what.until))}
                    values = {name: value for name, value in vars(what).items() if name not in ("since", "until")}
                    origin = {name: to_json(getattr(recorded, name)) for name in ("who", "why", "undone_by")}
                    yield values | times | origin


def explain_fact(factory: Factory, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """{"facts": rows of the table, "files": files of their items, "rows": the text of the first of these, "cut": are
    there more facts?, and the `HourContext` of these items}.

    Raises ConfigError `lake.sql_unknown_table`, `cli.no_column`, `cli.no_fact`.
    """
    known = {table.name: table for table in all_tables(factory.sensors)}
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
        f"FROM ({items}) i JOIN ({LAST_READING}) f USING (file_sha256) WHERE f.n = 1 GROUP BY ALL "
        "ORDER BY f.received_at, f.name",
    )
    shown = ROWS if name == "silver.items" else 1
    first = query(factory, f"SELECT file_sha256, row_no FROM ({items}) ORDER BY file_sha256, row_no LIMIT {shown}")
    hours = query(
        factory, f"SELECT DISTINCT machine, hour FROM silver.items SEMI JOIN ({items}) USING (file_sha256, row_no)"
    )
    context = HourContext(tuple((row["machine"], row["hour"]) for row in hours))
    return {
        "facts": facts,
        "files": files,
        "rows": [_raw_row(factory, row, files) for row in first],
        **context.load(factory),
        "cut": cut,
    }


def explain_file(factory: Factory, key: str) -> dict[str, Any]:
    """The files of that name, or whose SHA-256 begins with the key: {"files": each time they came, "hours": their items
    by hour, product and quality, "facts": rows of gold.production that count these, "stock": their declarations,
    "quarantine": their quarantined rows, and the `HourContext` of their hours}.

    Raises ConfigError `cli.no_such_file`.
    """
    same_name = f"name = {text_sql(key)}"
    if len(key) >= FEWEST_CHARACTERS:
        same_name += f" OR starts_with(file_sha256, {text_sql(key.lower())})"
    columns = "file_sha256, name, machine, hour, layout, status, in_force, rows, records, quarantined, received_at"
    files = query(factory, f"SELECT {columns} FROM silver.files WHERE {same_name} ORDER BY arrival LIMIT {FACTS}")
    if not files:
        raise ConfigError("cli.no_such_file", key=key)
    shas = ", ".join(text_sql(sha256) for sha256 in sorted({row["file_sha256"] for row in files}))
    mine = f"SELECT * FROM ({ITEMS_BY_QUALITY}) WHERE file_sha256 IN ({shas})"
    hours = query(
        factory,
        "SELECT machine, hour, product, product_at_source, quality, quality_at_source, count(*) AS items, "
        f"sum(pieces)::BIGINT AS pieces, min(row_no) AS first_row, max(row_no) AS last_row FROM ({mine}) "
        "GROUP BY ALL ORDER BY ALL",
    )
    counted = f"SELECT DISTINCT machine, product, hour, quality FROM ({mine})"
    facts = query(
        factory,
        "SELECT machine, product, hour, shift, quality, pieces, provisional FROM gold.production "
        f"SEMI JOIN ({counted}) USING (machine, product, hour, quality) ORDER BY machine, hour, product, quality",
    )
    declared = (
        f"{counted} UNION SELECT machine, coalesce(product_at_source, product), hour, "
        f"coalesce(quality_at_source, quality) FROM ({mine}) UNION "
        f"SELECT machine, product, hour, quality FROM gold.restatements WHERE file_sha256 IN ({shas})"
    )
    stock = query(
        factory,
        "SELECT destination, key, machine, product, hour, quality, revision, pieces, state "
        f"FROM gold.stock_declarations SEMI JOIN ({declared}) USING (machine, product, hour, quality) "
        "ORDER BY hour, destination, key",
    )
    quarantined = query(
        factory,
        "SELECT name, row_no, reason, column_name, value, status FROM silver.quarantine "
        f"WHERE file_sha256 IN ({shas}) ORDER BY name, row_no LIMIT {FACTS}",
    )
    named = [row for row in files if row["machine"] and row["hour"]]  # a version out of force has no items
    context = HourContext(tuple(dict.fromkeys((row["machine"], row["hour"]) for row in (*hours, *named))))
    return {
        "files": files,
        "hours": hours,
        "facts": facts,
        "stock": stock,
        "quarantine": quarantined,
        **context.load(factory),
    }


def _items(factory: Factory, table: Table, condition: str) -> str:
    """The items behind the facts, as SQL."""
    columns = {column.name for column in table.columns}
    facts = f"SELECT * FROM {table.name} WHERE {condition}"
    if table.name == "silver.items" or {"file_sha256", "row_no"} <= columns:
        return f"SELECT file_sha256, row_no FROM ({facts}) WHERE row_no IS NOT NULL"
    if "file_sha256" in columns and table.name not in KEEPS_FORMER_PRODUCTS:
        return f"SELECT file_sha256, row_no FROM silver.items SEMI JOIN ({facts}) USING (file_sha256)"
    if "hour" not in columns:  # runs and stops: the items with which they begin
        same = "i.machine = t.machine AND i.produced_at = t.started_at"
    else:
        shared = [name for name in SHARED_COLUMNS if name in columns]
        same = " AND ".join(
            f"(i.{name} = t.{name} OR i.{name}_at_source = t.{name})"
            if table.name in KEEPS_FORMER_PRODUCTS and name in REASSIGNED
            else f"i.{name} IS NOT DISTINCT FROM t.{name}"
            for name in shared
        )
    # A fact may count several items of a row that has pieces of several qualities.
    counted = f"SELECT 1 FROM ({facts}) t WHERE {same}"
    return f"SELECT DISTINCT i.file_sha256, i.row_no FROM ({ITEMS_BY_QUALITY}) i WHERE EXISTS ({counted})"


def _condition(table: Table, key: str) -> str:
    column, equals, value = key.partition("=")
    if not equals and any(each.name == "key" for each in table.columns):
        column, value = "key", key
    kinds = {each.name: each.kind for each in table.columns}
    if column not in kinds:
        nearest = difflib.get_close_matches(column, kinds, n=1, cutoff=0.3) or list(kinds)[:1]
        raise ConfigError("cli.no_column", table=table.name, column=column, nearest=nearest[0])
    return f'"{column}" = TRY_CAST({text_sql(value)} AS {SQL_TYPE[kinds[column]]})'


def _raw_row(factory: Factory, row: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    """The row's text in the raw file, in the encoding of its layout."""
    file = next((each for each in files if each["file_sha256"] == row["file_sha256"]), {})
    layout = factory.layouts.get(file.get("layout") or "")
    raw = RawZone(factory.data / "raw")
    text = row_at(lambda: raw.pieces(row["file_sha256"]), layout.text.encoding if layout else "utf-8", row["row_no"])
    return {"name": file.get("name", row["file_sha256"][:12]), "row_no": row["row_no"], "text": text}
