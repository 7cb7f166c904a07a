"""A landing folder: on this computer, or a share mounted on it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import BinaryIO, Literal

from aponta.contract.source import Listed
from aponta.errors import TransientError

After = Literal["leave", "move", "delete"]
TAKEN = "taken"  # below the root: where originals are moved to
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", "~")
LAST_NS = 2**63 - 1  # a file may claim any time; the database keeps 64 bits


class Folder:
    """A Source. `name` is what the ledger knows it by (default: the path), so that a factory folder can be moved."""

    def __init__(self, root: Path, after: After = "leave", name: str | None = None) -> None:
        self.root = root
        self.after = after
        self.name = name or str(root)
        self.releases = after != "leave"

    def list(self) -> Iterator[Listed]:
        yield from self._walk("")

    def look(self, listed: Listed) -> Listed | None:
        try:
            return _listed(listed.path, (self.root / listed.path).stat(follow_symlinks=False))
        except FileNotFoundError:
            return None

    def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
        return (self.root / listed.path).open("rb")

    def release(self, listed: Listed) -> None:
        # What changed since it was copied is another file: the next pass takes it.
        if self.after == "leave" or self.look(listed) != listed:
            return
        original = self.root / listed.path
        if self.after == "delete":
            original.unlink()
        else:
            taken = _free(self.root / TAKEN / listed.path)
            taken.parent.mkdir(parents=True, exist_ok=True)
            original.rename(taken)

    def _walk(self, below: str) -> Iterator[Listed]:
        try:
            with os.scandir(self.root / below) as found:
                entries = list(found)
        except OSError as error:
            if not below:
                raise TransientError("collect.unreachable", folder=self.root, reason=error.strerror or error) from error
            # Listed as if it were a file, it fails to open and is reported: its files must not be missing in silence.
            yield Listed(below.removesuffix("/"), 0, 0)
            return
        for entry in entries:
            if passed_over(entry.name) or (not below and entry.name == TAKEN):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(f"{below}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):  # a link may lead out of the root, or round in circles
                try:
                    yield _listed(below + entry.name, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue  # gone between the two looks


def _listed(path: str, stat: os.stat_result) -> Listed:
    return Listed(path, stat.st_size, min(stat.st_mtime_ns, LAST_NS))


def passed_over(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def _free(path: Path) -> Path:
    """`path`, or the first of `name-2.txt`, `name-3.txt` ... that nothing has."""
    if not path.exists():
        return path
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(free for free in numbered if not free.exists())
