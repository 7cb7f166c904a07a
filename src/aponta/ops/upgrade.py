"""The operational database of an earlier release is copied, and then migrated in one transaction."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine

from aponta.errors import ConfigError, TransientError
from aponta.ops.database import REVISIONS, connect, database_name, migrate
from aponta.ops.disk import atomic_file, remove_drafts

BACKUPS = "backups"  # the folder of the copies, beside the database
COPIES = 5  # that are kept: the newest


@dataclass(frozen=True)
class DatabaseUpgrade:
    database: str  # its file or its URL, without the password
    revisions: tuple[str, ...]  # from the one that it has on
    copy: Path | None  # the folder it is copied into; once that is done, the copy. None: a server keeps the database


def pending_upgrade(url: str) -> DatabaseUpgrade | None:
    """The upgrade of the database by the next pass; None: it is at today's revision. Raises as `connect` does."""
    try:
        connect(url).dispose()
    except ConfigError as error:
        if error.code != "ops.older_database":
            raise
        engine = create_engine(url)
        return DatabaseUpgrade(database_name(engine), _through(str(error.facts["revision"])), _backups(engine))
    return None


def upgrade_database(connection: Connection, revision: str, now: datetime) -> DatabaseUpgrade:
    """In the connection's transaction, which nobody else may write beside: the copy holds what the migration finds.

    Raises TransientError `ops.copy_failed`, `ops.disk_full`, `ops.unwritable`: then nothing was changed.
    """
    engine = connection.engine
    folder = _backups(engine)
    copy = None
    if folder is not None:
        file = Path(str(engine.url.database))
        copy = folder / f"{file.stem}-{revision}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{file.suffix}"
        _copy(file, copy)
    migrate(connection)
    if copy is not None:
        copies = [path for path in copy.parent.iterdir() if path.name.startswith(f"{file.stem}-")]
        for old in sorted(copies, key=lambda path: path.stem.rpartition("-")[2])[:-COPIES]:  # by when they were made
            old.unlink()
    return DatabaseUpgrade(database_name(engine), _through(revision), copy)


def _through(revision: str) -> tuple[str, ...]:
    return REVISIONS[REVISIONS.index(revision) :]


def _backups(engine: Engine) -> Path | None:
    file = engine.url.database
    return Path(file).parent / BACKUPS if engine.dialect.name == "sqlite" and file and file != ":memory:" else None


def _copy(file: Path, copy: Path) -> None:
    """By SQLite itself, with what its write-ahead log holds: one file, whole or not there."""
    remove_drafts(copy.parent)
    with atomic_file(copy.parent) as writing:
        try:
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(writing.path)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # no second file beside it
        except sqlite3.Error as error:
            raise TransientError("ops.copy_failed", path=copy, reason=error) from error
        writing.commit(copy)
