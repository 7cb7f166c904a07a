"""Packed files: gzip, and zip with any number of members. Each member is a file of its own."""

import gzip
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Protocol, cast

from aponta.collect.names import is_ignored
from aponta.collect.raw import RawZone
from aponta.contract.packed import GZIP, HEAD, packed
from aponta.contract.source import Listed

MEMBERS = 10_000
SPOOLED = 32 * 2**20  # bytes in memory; beyond, a file
RATIO, ALWAYS = 200, 64 * 2**20  # machines' text shrinks to a tenth: a file that grows more is no machine's
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError)


class BadArchive(Exception):
    """The archive is damaged, locked by a password, empty, or of a size that no machine writes."""


@dataclass(frozen=True)
class Member:
    path: str  # as if the archive were a folder
    sha256: str
    size: int


def unpack(listed: Listed, sha256: str, raw: RawZone) -> tuple[Member, ...]:
    """The members of a stored archive, each in the raw zone as well; none: the file is not packed, or cannot be
    unpacked. Raises TransientError as RawZone.store does.
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
                with _members(listed, cast(BinaryIO, seekable)) as members:
                    return tuple(Member(path, *raw.store_with_name(path, inner)) for path, inner in members)
            except BadArchive:
                return ()


@contextmanager
def _members(listed: Listed, stream: BinaryIO) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """Path and bytes of each file, one after the other. Raises BadArchive, also while a member is read."""
    limit = max(ALWAYS, listed.size * RATIO)
    gzipped = stream.read(HEAD).startswith(GZIP)
    stream.seek(0)
    try:
        if gzipped:
            with gzip.open(stream) as inner:
                bare = listed.path[: -len(".gz")] if listed.path.lower().endswith(".gz") else listed.path
                yield iter([(bare, _limited(inner, limit))])
        else:
            with zipfile.ZipFile(stream) as opened:
                yield ((f"{listed.path}/{path}", inner) for path, inner in _of_zip(opened, limit))
    except BROKEN as error:
        raise BadArchive(str(error)) from error


def _of_zip(opened: zipfile.ZipFile, limit: int) -> Iterator[tuple[str, BinaryIO]]:
    entries = [entry for entry in opened.infolist() if not entry.is_dir() and not _is_metadata(entry.filename)]
    if not 0 < len(entries) <= MEMBERS:
        raise BadArchive(f"{len(entries)} files")
    for entry in entries:
        with opened.open(entry) as inner:
            yield entry.filename.replace("\\", "/").lstrip("/"), _limited(inner, limit)


def _is_metadata(path: str) -> bool:
    """Did a program add the file on its own, or is it ignored?"""
    parts = path.replace("\\", "/").split("/")
    return "__MACOSX" in parts or is_ignored(parts[-1])


class ByteStream(Protocol):
    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""


class _LimitedStream:
    """A stream that raises ValueError beyond so many bytes."""

    def __init__(self, stream: ByteStream, limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError("too large")
        return piece


def _limited(stream: ByteStream, limit: int) -> BinaryIO:
    return cast(BinaryIO, _LimitedStream(stream, limit))
