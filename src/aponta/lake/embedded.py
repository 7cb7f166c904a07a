"""The embedded lake: Delta tables in a folder, written by delta-rs, read by DuckDB in memory. No server, no
extension, no internet.
"""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable
from deltalake import (
    CommitProperties,
    DeltaTable,
    Field,
    PostCommitHookProperties,
    Schema,
    Transaction,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.schema import PrimitiveType

from aponta import checks
from aponta.contract.lake import Frame, Where
from aponta.contract.table import Column, Kind, Table
from aponta.errors import ContractError, TransientError
from aponta.lake.cast import SQL_TYPE, cast
from aponta.lake.where import delta_sql, duckdb_sql, partitions
from aponta.ops.disk import write_whole

APP = "aponta"  # the application of our commits: its version is the batch
MANY_FILES = 16  # of one partition: then they are made one
ARROW = {
    "string": DataType.string(),
    "long": DataType.int64(),
    "integer": DataType.int64(),
    "double": DataType.float64(),
    "boolean": DataType.bool(),
    "timestamp": DataType.int64(),
    "date": DataType.string(),
}


class EmbeddedLake:
    """Implements contract Lake."""

    def __init__(self, folder: Path, versions: Mapping[str, int] | None = None, memory_mb: int = 900) -> None:
        self.folder = folder
        self.at = dict(versions or {})
        spill = folder.parent / "staging" / "spill"
        config = {"memory_limit": f"{memory_mb}MB", "temp_directory": str(spill), "preserve_insertion_order": "false"}
        self._duckdb = duckdb.connect(
            ":memory:", config={**config, "autoinstall_known_extensions": "false", "threads": "2"}
        )
        self._duckdb.execute("SET TimeZone = 'UTC'")
        self._handles: dict[str, DeltaTable] = {}
        self._names = itertools.count()

    def start(self, versions: Mapping[str, int]) -> None:
        self.at = dict(versions)
        for (name,) in self._duckdb.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            self._duckdb.execute(f'DROP TABLE "{name}"')

    # -- reading

    def read(self, table: Table, where: Where | None = None, columns: Sequence[str] | None = None) -> Frame:
        wanted = [column for column in table.columns if columns is None or column.name in columns]
        files = self.files(table, where)
        if not files:
            return self.rows({column.name: column.kind for column in wanted}, [])
        found = self._duckdb.read_parquet(files, hive_partitioning=True, union_by_name=True)
        if where is not None:
            found = found.filter(duckdb_sql(where))
        have = set(found.columns)
        return _frame(found.project(", ".join(_for_frame(column, column.name in have) for column in wanted)))

    def files(self, table: Table, where: Where | None = None) -> list[str]:
        """The Parquet files that hold the table (only the partitions that `where` needs)."""
        if table.name not in self.at:
            return []
        handle = self._open(table)
        if handle is None:
            return []
        if handle.version() != self.at[table.name]:
            handle = DeltaTable(self._path(table), version=self.at[table.name])
        wanted = partitions(table, where)
        filters = None if wanted is None else [(str(table.partition), "in", wanted)]
        return handle.file_uris(file_pruning_predicate=filters)

    def rows(self, schema: Mapping[str, Kind], rows: Iterable[Sequence[Any]]) -> Frame:
        columns = list(zip(*rows, strict=True)) or [()] * len(schema)
        arrays = {
            name: Array(list(column), type=ARROW[kind])
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        }
        return self.keep(_frame(self._duckdb.from_arrow(ArrowTable.from_pydict(arrays))))  # type: ignore[arg-type]

    def staged(self, paths: Sequence[Path]) -> Frame:
        return _frame(self._duckdb.read_parquet([str(path) for path in paths]))

    def keep(self, frame: Frame) -> Frame:
        name = f"kept_{next(self._names)}"
        frame.to_native().create(name)
        return _frame(self._duckdb.table(name))

    def collect(self, frame: Frame) -> list[dict[str, Any]]:
        native: duckdb.DuckDBPyRelation = frame.to_native()
        return [dict(zip(native.columns, row, strict=True)) for row in native.fetchall()]

    # -- writing

    def replace(self, table: Table, frame: Frame, where: Where | None, batch: int | None) -> int:
        handle = self._open(table) or self._create(table)
        if _committed(handle, batch):
            return self._published(table, handle)  # committed before a kill, or by an answer that was lost
        self._add_columns(table, handle)
        rows = cast(self._duckdb, frame.to_native(), table)
        checks.run(self._duckdb_rows, rows, table)
        if table.partition:
            unit = "day" if table.partition == "date" else "month"
            rows = rows.project(
                f"*, CAST(date_trunc('{unit}', {table.clock} AT TIME ZONE 'UTC') AS DATE) AS \"{table.partition}\""
            )
        for tries_left in (2, 1, 0):
            try:
                self._commit(table, handle, rows, where, batch)
                break
            except (CommitFailedError, OSError) as error:
                handle.update_incremental()
                if _committed(handle, batch):
                    break
                if not tries_left:
                    raise TransientError(
                        "lake.commit_failed", table=table.name, why=str(error).split("\n")[0]
                    ) from error
            except DeltaError as error:
                raise ContractError("lake.write_refused", table=table.name, why=str(error).split("\n")[0]) from error
        return self._published(table, handle)

    def _commit(
        self, table: Table, handle: DeltaTable, rows: duckdb.DuckDBPyRelation, where: Where | None, batch: int | None
    ) -> None:
        properties = CommitProperties(app_transactions=[] if batch is None else [Transaction(APP, batch)])
        hooks = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True)
        if where is None or not self._holds(table, handle, where):
            write_deltalake(handle, rows, mode="append", commit_properties=properties, post_commithook_properties=hooks)
        else:
            write_deltalake(
                handle,
                rows,
                mode="overwrite",
                predicate=delta_sql(table, where),
                commit_properties=properties,
                post_commithook_properties=hooks,
            )

    def _holds(self, table: Table, handle: DeltaTable, where: Where) -> bool:
        """Is there any row to replace? Adding is several times cheaper than replacing."""
        wanted = partitions(table, where)
        filters = None if wanted is None else [(str(table.partition), "in", wanted)]
        files = handle.file_uris(file_pruning_predicate=filters)
        if not files:
            return False
        found = self._duckdb.read_parquet(files, hive_partitioning=True, union_by_name=True)
        return bool(found.filter(duckdb_sql(where)).limit(1).aggregate("count(*)").fetchall()[0][0])

    def tidy(self, table: Table, today: int) -> None:
        """Makes one file of a partition's many: of every one that has too many, and of each day that is over."""
        handle = self._open(table)
        if handle is None:
            return
        if table.partition is None:
            if len(handle.file_uris()) > MANY_FILES:
                handle.optimize.compact()
            self._published(table, handle)
            return
        counts: dict[str, int] = {}
        for uri in handle.file_uris():
            day = uri.rpartition(f"{table.partition}=")[2].split("/")[0]
            counts[day] = counts.get(day, 0) + 1
        days = [
            day
            for day, count in counts.items()
            if count > MANY_FILES or (count > 1 and table.partition == "date" and day < _day(today))
        ]
        for day in days:
            handle.optimize.compact(partition_filters=[(table.partition, "=", day)])
        self._published(table, handle)

    def versions(self) -> dict[str, int]:
        return dict(self.at)

    def publish(self, batch: int) -> None:
        """Tells readers which versions belong together. Written last, whole or not at all."""
        tables = {name: {"version": version} for name, version in sorted(self.at.items())}
        write_whole(self.folder / "published.json", json.dumps({"batch": batch, "tables": tables}, indent=1).encode())

    # -- Delta tables

    def _path(self, table: Table) -> str:
        return str(self.folder.joinpath(*table.name.split(".")))

    def _open(self, table: Table) -> DeltaTable | None:
        if table.name not in self._handles:
            try:
                self._handles[table.name] = DeltaTable(self._path(table))
            except TableNotFoundError:
                return None
        return self._handles[table.name]

    def _create(self, table: Table) -> DeltaTable:
        fields = [Field(column.name, _delta_type(column.kind), nullable=column.null) for column in table.columns]
        if table.partition:
            fields.append(Field(table.partition, _delta_type("date"), nullable=False))
        path = Path(self._path(table))
        path.mkdir(parents=True, exist_ok=True)
        handle = DeltaTable.create(
            path,
            Schema(fields),
            partition_by=[table.partition] if table.partition else None,
            description=table.grain,
            configuration={"delta.checkpointInterval": "50"},
        )
        self._handles[table.name] = handle
        return handle

    def _add_columns(self, table: Table, handle: DeltaTable) -> None:
        """A new sensor is a new column, empty in the rows before it."""
        have = {field.name for field in handle.schema().fields}
        new = [column for column in table.columns if column.name not in have]
        if new:
            handle.alter.add_columns([Field(column.name, _delta_type(column.kind), nullable=True) for column in new])

    def _published(self, table: Table, handle: DeltaTable) -> int:
        self.at[table.name] = handle.version()
        return handle.version()

    def _duckdb_rows(self, sql: str, **tables: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
        (name, relation), *_ = tables.items()
        return relation.query(name, sql).fetchall()


def published(folder: Path) -> dict[str, int]:
    """table -> version, as the last finished batch left them."""
    try:
        found = json.loads((folder / "published.json").read_bytes())
    except FileNotFoundError:
        return {}
    return {name: table["version"] for name, table in found["tables"].items()}


def _committed(handle: DeltaTable, batch: int | None) -> bool:
    return batch is not None and (handle.transaction_version(APP) or 0) >= batch


def _frame(relation: duckdb.DuckDBPyRelation) -> Frame:
    return nw.from_native(relation)


def _for_frame(column: Column, present: bool) -> str:
    name = f'"{column.name}"'
    if not present:
        return f"CAST(NULL AS {'BIGINT' if column.kind == 'timestamp' else SQL_TYPE[column.kind]}) AS {name}"
    if column.kind == "timestamp":
        return f"epoch_us({name}) AS {name}"
    return f"CAST({name} AS VARCHAR) AS {name}" if column.kind == "date" else name


def _delta_type(kind: Kind) -> PrimitiveType:
    return PrimitiveType(kind)


def _day(moment: int) -> str:
    from aponta.calendar import from_us

    return from_us(moment).date().isoformat()
