"""A lease lets one process do a thing, among all that share the operational database.

No clock decides: the operating system (SQLite: a locked file beside the database) or the server (PostgreSQL: a lock of
the session) frees the lease of a process that dies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from aponta.ops.lock import unlockable


@contextmanager
def lease(engine: Engine, name: str) -> Iterator[bool]:
    """True while the lease is ours. False: another has it, in this process or elsewhere.

    name: letters, digits, spaces, - and _. Raises as `pass_lock` where files cannot be locked.
    """
    if engine.dialect.name == "sqlite":
        with _of_file(Path(engine.url.database or ":memory:"), name) as ours:
            yield ours
        return
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    with engine.connect() as connection:  # the lock is the session's: it outlives the transaction
        ours = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}))
        connection.commit()
        try:
            yield ours
        finally:
            if ours:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})
                connection.commit()


@contextmanager
def _of_file(database: Path, name: str) -> Iterator[bool]:
    lock = FileLock(database.with_name(f".{name}.lease".replace(" ", "-")), fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise unlockable(database.parent, error) from error
    try:
        yield True
    finally:
        lock.release()
