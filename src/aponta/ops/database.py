"""Opens the operational database, at today's revision of its tables. One of an earlier release is upgraded by a pass
alone (`ops.upgrade`), for it copies the database before.

A transaction is `with transaction(engine) as connection:`. On SQLite it takes the write lock at its start, so that what
it read still holds when it writes: keep it short, and never open a second one inside. One that only reads takes none.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from aponta.errors import ConfigError, TransientError
from aponta.ops import stock_tables, tables  # noqa: F401 - they fill it
from aponta.ops.columns import metadata

T = TypeVar("T")
REVISIONS = ("0001", "0002")  # those in migrations/versions, in their order: a test holds the two together
HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 30_000  # how long SQLite waits for another process's transaction
STATEMENT_PARAMETERS = 400  # values in one statement: databases limit them
CREATION = 0x61706F6E7461  # "aponta": names the lock under which a PostgreSQL database is made or migrated


def connect(url: str, upgrade: Callable[[Connection, str], None] | None = None) -> Engine:
    """The database at a full SQLAlchemy URL; a new one gets its tables. upgrade: called with one of an earlier
    release, in a transaction of its own, and with its revision; without it such a database is refused.

    Raises ConfigError `ops.bad_url`, `ops.missing_driver`, `ops.older_database`, `ops.newer_database`, `ops.refused`;
    TransientError `ops.unreachable`.
    """
    try:
        engine = create_engine(
            url, hide_parameters=True
        )  # an error must not carry rows, and a password's hash, to a log
    except ArgumentError:  # its message may hold the URL, and the URL a password
        raise ConfigError("ops.bad_url") from None
    except ImportError as error:
        raise ConfigError("ops.missing_driver", driver=error.name or error) from error
    try:
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        with transaction(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": CREATION})
            _bring_to_head(connection, upgrade)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def connected(url: str, upgrade: Callable[[Connection, str], None] | None = None) -> Iterator[Engine]:
    """`connect`, for as long as it is needed. Raises as it does."""
    engine = connect(url, upgrade)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def transaction(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """All of it is committed, or nothing. reading: nothing will be written, so nobody need be waited for.

    Raises TransientError `ops.unreachable`, ConfigError `ops.refused` (no password in them). A clash of keys stays
    SQLAlchemy's IntegrityError: only who wrote knows what it means.
    """
    try:
        with (engine.execution_options(reading=True) if reading else engine).begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except OperationalError as error:
        raise TransientError(
            "ops.unreachable", database=database_name(engine), reason=_reason(engine, error)
        ) from error
    except DBAPIError as error:
        raise ConfigError("ops.refused", database=database_name(engine), reason=_reason(engine, error)) from error


@contextmanager
def single_transaction(url: str, *, reading: bool = False) -> Iterator[Connection]:
    """`connected` and one `transaction`, for a caller that needs no more. Raises as they do."""
    with connected(url) as engine, transaction(engine, reading=reading) as connection:
        yield connection


def _bring_to_head(connection: Connection, upgrade: Callable[[Connection, str], None] | None) -> None:
    revision = revision_of(connection)
    if revision == HEAD:
        return
    if revision is None:
        # Most databases are born at the head, and importing Alembic costs more than making the tables.
        metadata.create_all(connection)
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        )
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
        return
    database = database_name(connection.engine)
    if revision not in REVISIONS:
        raise ConfigError("ops.newer_database", database=database, revision=revision)
    if upgrade is None:
        raise ConfigError("ops.older_database", database=database, revision=revision, head=HEAD)
    upgrade(connection, revision)


def migrate(connection: Connection, revision: str = "head") -> None:
    """Runs the migrations that the database has not seen, in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _prepare_sqlite(engine: Engine) -> None:
    if engine.url.database and engine.url.database != ":memory:":
        folder = Path(engine.url.database).parent
        try:
            folder.mkdir(
                exist_ok=True
            )  # data/, but never the factory folder: a disk that is not mounted must not look like a new one
        except OSError as error:
            raise TransientError(
                "ops.unreachable", database=database_name(engine), reason=error.strerror or error
            ) from error

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = (
            None  # transactions are ours to begin, below: the driver would begin them late, and none for DDL
        )
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut: exactly-once rests on it
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def chunks(values: Iterable[T], size: int = STATEMENT_PARAMETERS) -> Iterator[list[T]]:
    """The values in lists of at most `size`: by default as many as one statement takes."""
    listed = list(values)
    return (listed[start : start + size] for start in range(0, len(listed), size))


def database_name(engine: Engine) -> str:
    """The database as people know it: never the password, nor the query, where a password may stand too."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return url.database or ":memory:"
    return url.set(password=None, query={}).render_as_string()


def _reason(engine: Engine, error: DBAPIError) -> str:
    reason = str(error.orig).strip()
    secrets = [engine.url.password, engine.url.query.get("password")]
    for secret in secrets:
        if secret:
            reason = reason.replace(str(secret), "***")
    return reason
