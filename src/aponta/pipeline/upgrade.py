"""A pass upgrades the folder of an earlier release before anything else; `aponta doctor` shows beforehand what that
will do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.lake import Lake
from aponta.contract.table import Column
from aponta.lake.published import published_versions
from aponta.lake.schema import is_current, missing_columns
from aponta.ops.lock import exclusive
from aponta.ops.upgrade import DatabaseUpgrade, pending_upgrade, upgrade_database
from aponta.refine.tables import all_tables


@dataclass(frozen=True)
class Upgrade:
    """The changes to the folder; none: it is of this release."""

    database: DatabaseUpgrade | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # table -> those that it gains

    def copy_below(self, folder: Path) -> str | None:
        """The copy, or the folder it will be in, as it is known in the factory folder; None: there is none."""
        if self.database is None or self.database.copy is None:
            return None
        copy, here = self.database.copy.resolve(), folder.resolve()
        return copy.relative_to(here).as_posix() if copy.is_relative_to(here) else str(copy)

    def as_json(self) -> dict[str, Any]:
        database = self.database
        return {
            "revisions": list(database.revisions) if database else [],
            "copy": str(database.copy) if database and database.copy else None,
            "columns": {table: list(columns) for table, columns in self.columns.items()},
        }


class FolderUpgrade:
    """By a pass, before anything else is written. Killed at any moment, the next pass does what is left of it."""

    def __init__(self, factory: Factory, clock: Clock, report: Callable[[Upgrade], None]) -> None:
        self.factory, self.clock, self.report = factory, clock, report
        self.done = Upgrade()

    def database(self, connection: Connection, revision: str) -> None:
        """For `connect`, with the database of an earlier release. Raises first where the lake is of a later one."""
        published_versions(self.factory.lake_folder)
        self._add(Upgrade(upgrade_database(connection, revision, self.clock())))

    def tables(self, open_lake: Callable[[], Lake]) -> bool:
        """Gives the lake's tables the columns that they lack. Returns whether columns are to be published.

        Raises ConfigError `lake.newer_table`, `lake.kind_changed`.
        """
        folder, declared = self.factory.lake_folder, all_tables(self.factory.sensors)
        if is_current(folder, declared):
            return False
        columns = missing_columns(folder, declared)
        for table in declared:
            open_lake().gain(table)
        if columns:
            self._add(Upgrade(columns=_names(columns)))
        return True

    def _add(self, upgrade: Upgrade) -> None:
        self.done = Upgrade(upgrade.database or self.done.database, {**self.done.columns, **upgrade.columns})
        self.report(upgrade)


def planned_upgrade(factory: Factory) -> Upgrade:
    """The upgrade by the next pass. Changes nothing. Raises ConfigError: the folder is of a later release."""
    columns = missing_columns(factory.lake_folder, all_tables(factory.sensors))
    return Upgrade(pending_upgrade(factory.ops_url), _names(columns))


def upgrade_database_of(factory: Factory, clock: Clock, report: Callable[[Upgrade], None]) -> None:
    """For who opens the database before the first pass. Raises as `exclusive` does."""
    if pending_upgrade(factory.ops_url) is not None:
        with exclusive(factory, clock, upgrade=FolderUpgrade(factory, clock, report).database):
            pass


def _names(columns: Mapping[str, Sequence[Column]]) -> dict[str, tuple[str, ...]]:
    return {table: tuple(one.name for one in gained) for table, gained in columns.items()}
