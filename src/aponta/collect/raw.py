"""The raw zone: every file's original bytes, compressed, under their SHA-256. Never altered."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

import zstandard

from aponta.collect.names import printable
from aponta.errors import ContractError
from aponta.ops.disk import atomic_file, remove_drafts

PIECE = 1 << 20  # bytes held in memory at a time
NOTE = hashlib.sha256(b"the note of a file's name").digest()  # first bytes of a note; no machine's text has them
LEVEL = 1  # machines' text shrinks to a quarter; a higher level costs more time than disk


class RawZone:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """The file for the bytes of that hash, present or not. Raises ContractError `collect.not_a_hash`."""
        if not re.fullmatch("[0-9a-f]{64}", sha256):  # it becomes a path: nothing else may
            raise ContractError("collect.not_a_hash", value=sha256)
        return self.folder / sha256[:2] / f"{sha256}.zst"

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def store(self, stream: BinaryIO) -> tuple[str, int]:
        """Copy a stream in: (hash, size) of its bytes. The copy is on the disk then, read back and compared.

        Bytes that are stored already are not written again; a damaged copy is replaced.
        Raises OSError when the stream cannot be read; TransientError `ops.disk_full`, `ops.unwritable` when the copy
        cannot be written; ContractError `collect.raw_altered` when it reads back differently.
        """
        hashing, size = hashlib.sha256(), 0
        compressing = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
        with atomic_file(self.folder) as copy:
            while piece := stream.read(PIECE):
                hashing.update(piece)
                size += len(piece)
                copy.write(compressing.compress(piece))
            copy.write(compressing.flush())
            sha256 = hashing.hexdigest()
            if _hash(self.path(sha256)) != sha256:
                copy.close()
                if _hash(copy.path) != sha256:
                    raise ContractError("collect.raw_altered", sha256=sha256, path=copy.path)
                copy.commit(self.path(sha256))
        return sha256, size

    def store_with_name(self, path: str, stream: BinaryIO) -> tuple[str, int]:
        """As `store`. Empty files are stored under the hash of their name, so that two empty files are two."""
        sha256, size = self.store(stream)
        return (sha256 if size else self.store_note(path, b"")), size

    def store_note(self, path: str, data: bytes) -> str:
        """Store a file's name and bytes together, as a note; the hash of both. Reading a note gives the bytes alone."""
        return self.store(BytesIO(b"%b%b\n%b" % (NOTE, printable(path).encode(), data)))[0]

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The original bytes, a piece at a time; of a note the bytes behind the name.

        Raises ContractError `collect.raw_missing`, and, at the latest behind the last piece, `collect.raw_altered`.
        """
        path, hashing, begun = self.path(sha256), hashlib.sha256(), False
        try:
            with zstandard.open(path, "rb") as stream:
                while piece := stream.read(PIECE):
                    hashing.update(piece)
                    if not begun and piece.startswith(NOTE):  # a name is printable: it ends with the line
                        piece = piece[len(NOTE) :].partition(b"\n")[2]
                    begun = True
                    if piece:
                        yield piece
        except FileNotFoundError as error:
            raise ContractError("collect.raw_missing", sha256=sha256, path=path) from error
        except zstandard.ZstdError as error:
            raise ContractError("collect.raw_altered", sha256=sha256, path=path) from error
        if hashing.hexdigest() != sha256:
            raise ContractError("collect.raw_altered", sha256=sha256, path=path)

    def read(self, sha256: str) -> bytes:
        """All original bytes. Raises as `pieces` does."""
        return b"".join(self.pieces(sha256))

    def check(self, sha256: str) -> Literal["whole", "missing", "altered"]:
        """Are the bytes stored, and unaltered? Reads them, a piece at a time."""
        if not self.has(sha256):
            return "missing"
        return "whole" if _hash(self.path(sha256)) == sha256 else "altered"

    @contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO]:
        """The original bytes as a stream, not compared with the hash. Raises ContractError `collect.raw_missing`."""
        path = self.path(sha256)
        try:
            stream = zstandard.open(path, "rb")
        except FileNotFoundError as error:
            raise ContractError("collect.raw_missing", sha256=sha256, path=path) from error
        with stream:
            yield stream

    def sweep(self) -> None:
        """Remove the drafts of killed processes. Only for the holder of the pass's lock."""
        remove_drafts(self.folder)


def _hash(path: Path) -> str | None:
    """Hash of a compressed file's original bytes; None when the file is absent or cannot be decompressed."""
    hashing = hashlib.sha256()
    try:
        with zstandard.open(path, "rb") as stream:
            while piece := stream.read(PIECE):
                hashing.update(piece)
    except (OSError, zstandard.ZstdError):
        return None
    return hashing.hexdigest()
