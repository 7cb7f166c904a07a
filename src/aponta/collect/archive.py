"""Files that were packed: gzip, and zip with any number of members. Each member is a file of its own."""

import gzip
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Protocol, cast

from aponta.collect.names import passed_over
from aponta.collect.raw import RawZone
from aponta.contract.raw_file import GZIP, HEAD, packed
from aponta.contract.source import Listed

MEMBERS = 10_000
SPOOLED = 32 * 2**20  # bytes held in memory; beyond, a file
RATIO, ALWAYS = 200, 64 * 2**20  # machines' text shrinks to a tenth: what grows more than so is no file of a machine
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError)


class Unpackable(Exception):
    """It is damaged, locked by a password, empty, or of a size that no machine writes."""


@dataclass(frozen=True)
class Member:
    path: str  # as if the archive were a folder
    sha256: str
    size: int


def unpack(listed: Listed, sha256: str, raw: RawZone) -> tuple[Member, ...]:
    """The files in one that was taken, each in the raw zone as well; none: it is no packed file, or one that cannot be
    unpacked. Raises TransientError as RawZone.take does.
    """
    with raw.open(sha256) as stream:
        head = stream.read(HEAD)
        if not packed(head):
            return ()
        with SpooledTemporaryFile(SPOOLED, dir=str(raw.folder)) as seekable:
            seekable.write(head)
            shutil.copyfileobj(stream, seekable)
            seekable.seek(0)
            try:
                with _members(listed, cast(BinaryIO, seekable)) as found:
                    return tuple(Member(path, *raw.take_named(path, inner)) for path, inner in found)
            except Unpackable:
                return ()


@contextmanager
def _members(listed: Listed, stream: BinaryIO) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """Path and bytes of each file, one after the other. Raises Unpackable, also while a member is read."""
    limit = max(ALWAYS, listed.size * RATIO)
    gzipped = stream.read(HEAD).startswith(GZIP)
    stream.seek(0)
    try:
        if gzipped:
            with gzip.open(stream) as inner:
                bare = listed.path[: -len(".gz")] if listed.path.lower().endswith(".gz") else listed.path
                yield iter([(bare, _bounded(inner, limit))])
        else:
            with zipfile.ZipFile(stream) as opened:
                yield ((f"{listed.path}/{path}", inner) for path, inner in _of_zip(opened, limit))
    except BROKEN as error:
        raise Unpackable(str(error)) from error


def _of_zip(opened: zipfile.ZipFile, limit: int) -> Iterator[tuple[str, BinaryIO]]:
    found = [one for one in opened.infolist() if not one.is_dir() and not _beside(one.filename)]
    if not 0 < len(found) <= MEMBERS:
        raise Unpackable(f"{len(found)} files")
    for one in found:
        with opened.open(one) as inner:
            yield one.filename.replace("\\", "/").lstrip("/"), _bounded(inner, limit)


def _beside(path: str) -> bool:
    """What programs put beside the files."""
    parts = path.replace("\\", "/").split("/")
    return "__MACOSX" in parts or passed_over(parts[-1])


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""


class _Bounded:
    """A stream that ends in an error where it does not end."""

    def __init__(self, stream: Readable, limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError("too large")
        return piece


def _bounded(stream: Readable, limit: int) -> BinaryIO:
    return cast(BinaryIO, _Bounded(stream, limit))
