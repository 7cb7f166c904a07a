"""Delta tables on disk: their data files are written by DuckDB, many times faster, their log by delta-rs alone.

A commit adds files and removes others, whole or not at all, and carries the number of the batch that made it.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import TableNotFoundError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction
from duckdb import DuckDBPyConnection

from aponta.contract.sql import text_sql
from aponta.contract.table import Column, Kind, Table

APP = "aponta"  # the application of our commits: its version is the batch
# Expired log entries go when a table is compacted: a commit would remove the version that readers still see.
AFTER_COMMIT = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)
LONGEST_BOUND = 64  # characters of a text that the log keeps as a bound


@dataclass(frozen=True)
class DataFile:
    """A data file, not yet part of the table."""

    path: str  # below the table's folder
    size: int
    partition: dict[str, str | None]
    stats: dict[str, Any]


def open_table(folder: Path) -> DeltaTable | None:
    try:
        return DeltaTable(str(folder))
    except TableNotFoundError:
        return None


def create_table(folder: Path, table: Table) -> DeltaTable:
    """An empty table, at reader version 1: no feature that old readers do not know."""
    folder.mkdir(parents=True, exist_ok=True)
    return DeltaTable.create(
        folder,
        Schema(delta_fields(table)),
        partition_by=[table.partition] if table.partition else None,
        description=table.grain,
        configuration={"delta.checkpointInterval": "50"},
    )


def delta_fields(table: Table) -> list[Field]:
    """Its columns as Delta knows them, the partition last."""
    found = [Field(column.name, PrimitiveType(column.kind), nullable=column.null) for column in table.columns]
    return [*found, Field(table.partition, PrimitiveType("date"), nullable=False)] if table.partition else found


def add_columns(handle: DeltaTable, table: Table) -> None:
    """Those that the table declares and lacks, as a new sensor; empty in the rows before them."""
    have = {field.name for field in handle.schema().fields}
    new = [column for column in table.columns if column.name not in have]
    if new:
        handle.alter.add_columns([Field(column.name, PrimitiveType(column.kind), nullable=True) for column in new])


def dropped_columns(handle: DeltaTable, table: Table) -> tuple[Column, ...]:
    """As of a sensor that was taken out: the table has them, its declaration no more."""
    known = {table.partition, *(column.name for column in table.columns)}
    found = [field for field in handle.schema().fields if field.name not in known]
    return tuple(Column(field.name, cast(Kind, field.type.type), "no longer declared", null=True) for field in found)


def stored_columns(handle: DeltaTable, table: Table) -> dict[str, str]:
    """Name -> kind of the columns that a release declared once: without the partition, and without sensors."""
    kinds = {field.name: str(field.type.type) for field in handle.schema().fields if field.name != table.partition}
    if table.configured is None:
        return kinds
    return {name: kind for name, kind in kinds.items() if name in table.promised}


def data_files(handle: DeltaTable, partition: str | None = None, values: Sequence[str] | None = None) -> list[str]:
    """The table's data files (only of these values of the partition), as the file system names them."""
    filters = None if values is None else [(str(partition), "in", list(values))]
    return [unquote(uri.removeprefix("file://")) for uri in handle.file_uris(file_pruning_predicate=filters)]


def has_batch(handle: DeltaTable, batch: int | None) -> bool:
    """Has this batch, or a later one, been committed to the table?"""
    return batch is not None and last_batch(handle) >= batch


def last_batch(handle: DeltaTable) -> int:
    return handle.transaction_version(APP) or 0


def write_files(connection: DuckDBPyConnection, view: str, folder: Path, table: Table) -> list[DataFile]:
    """A view's rows as Parquet below the table's folder; of a partitioned table they carry the partition's column."""
    options = "FORMAT parquet, COMPRESSION snappy, RETURN_STATS true, FILENAME_PATTERN 'part-{uuid}', "
    options += f'PARTITION_BY ("{table.partition}"), ' if table.partition else "PER_THREAD_OUTPUT true, "
    copied = connection.execute(f"COPY (FROM {view}) TO {text_sql(str(folder))} ({options} OVERWRITE_OR_IGNORE true)")
    columns = [column[0] for column in copied.description]  # newer engines give more
    written = []
    for row in copied.fetchall():
        file = dict(zip(columns, row, strict=True))
        if file["count"]:
            path = Path(file["filename"]).relative_to(folder).as_posix()
            stats = _stats(file["count"], file["column_statistics"], table)
            written.append(DataFile(path, file["file_size_bytes"], dict(file["partition_keys"] or {}), stats))
        else:
            Path(file["filename"]).unlink(missing_ok=True)
    return written


def _stats(count: int, statistics: dict[str, dict[str, str]], table: Table) -> dict[str, Any]:
    """Statistics of a file for the log, by which readers skip it without opening it."""
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for column in table.columns:
        found = statistics.get(f'"{column.name}"', {})
        if "null_count" in found:
            nulls[column.name] = int(found["null_count"])
        if "min" in found and "max" in found:
            bounds = _bound(column, found["min"]), _bound(column, found["max"])
            if None not in bounds:
                low[column.name], high[column.name] = bounds
    return {"numRecords": count, "minValues": low, "maxValues": high, "nullCount": nulls}


def _bound(column: Column, text: str) -> int | str | None:
    if column.kind in ("long", "integer"):
        return int(text)
    if column.kind == "timestamp":
        return text.replace(" ", "T").replace("+00", "Z")
    if column.kind == "date" or column.kind == "string" and len(text) <= LONGEST_BOUND:
        return text
    return None


def commit_files(
    handle: DeltaTable, table: Table, written: Sequence[DataFile], removed: Sequence[str], batch: int | None
) -> None:
    """Adds files to the table and removes others, in one transaction. Raises CommitFailedError, DeltaError."""
    now = int(time.time() * 1000)
    # Bounds are written as they are: delta-rs misreads a letter that JSON escapes as a pair, and would skip the file.
    actions: list[AddAction | RemoveAction] = [
        AddAction(one.path, one.size, one.partition, now, True, json.dumps(one.stats, ensure_ascii=False))
        for one in written
    ]
    actions += [RemoveAction(path, True, now) for path in removed]
    handle.create_write_transaction(
        actions,
        mode="append",
        schema=handle.schema(),
        partition_by=[table.partition] if table.partition else None,
        commit_properties=CommitProperties(
            app_transactions=[] if batch is None else [Transaction(APP, batch)], max_commit_retries=0
        ),
        post_commithook_properties=AFTER_COMMIT,
    )
    handle.update_incremental()


def compact_table(handle: DeltaTable, partition: str | None, values: Sequence[str]) -> None:
    """Makes one file of many: of the whole table, or of each of these values of its partition.

    Only for a published version: the log then holds what is needed to read it, and no expired entries.
    """
    handle.cleanup_metadata()
    filters = [[(partition, "=", value)] for value in values] if partition else [None]
    for one in filters:
        handle.optimize.compact(partition_filters=one, post_commithook_properties=AFTER_COMMIT)
