import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

from aponta.errors import ApontaError, ConfigError, TransientError
from aponta.ops import database
from aponta.ops.database import connect, migrate, transaction
from aponta.ops.stock_tables import pause
from aponta.ops.tables import metadata, seen
from aponta.words import LANGUAGES, Words

ROW: dict[str, Any] = {
    "source": "landing",
    "path": "M01.txt",
    "size": 3,
    "modified_ns": 5,
    "etag": "",
    "sha256": "0" * 64,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'ops.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., Engine]]:
    """Opens the database, any number of times; closed with the test."""
    engines: list[Engine] = []

    def open_it(older: Callable[[Connection, str], None] | None = None) -> Engine:
        engines.append(connect(url, older))
        return engines[-1]

    yield open_it
    for engine in engines:
        engine.dispose()


def test_a_new_database_has_every_table_and_keeps_what_is_written(opened: Callable[[], Engine]) -> None:
    engine = opened()
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    with transaction(engine) as connection:
        connection.execute(seen.insert(), ROW)
    engine = opened()
    with transaction(engine) as connection:
        assert connection.execute(select(seen)).one()._asdict() == ROW


def test_the_migrations_make_the_same_tables(opened: Callable[[], Engine]) -> None:
    engine = opened()
    declared = _schema(engine)
    metadata.drop_all(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        migrate(connection)
    assert _schema(engine) == declared
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [database.HEAD]


def test_the_revisions_are_the_migrations() -> None:
    scripts = ScriptDirectory(str(database.MIGRATIONS)).walk_revisions()
    assert tuple(script.revision for script in scripts) == database.REVISIONS[::-1]
    assert database.REVISIONS[-1] == database.HEAD


def test_an_older_database_is_migrated_and_keeps_its_rows(
    opened: Callable[..., Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = opened()
    with transaction(engine) as connection:
        connection.execute(seen.insert(), ROW)
    newer = tmp_path / "100% newer"
    shutil.copytree(database.MIGRATIONS, newer)
    (newer / "versions" / "9999_test.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'test'\n"
        f"down_revision = {database.HEAD!r}\n"
        "def upgrade() -> None:\n    op.add_column('seen', sa.Column('colour', sa.String(10)))\n"
    )
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    monkeypatch.setattr(database, "REVISIONS", (*database.REVISIONS, "test"))
    monkeypatch.setattr(database, "HEAD", "test")
    with pytest.raises(ConfigError) as caught:
        opened()
    assert caught.value.code == "ops.older_database"
    assert caught.value.facts["revision"] == database.REVISIONS[-2]
    engine = opened(lambda connection, revision: migrate(connection))
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT path, colour FROM seen")).one() == ("M01.txt", None)


def test_a_newer_database_is_refused(opened: Callable[[], Engine]) -> None:
    engine = opened()
    with transaction(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError) as caught:
        opened()
    assert caught.value.code == "ops.newer_database"
    assert caught.value.facts["revision"] == "9999"


def test_two_processes_may_make_it_at_once(url: str) -> None:
    script = "import sys; from aponta.ops.database import connect; connect(sys.argv[1]).dispose()"
    makers = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(3)]
    assert [maker.wait() for maker in makers] == [0, 0, 0]


def test_the_usual_way_imports_no_alembic(tmp_path: Path) -> None:
    script = (
        "import sys; from aponta.ops.database import connect\n"
        "for _ in range(2): connect(sys.argv[1]).dispose()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, f"sqlite:///{tmp_path / 'ops.db'}"], check=True)


def test_sqlite_commits_to_the_disk(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    with transaction(engine) as connection:
        kept = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert kept == ["wal", 2, 1, database.BUSY_MS]
    engine.dispose()


def test_what_a_transaction_read_still_holds_when_it_writes(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    with transaction(engine) as connection:
        connection.execute(seen.insert(), ROW)

    def count_up(_: int) -> None:
        with transaction(engine) as connection:
            size = connection.execute(select(seen.c.size)).scalar_one()
            time.sleep(0.005)  # the others come between, if they can
            connection.execute(seen.update().values(size=size + 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count_up, range(12)))
    with transaction(engine) as connection:
        assert connection.execute(select(seen.c.size)).scalar_one() == ROW["size"] + 12
    engine.dispose()


def test_who_only_reads_waits_for_nobody(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    with transaction(engine) as connection:
        connection.execute(seen.insert(), ROW)
        since = time.monotonic()
        with transaction(engine, reading=True) as beside:
            assert beside.execute(select(seen)).all() == [], "what is not committed is not there"
        assert time.monotonic() - since < 5
    engine.dispose()


def test_an_error_carries_no_rows(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    with pytest.raises(IntegrityError) as caught, transaction(engine) as connection:
        connection.execute(seen.insert(), [ROW, ROW | {"sha256": "a secret"}])
    assert "a secret" not in str(caught.value)
    engine.dispose()


def test_an_error_inside_a_transaction_undoes_all_of_it(opened: Callable[[], Engine]) -> None:
    engine = opened()
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        connection.execute(seen.insert(), ROW)
        connection.execute(pause.insert(), {"destination": "main"})
    with transaction(engine) as connection:
        assert connection.execute(select(seen)).all() == []


def test_a_server_that_does_not_answer_is_said_without_its_password() -> None:
    pytest.importorskip("psycopg")
    _assert_said("ops.unreachable", TransientError, "postgresql+psycopg://ana:s3cret@127.0.0.1:1/ops?password=s3cret")


def test_an_address_that_is_none_is_said_without_its_password() -> None:
    _assert_said("ops.bad_url", ConfigError, "ana:s3cret@server/ops")


def test_a_driver_that_is_not_installed_is_named() -> None:
    error = _assert_said("ops.missing_driver", ConfigError, "oracle+cx_oracle://ana:s3cret@server/ops")
    assert error.facts["driver"] == "cx_Oracle"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ops.db").write_text("this is a shopping list\n" * 100)
    _assert_said("ops.refused", ConfigError, f"sqlite:///{tmp_path / 'ops.db'}")


def test_a_disk_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    _assert_said("ops.unreachable", TransientError, f"sqlite:///{tmp_path / 'away' / 'data' / 'ops.db'}")
    assert not (tmp_path / "away").exists()


def _assert_said(code: str, family: type[ApontaError], url: str) -> ApontaError:
    with pytest.raises(family) as caught:
        connect(url)
    said = [
        str(caught.value),
        *(sentence for language in LANGUAGES for sentence in Words(language).error(caught.value)),
    ]
    assert caught.value.code == code
    assert not [sentence for sentence in said if "s3cret" in sentence]
    return caught.value


def _schema(engine: Engine) -> dict[str, Any]:
    """Every table as the database itself describes it."""
    found = inspect(engine)
    return {
        table: {
            "columns": [{**column, "type": str(column["type"])} for column in found.get_columns(table)],
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "indexes": sorted(found.get_indexes(table), key=lambda index: str(index["name"])),
            "unique": found.get_unique_constraints(table),
            "foreign": found.get_foreign_keys(table),
        }
        for table in found.get_table_names()
    }
