"""Receives the files that machines send: a file is in data/inbox whole, or not at all."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, select

from aponta.collect.names import is_ignored, printable
from aponta.collect.sources import inbox
from aponta.config import Factory
from aponta.config.sections.source import INBOX
from aponta.contract.pages.inbox import InboxFile
from aponta.decode.choose import choose_layout
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.disk import AtomicFile, atomic_file, remove_drafts
from aponta.ops.tables import arrival, seen

LONGEST_NAME = 200  # bytes
DAY_S = 86_400
FORBIDDEN_CHARACTERS = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
WINDOWS_DEVICE_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class InboxFolder:
    """Implements contract.inbox.Inbox."""

    def __init__(self, read_factory: Callable[[], Factory], engine: Engine) -> None:
        self.read_factory, self.engine = read_factory, engine

    @contextmanager
    def receive(self, machine: str, name: str) -> "Iterator[_Incoming]":
        factory, file_name = self.read_factory(), safe_file_name(name)
        folder = inbox.machine_folder(machine)
        choice = choose_layout(file_name, folder, factory.layouts, factory.machines, factory.zone)
        if choice.machine not in (None, machine):
            raise ConfigError("pipeline.not_its_file", name=file_name, machine=machine, of=choice.machine)
        remove_drafts(inbox.inbox_folder(factory.data) / folder, DAY_S)
        with atomic_file(inbox.inbox_folder(factory.data) / folder) as target:
            yield _Incoming(target, file_name, folder, self.engine)


class _Incoming:
    def __init__(self, target: AtomicFile, name: str, folder: str, engine: Engine) -> None:
        self._target, self._name, self._folder, self._engine = target, name, folder, engine
        self._hash, self._size = hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self._size += len(data)
        self._target.write(data)

    def store(self) -> InboxFile:
        sha256 = self._hash.hexdigest()
        known = self._has_arrived(sha256) or self._is_waiting(sha256)
        if not known:
            inbox.put_in_inbox(self._target, self._target.path.parent, self._name)
        return InboxFile(self._name, sha256, self._size, known)

    def _has_arrived(self, sha256: str) -> bool:
        """Packed files are remembered by their path; only their members are arrivals."""
        arrived = select(arrival.c.id).where(arrival.c.sha256 == sha256, arrival.c.name == printable(self._name, 500))
        path = printable(f"{self._folder}/{self._name}")
        packed = select(seen.c.path).where(seen.c.source == INBOX, seen.c.path == path, seen.c.sha256 == sha256)
        with transaction(self._engine, reading=True) as connection:
            return any(connection.execute(query.limit(1)).first() for query in (arrived, packed))

    def _is_waiting(self, sha256: str) -> bool:
        folder = self._target.path.parent
        same_name = (folder / self._name, *folder.glob(f"[0-9]*/{_glob_literal(self._name)}"))
        return any(_file_hash(path) == sha256 for path in same_name)


def safe_file_name(sent: str) -> str:
    """The name without a path, if every file system can store it. Raises ConfigError `pipeline.bad_file_name`."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    bad = (
        not name.strip()
        or len(name.encode(errors="replace")) > LONGEST_NAME
        or not name.isprintable()
        or FORBIDDEN_CHARACTERS.search(name)
        or WINDOWS_DEVICE_NAMES.fullmatch(name)
        or name.endswith((".", " "))
        or is_ignored(name)
    )
    if bad:
        raise ConfigError("pipeline.bad_file_name", name=name[:80])
    return name


def _glob_literal(name: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", name)


def _file_hash(path: Path) -> str | None:
    """SHA-256; None if the file does not exist, or was taken just now."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
