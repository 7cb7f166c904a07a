"""SQL that people write, answered: passed by the gate, run on a locked connection of its own, in a process apart.

Three walls, one behind the other: `gate` lets one SELECT over known tables through; what runs is the body of a view, so
that nothing but a SELECT could; and the connection opens no file but the tables' own.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import duckdb

from aponta.contract.sql import name_sql, text_sql
from aponta.contract.table import Column, Kind
from aponta.errors import ConfigError, ContractError, TransientError
from aponta.lake.cast import SQL_TYPE
from aponta.lake.columns import with_default
from aponta.lake.sql import gate, sandbox

TIMESTAMP = "TIMESTAMP WITH TIME ZONE"
KINDS: dict[str, str] = {
    **{sql_type: kind for kind, sql_type in SQL_TYPE.items()},
    TIMESTAMP: "timestamp",
    **dict.fromkeys(("HUGEINT", "UHUGEINT", "UBIGINT", "UINTEGER"), "long"),
    **dict.fromkeys(("SMALLINT", "TINYINT", "USMALLINT", "UTINYINT"), "integer"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "timestamp_ntz"),
    "FLOAT": "double",
    '"NULL"': "string",  # a column of nothing but NULL, as DuckDB 2 calls it
}
BATCH_ROWS = 10_000
THREADS = 4
SPILL_GB = 4


@dataclass(frozen=True)
class Files:
    """A table as Parquet files. Columns that files lack are empty, or have their default; those in paths
    (date=2026-01-05) are read there.
    """

    paths: tuple[str, ...]
    columns: Mapping[str, Kind]
    defaults: tuple[Column, ...] = ()  # those of them that have one


@dataclass(frozen=True)
class View:
    """A table made of others by one SELECT."""

    sql: str


Source = Files | View


@dataclass(frozen=True)
class SqlResult:
    """`columns`: (name, kind), kind being one of contract.table or, where none fits, "decimal", "timestamp_ntz" (a time
    of no zone), "time", "interval", "integer[]" ... Values are plain Python; moments are zone-aware in UTC, but a list
    or struct with moments in it comes as text. `cut`: there were more rows."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]
    cut: bool


def run_sql(
    sql: str,
    sources: Mapping[str, Source],
    *,
    tables: Collection[str] | None = None,
    seconds: float = 30,
    memory_mb: int = 512,
    rows: int = 1_000_000,
    temp: Path | None = None,
) -> SqlResult:
    """Answer one SELECT over `sources` ("silver.items" -> where it lies).

    `tables`: those that the statement may name (default: all); views may rest on others. `temp`: a folder where large
    sorts and joins spill to, up to SPILL_GB; without it they end at `memory_mb`.
    Raises ConfigError lake.sql_* for a statement that is wrong or refused, TransientError lake.sql_too_long and
    lake.sql_files, ContractError lake.sql_too_big.
    """
    args = (sql, dict(sources), tables, memory_mb, temp, rows + 1)
    messages = sandbox.run_in_process(answer, *args, seconds=seconds, memory_mb=memory_mb)
    columns = tuple((str(name), str(kind)) for name, kind in next(messages))
    found = [row for batch in messages for row in batch]
    return SqlResult(columns, found[:rows], cut=len(found) > rows)


def to_parquet(
    sql: str,
    sources: Mapping[str, Source],
    path: Path,
    *,
    tables: Collection[str] | None = None,
    seconds: float = 30,
    memory_mb: int = 512,
    temp: Path | None = None,
) -> int:
    """Write the whole answer to the Parquet file `path`, or nothing; returns how many rows. Raises as `run` does."""
    part = path.absolute().with_name(f"{path.name}.part")
    try:
        args = (sql, dict(sources), tables, memory_mb, temp, part)
        [count] = sandbox.run_in_process(_extract, *args, seconds=seconds, memory_mb=memory_mb)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def locked(
    sources: Mapping[str, Source], memory_mb: int, temp: Path | None = None, writes: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with a view for each source, in the order given, that opens no other file; its settings are closed.

    DuckDB grants a path for reading and writing alike: `prepare` sees to it that nothing writes.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,  # else a name that is no table is looked for among our variables
            "memory_limit": f"{memory_mb}MiB",
            "threads": min(THREADS, os.cpu_count() or 1),
            "temp_directory": str(temp) if temp else "",
            "max_temp_directory_size": f"{SPILL_GB}GB",
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    for name, source in sources.items():
        schema, table = (name_sql(part) for part in name.split("."))
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(
            f"CREATE VIEW {schema}.{table} AS {source.sql if isinstance(source, View) else _read(source)}"
        )
    paths = [path for source in sources.values() if isinstance(source, Files) for path in source.paths]
    connection.execute(f"SET allowed_paths = {_texts([*paths, *([str(writes)] if writes else [])])}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def prepare_answer(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make `sql` the view `answer`: what is not one SELECT cannot be one."""
    statements = connection.extract_statements(f"CREATE TEMP VIEW answer AS {sql}")
    if len(statements) != 1:
        raise ConfigError("lake.sql_one_select")
    connection.execute(statements[0])


def answer(
    sql: str, sources: dict[str, Source], tables: Collection[str] | None, memory_mb: int, temp: Path | None, limit: int
) -> Iterator[Iterable[Any]]:
    """The work of `run_sql` in its own process: (name, kind) of each column, then batches of rows. Sets no limit of
    time itself.
    """
    needed = _needed(gate.check_sql(sql, sources if tables is None else tables), sources)
    with _translated(memory_mb), locked(needed, memory_mb, temp) as connection:
        prepare_answer(connection, sql)
        columns = [(name, type_) for name, type_, *_ in connection.execute("DESCRIBE answer").fetchall()]
        yield [(name, _kind(type_)) for name, type_ in columns]
        moments = {place for place, (_, type_) in enumerate(columns) if type_ == TIMESTAMP}
        shown = ", ".join(_fetchable(name, type_) for name, type_ in columns)
        result = connection.execute(f"SELECT {shown} FROM answer LIMIT {limit}")
        while batch := result.fetchmany(BATCH_ROWS):
            yield (
                [tuple(_moment(v) if i in moments else v for i, v in enumerate(row)) for row in batch]
                if moments
                else batch
            )


def _extract(
    sql: str, sources: dict[str, Source], tables: Collection[str] | None, memory_mb: int, temp: Path | None, part: Path
) -> Iterator[int]:
    needed = _needed(gate.check_sql(sql, sources if tables is None else tables), sources)
    with _translated(memory_mb), locked(needed, memory_mb, temp, writes=part) as connection:
        prepare_answer(connection, sql)
        # DuckDB's own temporary file would be another path than the one granted.
        copy = f"COPY answer TO {text_sql(str(part))} (FORMAT parquet, USE_TMP_FILE false)"
        yield connection.execute(copy).fetchall()[0][0]


def _needed(names: Iterable[str], sources: Mapping[str, Source]) -> dict[str, Source]:
    """The sources named and those their views rest on, each after what it rests on."""
    needed: dict[str, Source] = {}
    for name in sorted(names):
        source = sources[name]
        if isinstance(source, View):
            needed |= _needed(gate.check_sql(source.sql, sources.keys() - {name}), sources)
        needed[name] = source
    return needed


def _read(files: Files) -> str:
    """The SELECT of a table's declared columns. The empty row set in front names and types what no file has (yet)."""
    declared = ", ".join(f"NULL::{SQL_TYPE[kind]} AS {name_sql(name)}" for name, kind in files.columns.items())
    empty = f"SELECT {declared} WHERE false"
    if not files.paths:
        return empty
    in_path = {part.partition("=")[0] for part in PurePath(files.paths[0]).parts[:-1] if "=" in part}
    # Typed here, not cast later: only so does DuckDB skip the files of other days.
    types = ", ".join(
        f"{text_sql(name)}: {SQL_TYPE[files.columns[name]]}" for name in sorted(in_path & files.columns.keys())
    )
    hive = f"hive_partitioning = true, hive_types = {{{types}}}" if types else "hive_partitioning = false"
    read = f"read_parquet({_texts(files.paths)}, union_by_name = true, {hive})"
    values = {name: f"CAST({name_sql(name)} AS {SQL_TYPE[kind]})" for name, kind in files.columns.items()}
    values |= {one.name: with_default(values[one.name], one) for one in files.defaults}
    shown = ", ".join(f"{value} AS {name_sql(name)}" for name, value in values.items())
    return f"SELECT {shown} FROM ({empty} UNION ALL BY NAME SELECT * FROM {read})"


def _fetchable(name: str, type_: str) -> str:
    """Fetching what has a zone needs pytz: moments come without theirs (the session's is UTC), the rest as text."""
    if type_ == TIMESTAMP:
        return f"CAST({name_sql(name)} AS TIMESTAMP)"
    return f"CAST({name_sql(name)} AS VARCHAR)" if "WITH TIME ZONE" in type_ else name_sql(name)


def _kind(type_: str) -> str:
    return KINDS.get(type_) or ("string" if "WITH TIME ZONE" in type_ else type_.partition("(")[0].lower())


def _moment(value: object) -> object:
    return (
        value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
    )  # None, or text: a year that Python has not


@contextmanager
def _translated(memory_mb: int) -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise ContractError("lake.sql_too_big", memory_mb=memory_mb) from error
    except duckdb.IOException as error:
        raise TransientError("lake.sql_files", message=_first_line(error)) from error
    except duckdb.Error as error:
        raise ConfigError("lake.sql_wrong", message=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(map(text_sql, values))}]"
