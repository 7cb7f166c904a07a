"""What readers see: every table at the version last published, and the views over them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from aponta.config import Factory
from aponta.contract.clock import Clock, system_clock
from aponta.contract.completeness import HourCompleteness
from aponta.lake import literal
from aponta.lake.open import open_lake
from aponta.lake.published import check_lake, publication, published_versions
from aponta.lake.query import Files, Source, View, run_sql
from aponta.lake.snapshot import Snapshot
from aponta.ops.database import connected, transaction
from aponta.pipeline.ledger.batches import last_published
from aponta.refine.gold.completeness import TABLE as COMPLETENESS
from aponta.refine.tables import VIEWS, all_tables
from aponta.usecases.read.completeness import completeness

DERIVED_DAYS = 35  # how far back gold.completeness is derived for a statement that names it


def sources(factory: Factory, wanted: Collection[str] | None = None) -> dict[str, Source]:
    """Name -> where its rows are. `wanted`: only these tables' files are looked up.

    Raises ContractError `pipeline.lake_missing`, `lake.table_lost`.
    """
    told = published_versions(factory.lake_folder)
    if not told:  # nothing was made yet, or the lake is gone
        check_lake(factory.lake_folder, _left(factory))
    lake = open_lake(factory.lake_folder, told)
    found: dict[str, Source] = {}
    for table in all_tables(factory.sensors):
        columns = {column.name: column.kind for column in table.columns}
        if table.partition:
            columns[table.partition] = "date"
        paths = lake.files(table) if wanted is None or table.name in wanted else []
        found[table.name] = Files(tuple(paths), columns, tuple(one for one in table.columns if one.default is not None))
    return found | {name: View(sql) for name, sql in VIEWS.items()}


def sources_for(factory: Factory, statement: str, clock: Clock = system_clock) -> dict[str, Source]:
    """Also what is derived when read, where the statement names it. Raises as `sources` does."""
    rows = _derived(factory, clock()) if COMPLETENESS.name.partition(".")[2] in statement.lower() else []
    return sources(factory) | {COMPLETENESS.name: View(literal.as_select(COMPLETENESS, rows))}


def _derived(factory: Factory, now: datetime) -> list[HourCompleteness]:
    today = now.astimezone(factory.zone).date()
    with _ops(factory) as connection:
        return completeness(connection, factory, now, today - timedelta(days=DERIVED_DAYS - 1), today)


def _left(factory: Factory) -> dict[str, int]:
    with _ops(factory) as connection:
        return last_published(connection)[1]


@contextmanager
def _ops(factory: Factory) -> Iterator[Connection]:
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        yield connection


def query(factory: Factory, sql: str, clock: Clock = system_clock) -> list[dict[str, Any]]:
    """Rows of SQL over the published tables; times as 2026-03-02T10:00:00Z."""
    answer = run_sql(sql, sources_for(factory, sql, clock))
    return [dict(zip((name for name, _ in answer.columns), map(plain, row), strict=True)) for row in answer.rows]


class Published:
    """Implements contract Reader: the tables last published, opened anew when others are."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self._lock = Lock()
        self._opened: tuple[str, Snapshot] | None = None

    def version(self) -> str:
        return publication(self.factory.lake_folder)

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return self._snapshot().rows(sql, *values)

    def _snapshot(self) -> Snapshot:
        with self._lock:
            version = self.version()
            if self._opened is None or self._opened[0] != version:
                self._opened = version, Snapshot(sources(self.factory))
            return self._opened[1]


def plain(value: Any) -> Any:
    """As JSON and people read it."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None)
        return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds") + "Z"
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)  # dates, decimals: exact as text
