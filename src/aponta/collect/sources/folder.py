"""The source `folder`: a landing folder on this computer, or a share mounted on it."""

import errno
import os
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import BinaryIO, Literal

from sqlalchemy import Engine

from aponta.collect.names import TAKEN, is_ignored
from aponta.collect.sources.mounts import Mounts, missing_mount
from aponta.config import SourceSection
from aponta.contract.source import Listed, Locked
from aponta.errors import TransientError
from aponta.ops.file_locks import is_locked, refused_by_lock

After = Literal["leave", "move", "delete"]
LAST_NS = 2**63 - 1  # a file may claim any time; the database keeps 64 bits


def open_source(section: SourceSection, folder: Path, engine: Engine | None) -> "FolderSource":
    """url: the folder, below the factory's or anywhere."""
    return FolderSource(folder / section.url, section.after, section.name, Mounts(engine) if engine else None)


class FolderSource:
    """A Source. `name` is its name in the ledger (default: the path), so that a factory folder can be moved.

    mounts: without it a share that is not mounted any more looks like an empty folder.
    """

    def __init__(
        self, root: Path, after: After = "leave", name: str | None = None, mounts: Mounts | None = None
    ) -> None:
        self.root = root
        self.after = after
        self.name = name or str(root)
        self.releases = after != "leave"
        self.mounts = mounts
        self.whole = False

    def list(self) -> Iterator[Listed]:
        entries = self._entries("")
        if self.mounts and (mount := missing_mount(self.root, self.name, self.mounts)):
            raise TransientError("collect.unmounted", source=self.name, folder=self.root, mount=mount)
        yield from self._walk("", entries or ())

    def look(self, listed: Listed) -> Listed | None:
        try:
            return _listed(listed.path, (self.root / listed.path).stat(follow_symlinks=False))
        except FileNotFoundError:
            return None

    def open(self, listed: Listed) -> BinaryIO:
        try:
            file = (self.root / listed.path).open("rb")
        except OSError as error:
            if refused_by_lock(error):
                raise Locked from error
            raise
        try:
            if is_locked(file):
                raise Locked
        except BaseException:
            file.close()
            raise
        return file

    def release(self, listed: Listed) -> None:
        # A file that changed since it was copied is another version: the next pass takes it.
        if self.after == "leave" or self.look(listed) != listed:
            return
        original = self.root / listed.path
        if self.after == "delete":
            original.unlink()
        else:
            taken = _free(self.root / TAKEN / listed.path)
            taken.parent.mkdir(parents=True, exist_ok=True)
            original.rename(taken)

    def try_release(self) -> None:
        # Trying it would change the folder's time, and on many shares no file can be made where one may be moved.
        effective = os.access in os.supports_effective_ids
        if self.releases and not os.access(self.root, os.W_OK, effective_ids=effective):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def close(self) -> None:
        """Nothing is open."""

    def _entries(self, below: str) -> Sequence[os.DirEntry[str]] | None:
        """None: a folder below the root that cannot be read."""
        try:
            with os.scandir(self.root / below) as entries:
                return tuple(entries)
        except OSError as error:
            if not below:
                reason = error.strerror or error
                raise TransientError(
                    "collect.unreachable", source=self.name, folder=self.root, reason=reason
                ) from error
            return None

    def _walk(self, below: str, entries: Sequence[os.DirEntry[str]]) -> Iterator[Listed]:
        for entry in entries:
            if is_ignored(entry.name) or (not below and entry.name.casefold() == TAKEN):
                continue
            if entry.is_dir(follow_symlinks=False):
                folder = f"{below}{entry.name}/"
                inner = self._entries(folder)
                if inner is None:
                    # Listed as if it were a file, it fails to open and is reported: its files must not be missing in
                    # silence.
                    yield Listed(folder.removesuffix("/"), 0, 0)
                else:
                    yield from self._walk(folder, inner)
            elif entry.is_file(follow_symlinks=False):  # a link may lead out of the root, or round in circles
                try:
                    yield _listed(below + entry.name, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue  # gone since the folder was listed


def _listed(path: str, stat: os.stat_result) -> Listed:
    return Listed(path, stat.st_size, min(stat.st_mtime_ns, LAST_NS))


def _free(path: Path) -> Path:
    """`path`, or the first of `name-2.txt`, `name-3.txt` ... that nothing has."""
    if not path.exists():
        return path
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(free for free in numbered if not free.exists())
