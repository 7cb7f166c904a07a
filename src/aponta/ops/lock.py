"""One pass at a time per factory folder, across processes. The operating system frees the lock of a killed process."""

import errno
import getpass
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.errors import ApontaError, ConfigError, TransientError
from aponta.ops.database import connected
from aponta.ops.disk import write_whole

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@dataclass(frozen=True)
class LockHolder:
    """The process that works in the folder: `user@host (process 123): aponta run`, and since when."""

    who: str
    since: datetime | None  # UTC; unknown between taking the lock and signing for it


@contextmanager
def pass_lock(
    folder: Path, wait_seconds: float, clock: Clock, on_wait: Callable[[LockHolder], None] | None = None
) -> Iterator[None]:
    """Locks the folder for a pass. Waits `wait_seconds` if another process has it; `on_wait` is called once with that
    one.

    Raises TransientError: `ops.busy` (who, since) when the time is over, `ops.unwritable` if the folder cannot
    be written. Raises ConfigError `ops.no_locks` if its file system keeps no locks.
    """
    lock = FileLock(folder / ".pass.lock", fallback_to_soft=False)  # a file that merely lies there outlives a kill
    signature = folder / ".pass.json"  # beside the lock: Windows lets nobody read a locked file
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait:
                on_wait(_holder(signature))
            lock.acquire(timeout=wait_seconds)
    except Timeout:
        holder = _holder(signature)
        since = holder.since.astimezone() if holder.since else None
        raise TransientError("ops.busy", who=holder.who, since=f"{since:%Y-%m-%d %H:%M}" if since else "?") from None
    except OSError as error:
        raise unlockable(folder, error) from error
    try:
        _sign(signature, clock())
        try:
            yield
        finally:
            signature.unlink(missing_ok=True)
    finally:
        lock.release()


def unlockable(folder: Path, error: OSError) -> ApontaError:
    """Why no lock could be taken in the folder: ConfigError `ops.no_locks`, TransientError `ops.unwritable`."""
    reason = error.strerror or error
    if error.errno in NO_LOCKS:
        return ConfigError("ops.no_locks", folder=folder, reason=reason)
    return TransientError("ops.unwritable", path=folder, reason=reason)


def _sign(signature: Path, now: datetime) -> None:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    facts = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user(),
        "command": command,
        "since": now.isoformat(),
    }
    write_whole(signature, json.dumps(facts).encode(), lasting=False)  # after a power cut nobody holds the lock


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "?"


def _holder(signature: Path) -> LockHolder:
    try:
        facts = json.loads(signature.read_text(encoding="utf-8"))
        return LockHolder(
            f"{facts['user']}@{facts['host']} (process {facts['pid']}): {facts['command']}",
            datetime.fromisoformat(facts["since"]),
        )
    except (OSError, ValueError):  # it has the lock and has not signed yet
        return LockHolder("?", None)


@contextmanager
def exclusive(
    factory: Factory,
    clock: Clock,
    wait_seconds: float = 30,
    wait: Callable[[LockHolder], None] | None = None,
    upgrade: Callable[[Connection, str], None] | None = None,
) -> Iterator[Engine]:
    """The operational database for who works alone: a pass, or what a pass may see whole or not at all.

    upgrade: as `connect` takes it. Raises as `pass_lock` and `connect`.
    """
    factory.data.mkdir(exist_ok=True)
    with pass_lock(factory.data, wait_seconds, clock, wait), connected(factory.ops_url, upgrade) as engine:
        yield engine
