"""The embedded lake: Delta tables in a folder, DuckDB in memory over their files. No server, no internet."""

import itertools
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from aponta import checks
from aponta.contract.lake import Frame, Where
from aponta.contract.table import Column, Kind, Table
from aponta.errors import ContractError, TransientError
from aponta.lake.cast import cast
from aponta.lake.columns import as_stored, enumerated, for_frame, from_values
from aponta.lake.delta import (
    DataFile,
    add_columns,
    commit_files,
    create_table,
    data_files,
    dropped_columns,
    has_batch,
    last_batch,
    open_table,
    write_files,
)
from aponta.lake.published import PUBLISHED, content, published_columns
from aponta.lake.tidy import tidy_table
from aponta.lake.where import partitions, where_sql
from aponta.ops.disk import sync_files, write_whole

# DuckDB asks for pandas with each value it is given: an absence that is written down is not looked for on the disk.
if find_spec("pandas") is None:
    sys.modules["pandas"] = None  # type: ignore[assignment]

MANY_TEXTS = 1000  # of one column: then they are no enumeration


class EmbeddedLake:
    """Implements contract Lake."""

    def __init__(self, folder: Path, versions: Mapping[str, int] | None = None, memory_mb: int = 500) -> None:
        self.folder = folder.resolve()  # as delta-rs names the files below it
        self.at = dict(versions or {})
        spill = folder.parent / "staging" / "spill"
        config = {"memory_limit": f"{memory_mb}MB", "temp_directory": str(spill), "preserve_insertion_order": "false"}
        self._duckdb = duckdb.connect(":memory:", config={**config, "autoinstall_known_extensions": "false"})
        self._duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
        self._writer = self._duckdb.cursor()
        self._beside = ThreadPoolExecutor(1)  # writes one table's files while the next one's rows are made
        self._handles: dict[str, DeltaTable] = {}
        self._names = itertools.count()
        self._expected: dict[str, list[str]] = {}
        self._unsynced: list[Path] = []  # data files of commits that a power cut may still undo
        self._synced: dict[str, int] = {}  # versions that none can
        self._columns: dict[str, dict[str, Kind]] = {}  # as declared, of the tables that were written

    def start(self, versions: Mapping[str, int]) -> None:
        self._beside.submit(lambda: None).result()  # files that a failed batch is still writing
        self.at = dict(versions)
        self._expected = {}
        for kind in ("view", "table"):
            for (name,) in self._duckdb.sql(f"SELECT {kind}_name FROM duckdb_{kind}s() WHERE NOT internal").fetchall():
                self._duckdb.execute(f'DROP {kind} "{name}"')

    def expect_values(self, texts: Mapping[str, Collection[str]]) -> None:
        # Sorted: an enumeration is ordered by place, and must be ordered as its texts are.
        self._expected = {name: sorted(found) for name, found in texts.items() if 0 < len(found) <= MANY_TEXTS}

    # -- reading

    def read(self, table: Table, where: Where | None = None, columns: Sequence[str] | None = None) -> Frame:
        wanted = [column for column in table.columns if columns is None or column.name in columns]
        files = self.files(table, where)
        if not files:
            return self.rows({column.name: column.kind for column in wanted}, [])
        found = self._parquet(table, files)
        if where is not None:
            found = found.filter(where_sql(where))
        have = set(found.columns)
        return _frame(found.project(", ".join(for_frame(column, column.name in have) for column in wanted)))

    def files(self, table: Table, where: Where | None = None) -> list[str]:
        """The Parquet files that hold the table (only the partitions that `where` needs)."""
        if table.name not in self.at:
            return []
        handle = self._open(table)
        if handle is None:
            return []
        if handle.version() != self.at[table.name]:
            handle = DeltaTable(str(self._path(table)), version=self.at[table.name])
        return data_files(handle, table.partition, partitions(table, where))

    def dropped_columns(self, table: Table) -> tuple[Column, ...]:
        handle = self._open(table)
        return () if handle is None else dropped_columns(handle, table)

    def rows(self, schema: Mapping[str, Kind], rows: Iterable[Sequence[Any]], *, few: bool = False) -> Frame:
        columns = list(zip(*rows, strict=True)) or [()] * len(schema)
        relation = from_values(self._duckdb, schema, columns)
        texts = {
            name: self._enumeration(name, {*column} - {None}, few=few)
            for name, column in zip(schema, columns, strict=True)
            if schema[name] in ("string", "date")
        }
        return self.materialize(_frame(enumerated(relation, texts)))

    def _enumeration(self, name: str, texts: set[Any], *, few: bool) -> list[str]:
        expected = self._expected.get(name, [])
        if texts <= set(expected):
            return expected
        return sorted(texts) if few else []

    def read_staged(self, paths: Sequence[Path]) -> Frame:
        return _frame(enumerated(self._duckdb.read_parquet([str(path) for path in paths]), self._expected))

    def materialize(self, frame: Frame) -> Frame:
        name = f"kept_{next(self._names)}"
        frame.to_native().create(name)
        return _frame(self._duckdb.table(name))

    def collect(self, frame: Frame) -> list[dict[str, Any]]:
        native: duckdb.DuckDBPyRelation = frame.to_native()
        return [dict(zip(native.columns, row, strict=True)) for row in native.fetchall()]

    # -- writing

    def replace(
        self, table: Table, frame: Frame, where: Where | None, batch: int | None, *, proven: bool = False
    ) -> int:
        return self.prepare(table, frame, where, batch, proven=proven)()

    def prepare(
        self, table: Table, frame: Frame, where: Where | None, batch: int | None, *, proven: bool = False
    ) -> Callable[[], int]:
        handle = self._open(table)
        if handle is not None and has_batch(handle, batch):
            reached = last_batch(handle)
            if batch is not None and reached > batch:  # another ledger's batches are here: ours would be taken for done
                raise ContractError("pipeline.ledger_behind", told=reached, known=batch)
            return lambda: self._published(table, handle)  # before a kill, or by an answer that was lost
        rows = cast(frame.to_native(), table)
        if not proven:
            checks.check_promises(self._duckdb_rows, rows, table)
            if where is not None and rows.filter(f"NOT ({where_sql(where)})").project("1").limit(1).fetchall():
                raise ContractError("lake.outside_keys", table=table.name)
        self._columns[table.name] = table.promised
        table = replace(table, columns=(*table.columns, *self.dropped_columns(table)))
        rows = as_stored(rows, table)
        replaced = [] if where is None or handle is None else self._holding(table, handle, where)
        if replaced and where is not None:
            others = self._parquet(table, replaced).filter(f"NOT ({where_sql(where)})")
            rows = rows.union(as_stored(others, table))
        if table.partition:
            day = f"CAST(make_timestamp(epoch_us({table.clock})) AS DATE)"  # UTC; by the zone's library it costs more
            month = f"CAST(date_trunc('month', {day}) AS DATE)"
            rows = rows.project(f'*, {day if table.partition == "date" else month} AS "{table.partition}"')
        view = f"to_write_{next(self._names)}"
        rows.create_view(view)
        writing = self._beside.submit(self._write, table, handle, view)

        def finish() -> int:
            handle, written = writing.result()
            if written or replaced:
                self._commit(table, handle, written, replaced, batch)
            self._unsynced += [self._path(table) / one.path for one in written]
            return self._published(table, handle)

        return finish

    def _write(self, table: Table, handle: DeltaTable | None, view: str) -> tuple[DeltaTable, list[DataFile]]:
        """The table, made where it is not there yet, and its new data files."""
        handle = handle or create_table(self._path(table), table)
        self._handles[table.name] = handle
        add_columns(handle, table)
        try:
            return handle, write_files(self._writer, view, self._path(table), table)
        except duckdb.IOException as error:
            raise TransientError("lake.commit_failed", table=table.name, why=first_line(error)) from error

    def _commit(
        self, table: Table, handle: DeltaTable, written: list[DataFile], replaced: list[str], batch: int | None
    ) -> None:
        removed = [Path(path).relative_to(self._path(table)).as_posix() for path in replaced]
        for tries_left in (2, 1, 0):
            try:
                commit_files(handle, table, written, removed, batch)
                return
            except (CommitFailedError, OSError) as error:
                handle.update_incremental()
                if has_batch(handle, batch):
                    return
                if not tries_left:
                    raise TransientError("lake.commit_failed", table=table.name, why=first_line(error)) from error
            except DeltaError as error:
                raise ContractError("lake.write_refused", table=table.name, why=first_line(error)) from error

    def _holding(self, table: Table, handle: DeltaTable, where: Where) -> list[str]:
        """The table's files with a row to replace; none: adding is enough."""
        files = data_files(handle, table.partition, partitions(table, where))
        if not files:
            return []
        found = self._parquet(table, files, filename=True)
        rows = found.filter(where_sql(where)).project("filename").distinct().fetchall()
        return sorted(name for (name,) in rows)

    def flush(self) -> None:
        """Makes all that was committed survive a power cut."""
        logs = {name: handle.version() for name, handle in self._handles.items()}
        paths = [*self._unsynced]
        for name, version in logs.items():
            log = self.folder.joinpath(*name.split("."), "_delta_log", f"{version:020d}.json")
            if version != self._synced.get(name) and log.exists():
                paths.append(log)
        sync_files(paths)
        self._synced |= logs
        self._unsynced.clear()

    def gain(self, table: Table) -> None:
        handle = self._open(table)
        if handle is None:
            return
        whole = handle.version() == self.at.get(table.name)  # nothing of an interrupted batch is in it
        add_columns(handle, table)
        self._columns[table.name] = table.promised
        if whole:
            self._published(table, handle)

    def tidy(self, table: Table, today: int) -> None:
        """Makes one file of a partition's many: of every one that has too many, and of each day that is over."""
        handle = self._open(table)
        if handle is None:
            return
        tidy_table(handle, table, today)
        self._published(table, handle)

    def versions(self) -> dict[str, int]:
        return dict(self.at)

    def publish(self, batch: int) -> None:
        """Publishes the versions that belong together. Written last, whole or not at all."""
        columns = published_columns(self.folder) | self._columns
        write_whole(self.folder / PUBLISHED, content(batch, self.at, columns))

    # -- Delta tables

    def _path(self, table: Table) -> Path:
        return self.folder.joinpath(*table.name.split("."))

    def _open(self, table: Table) -> DeltaTable | None:
        if table.name not in self._handles:
            handle = open_table(self._path(table))
            if table.name in self.at and (handle is None or handle.version() < self.at[table.name]):
                raise ContractError("lake.table_lost", table=table.name, why=f"version {self.at[table.name]}")
            if handle is None:
                return None
            self._handles[table.name] = handle
        return self._handles[table.name]

    def _published(self, table: Table, handle: DeltaTable) -> int:
        self.at[table.name] = handle.version()
        return handle.version()

    def _parquet(self, table: Table, files: list[str], *, filename: bool = False) -> duckdb.DuckDBPyRelation:
        try:
            return self._duckdb.read_parquet(files, hive_partitioning=True, union_by_name=True, filename=filename)
        except duckdb.IOException as error:
            raise ContractError("lake.table_lost", table=table.name, why=first_line(error)) from error

    def _duckdb_rows(self, sql: str, **tables: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
        (name, relation), *_ = tables.items()
        return relation.query(name, sql).fetchall()


def _frame(relation: duckdb.DuckDBPyRelation) -> Frame:
    return nw.from_native(relation)


def first_line(error: Exception) -> str:
    return str(error).split("\n")[0]
