"""Receives what machines send: a file lies in data/inbox whole, or not at all."""

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
NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
OF_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Receiving:
    """Implements contract Inbox."""

    def __init__(self, read_factory: Callable[[], Factory], engine: Engine) -> None:
        self.read_factory, self.engine = read_factory, engine

    @contextmanager
    def receive(self, machine: str, name: str) -> "Iterator[_Incoming]":
        factory, kept = self.read_factory(), file_name(name)
        folder = inbox.machine_folder(machine)
        choice = choose_layout(kept, folder, factory.layouts, factory.machines, factory.zone)
        if choice.machine not in (None, machine):
            raise ConfigError("pipeline.not_its_file", name=kept, machine=machine, of=choice.machine)
        remove_drafts(inbox.inbox_folder(factory.data) / folder, DAY_S)
        with atomic_file(inbox.inbox_folder(factory.data) / folder) as writing:
            yield _Incoming(writing, kept, folder, self.engine)


class _Incoming:
    def __init__(self, writing: AtomicFile, name: str, folder: str, engine: Engine) -> None:
        self._writing, self._name, self._folder, self._engine = writing, name, folder, engine
        self._hashing, self._size = hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._hashing.update(data)
        self._size += len(data)
        self._writing.write(data)

    def store(self) -> InboxFile:
        sha256 = self._hashing.hexdigest()
        known = self._known(sha256) or self._waits(sha256)
        if not known:
            inbox.put_in_inbox(self._writing, self._writing.path.parent, self._name)
        return InboxFile(self._name, sha256, self._size, known)

    def _known(self, sha256: str) -> bool:
        """Packed files are remembered as they came, their members are what arrived."""
        came = select(arrival.c.id).where(arrival.c.sha256 == sha256, arrival.c.name == printable(self._name, 500))
        path = printable(f"{self._folder}/{self._name}")
        packed = select(seen.c.path).where(seen.c.source == INBOX, seen.c.path == path, seen.c.sha256 == sha256)
        with transaction(self._engine, reading=True) as connection:
            return any(connection.execute(query.limit(1)).first() for query in (came, packed))

    def _waits(self, sha256: str) -> bool:
        root = self._writing.path.parent
        return any(_hash(path) == sha256 for path in (root / self._name, *root.glob(f"[0-9]*/{_literal(self._name)}")))


def file_name(sent: str) -> str:
    """A name that every disk keeps, and that is no path. Raises ConfigError `pipeline.bad_file_name`."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    bad = (
        not name.strip()
        or len(name.encode(errors="replace")) > LONGEST_NAME
        or not name.isprintable()
        or NOT_IN_NAMES.search(name)
        or OF_WINDOWS.fullmatch(name)
        or name.endswith((".", " "))
        or is_ignored(name)
    )
    if bad:
        raise ConfigError("pipeline.bad_file_name", name=name[:80])
    return name


def _literal(name: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", name)


def _hash(path: Path) -> str | None:
    """None: it is not there, or was taken in this moment."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
