"""The database of an earlier release: copied as it is, with what its write-ahead log holds, and then migrated."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from aponta.errors import ConfigError, TransientError
from aponta.ops import database
from aponta.ops.database import HEAD, REVISIONS, connect, migrate, transaction
from aponta.ops.upgrade import BACKUPS, COPIES, pending_upgrade, upgrade_database

NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
FIRST = REVISIONS[0]
# A folder of a release holds what its migration made: an edited one would leave it behind. Add a new migration instead.
RELEASED = {
    "0001_first.py": "eb0ad56bb99fcfb27104751e159e0c7e8dfa9279ae90b6eb27787bea64894eb9",
    "0002_names.py": "cb21dfcd993e0c71e6e4a7c6d68509e772796f0f6e50f67999e5e79860764231",
}


def left(url: str) -> str:
    """A database as the first release left it, with a row."""
    engine = create_engine(url)
    with transaction(engine) as connection:
        migrate(connection, FIRST)
        connection.execute(text("INSERT INTO pause VALUES ('main', '2026-03-02 10:00:00', 'ana', 'count')"))
    engine.dispose()
    return url


@pytest.fixture
def url(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "ops.db")) as file:
        file.execute("PRAGMA journal_mode = WAL")
    return left(f"sqlite:///{tmp_path / 'ops.db'}")


def upgrading(now: datetime = NOW) -> Callable[[Connection, str], None]:
    def older(connection: Connection, revision: str) -> None:
        upgrade_database(connection, revision, now)

    return older


def test_released_migrations_are_frozen() -> None:
    for name, digest in RELEASED.items():
        content = (database.MIGRATIONS / "versions" / name).read_bytes().replace(b"\r\n", b"\n")
        assert hashlib.sha256(content).hexdigest() == digest, (
            f"{name} was released: folders out there have run it, and will not run it again. Put it back as it was; "
            "what is to change is a new migration."
        )


def test_nobody_upgrades_it_by_the_way(url: str, tmp_path: Path) -> None:
    before = (tmp_path / "ops.db").read_bytes()
    with pytest.raises(ConfigError) as caught:
        connect(url)
    assert caught.value.code == "ops.older_database"
    assert caught.value.facts == {"database": str(tmp_path / "ops.db"), "revision": FIRST, "head": HEAD}
    pending = pending_upgrade(url)
    assert pending is not None and (pending.revisions, pending.copy) == (REVISIONS, tmp_path / BACKUPS)
    assert (tmp_path / "ops.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["ops.db"]


def test_the_copy_is_the_database_as_it_was(url: str, tmp_path: Path) -> None:
    beside = sqlite3.connect(tmp_path / "ops.db")  # as a server has it open: what it wrote is in the log alone
    beside.execute("PRAGMA journal_mode = WAL")
    beside.execute("INSERT INTO pause VALUES ('erp', '2026-03-02 10:00:00', 'rui', 'count')")
    beside.commit()
    assert (tmp_path / "ops.db-wal").stat().st_size
    connect(url, upgrading()).dispose()
    beside.close()
    (copy,) = (tmp_path / BACKUPS).iterdir()
    assert copy.name == f"ops-{FIRST}-20261201T103000Z.db"
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [(FIRST,)]
        assert old.execute("SELECT destination FROM pause ORDER BY 1").fetchall() == [("erp",), ("main",)]
        assert old.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert pending_upgrade(url) is None
    with closing(sqlite3.connect(tmp_path / "ops.db")) as new:
        assert new.execute("SELECT destination FROM pause ORDER BY 1").fetchall() == [("erp",), ("main",)]


def test_few_copies_are_kept(url: str, tmp_path: Path) -> None:
    file, copies = tmp_path / "ops.db", tmp_path / BACKUPS
    (tmp_path / "other.db").write_bytes(b"")
    old = file.read_bytes()
    for day in range(COPIES + 2):
        file.write_bytes(old)
        connect(url, upgrading(NOW + timedelta(days=day))).dispose()
    kept = [f"ops-{FIRST}-202612{1 + day:02}T103000Z.db" for day in range(2, COPIES + 2)]
    assert sorted(path.name for path in copies.iterdir()) == kept


def test_without_a_copy_there_is_no_upgrade(url: str, tmp_path: Path) -> None:
    (tmp_path / BACKUPS).write_text("a file, where the folder should be")
    with pytest.raises(TransientError) as caught:
        connect(url, upgrading())
    assert caught.value.code in ("ops.unwritable", "ops.copy_failed")
    assert pending_upgrade(url) is not None
    (tmp_path / BACKUPS).unlink()
    connect(url, upgrading()).dispose()
    assert pending_upgrade(url) is None


def test_a_migration_that_fails_leaves_it_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(connection: Connection, revision: str = "head") -> None:
        migrate(connection, revision)
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("aponta.ops.upgrade.migrate", fails)
        with pytest.raises(RuntimeError):
            connect(url, upgrading())
    pending = pending_upgrade(url)
    assert pending is not None and pending.revisions == REVISIONS


def test_a_server_is_upgraded_without_a_copy(postgres_database: str) -> None:
    url = left(postgres_database)
    pending = pending_upgrade(url)
    assert pending is not None and pending.copy is None
    engine = connect(url, upgrading())
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT destination, who FROM pause")).all() == [("main", "ana")]
    engine.dispose()
    assert pending_upgrade(url) is None
