"""The facts as people read them: every table at the version last published, and the views over them, as far as the
policy lets a person read them. Pages, the API and SQL pass here.
"""

from collections.abc import Collection
from copy import copy
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple

from aponta.config import Factory
from aponta.contract.clock import Clock, system_clock
from aponta.contract.pages.completeness import HourCompleteness
from aponta.contract.policy import EveryTable, Policy
from aponta.lake.open import open_lake
from aponta.lake.published import check_lake, publication, published_versions
from aponta.lake.sql import gate, literal
from aponta.lake.sql.query import Files, Source, View, run_sql
from aponta.lake.sql.snapshot import Snapshot
from aponta.ops.database import single_transaction
from aponta.pipeline.ledger.batches import last_published
from aponta.refine.gold.completeness import TABLE as COMPLETENESS
from aponta.refine.tables import VIEWS, all_tables
from aponta.usecases.read.completeness import completeness

EVERY_TABLE = EveryTable()
DERIVED_DAYS = 35  # how far back gold.completeness is derived for a statement that names it


def sources(factory: Factory, wanted: Collection[str] | None = None) -> dict[str, Source]:
    """The source of the rows of each table and view, by name. wanted: only these tables' files are listed.

    Raises ContractError `pipeline.lake_missing`, `lake.table_lost`.
    """
    versions = published_versions(factory.lake_folder)
    if not versions:  # no pass has published yet, or the lake is gone
        check_lake(factory.lake_folder, _last_versions(factory))
    lake = open_lake(factory.lake_folder, versions)
    stored: dict[str, Source] = {}
    for table in all_tables(factory.sensors):
        columns = {column.name: column.kind for column in table.columns}
        if table.partition:
            columns[table.partition] = "date"
        paths = lake.files(table) if wanted is None or table.name in wanted else []
        defaults = tuple(column for column in table.columns if column.default is not None)
        stored[table.name] = Files(tuple(paths), columns, defaults)
    return stored | {name: View(sql) for name, sql in VIEWS.items()}


class Readable(NamedTuple):
    """The tables of a statement's answer. sources: of all tables; tables: those that the statement may name."""

    sources: dict[str, Source]
    tables: frozenset[str]


def readable(
    factory: Factory, statement: str, clock: Clock = system_clock, policy: Policy = EVERY_TABLE, user: str | None = None
) -> Readable:
    """Also with gold.completeness, which is derived when a statement reads it.

    Raises ConfigError lake.sql_* as `lake.gate.check_sql` does, and what `sources` raises.
    """
    stored = sources(factory)
    tables = policy.readable(user, frozenset(stored) | {COMPLETENESS.name})
    rows = _derived(factory, clock()) if COMPLETENESS.name in gate.check_sql(statement, tables) else []
    return Readable(stored | {COMPLETENESS.name: View(literal.as_select(COMPLETENESS, rows))}, tables)


def _derived(factory: Factory, now: datetime) -> list[HourCompleteness]:
    today = now.astimezone(factory.zone).date()
    with single_transaction(factory.ops_url) as connection:
        return completeness(connection, factory, now, today - timedelta(days=DERIVED_DAYS - 1), today)


def _last_versions(factory: Factory) -> dict[str, int]:
    with single_transaction(factory.ops_url) as connection:
        return last_published(connection)[1]


def query(factory: Factory, sql: str, clock: Clock = system_clock) -> list[dict[str, Any]]:
    """Rows of SQL over the published tables; times as 2026-03-02T10:00:00Z."""
    known, tables = readable(factory, sql, clock)
    answer = run_sql(sql, known, tables=tables)
    return [dict(zip((name for name, _ in answer.columns), map(to_json, row), strict=True)) for row in answer.rows]


class _OpenTables:
    """The tables last published, opened again when others are; readers share them."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self.names = frozenset(VIEWS) | {table.name for table in all_tables(factory.sensors)}
        self._lock = Lock()
        self._opened: tuple[str, Snapshot] | None = None

    def version(self) -> str:
        return publication(self.factory.lake_folder)

    def snapshot(self) -> Snapshot:
        with self._lock:
            version = self.version()
            if self._opened is None or self._opened[0] != version:
                self._opened = version, Snapshot(sources(self.factory))
            return self._opened[1]


class Published:
    """Implements contract Reader. user: the reader's name; None for the person at this computer."""

    def __init__(self, factory: Factory, policy: Policy = EVERY_TABLE, user: str | None = None) -> None:
        self._open, self._policy = _OpenTables(factory), policy
        self.tables = policy.readable(user, self._open.names)

    def for_user(self, user: str | None) -> "Published":
        reader = copy(self)
        reader.tables = self._policy.readable(user, self._open.names)
        return reader

    def version(self) -> str:
        return self._open.version()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        gate.tables_read(sql, self.tables)
        return self._open.snapshot().rows(sql, *values)


def to_json(value: Any) -> Any:
    """The value as JSON has it: times as 2026-03-02T10:00:00Z, dates and decimals as text."""
    if isinstance(value, datetime):
        time = value.astimezone(UTC).replace(tzinfo=None)
        return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds") + "Z"
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, dict):
        return {name: to_json(each) for name, each in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)  # exact
