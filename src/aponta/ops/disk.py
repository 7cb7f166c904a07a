"""Files that are written whole or not at all, and survive a power cut. Differences of systems stay in this module."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from aponta.errors import TransientError

DRAFT = ".draft"
LITTLE_FREE_MB = 2_000
FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows knows no EDQUOT


class AtomicFile:
    """A file under a temporary name: it takes its final name whole, or is removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _translated(path):
            self.file: BinaryIO = path.open("xb")

    def write(self, data: bytes) -> None:
        with _translated(self.path):
            self.file.write(data)

    def close(self, *, lasting: bool = True) -> None:
        """Ends writing: the content is on the disk, and may be read back at `path`."""
        if not self.file.closed:
            with _translated(self.path):
                self.file.flush()
                if lasting:
                    os.fsync(self.file.fileno())
                self.file.close()

    def commit(self, path: Path, *, lasting: bool = True) -> None:
        """Takes the name `path` (on the same disk) and replaces the file there. Creates the folder if absent."""
        self.close(lasting=lasting)
        with _translated(path):
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                _sync_folder(path.parent.parent)
            self.path.replace(path)
            if lasting:
                _sync_folder(path.parent)

    def commit_new(self, path: Path) -> bool:
        """As `commit`, unless a file has the name already: then both are left as they are, and False is returned."""
        self.close()
        with _translated(path):
            try:
                os.link(self.path, path)
            except FileExistsError:
                return False
            _sync_folder(path.parent)
        return True


@contextmanager
def atomic_file(folder: Path) -> Iterator[AtomicFile]:
    """An `AtomicFile` in `folder` (created if absent), removed at the end unless it was committed.

    Raises TransientError: `ops.disk_full`, `ops.unwritable`.
    """
    with _translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
    # Our own name instead of tempfile's: the file gets the permissions that the folder's users expect.
    writing = AtomicFile(folder / f".{os.urandom(8).hex()}{DRAFT}")
    try:
        yield writing
    finally:
        try:
            writing.file.close()  # writes what is buffered: on a full disk it fails again
        except OSError:
            pass
        finally:
            writing.path.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | Callable[[BinaryIO], object], *, lasting: bool = True) -> None:
    """Writes bytes, or the output of a writer, at `path`: after a kill the old file is there or the new one, whole.

    lasting: after a power cut too. A file with the status of the moment need not be, and takes a tenth of the time.
    Raises TransientError: `ops.disk_full`, `ops.unwritable`.
    """
    with atomic_file(path.parent) as writing:
        if isinstance(content, bytes):
            writing.write(content)
        else:
            with _translated(path):
                content(writing.file)
        writing.commit(path, lasting=lasting)


def sync_files(paths: Iterable[Path]) -> None:
    """Makes files that others wrote, and their names, survive a power cut. Raises TransientError."""
    folders = set()
    for path in paths:
        with _translated(path), path.open("rb+") as file:
            os.fsync(file.fileno())
        folders |= {path.parent, path.parent.parent}
    for folder in folders:
        with _translated(folder):
            _sync_folder(folder)


def remove_drafts(folder: Path, older_than_s: float = 0) -> None:
    """Removes drafts that a killed process left in `folder`. Only for the holder of the folder's lock, when nobody else
    writes there; or for drafts so old that nobody writes them any more.
    """
    for left in folder.glob(f".*{DRAFT}"):
        with suppress(FileNotFoundError):
            if not older_than_s or time.time() - left.stat().st_mtime > older_than_s:
                left.unlink()


def free_bytes(path: Path) -> int:
    """Bytes free on the disk that holds `path`, which need not exist yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise TransientError("ops.disk_full", path=path, free=free_bytes(path)) from error
        raise TransientError("ops.unwritable", path=path, reason=error.strerror or error) from error


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only once its folder is."""
    if os.name == "nt":  # Windows opens no folders; NTFS keeps a journal of names itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network shares cannot, and sync names at once
            raise
    finally:
        os.close(handle)
