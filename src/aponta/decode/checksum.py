"""Checksums over the bytes above a trailer, by the names that layouts give them.

crc16-kermit   CRC-16/KERMIT: polynomial 0x1021 reflected, start 0x0000, input and output reflected, no final XOR
               (123456789: 2189)
crc32          CRC-32/ISO-HDLC, as of zip: polynomial 0x04C11DB7 reflected, start and final XOR 0xFFFFFFFF (CBF43926)
sha256         SHA-256 of FIPS 180-4
"""

import binascii
import hashlib
import re
from collections import deque
from collections.abc import Iterable

from aponta.contract.layout.text import Checksum
from aponta.decode.rows.heads import Trailer

MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
DIGITS: dict[Checksum, int] = {"crc16-kermit": 4, "crc32": 8, "sha256": 64}


class RunningChecksum:
    """The checksum of bytes that come one after another."""

    def __init__(self, kind: Checksum) -> None:
        self.kind = kind
        self._hash = hashlib.sha256()
        self._crc = 0

    def add(self, data: bytes) -> None:
        """Further bytes."""
        if self.kind == "crc16-kermit":  # the standard library has the same polynomial, not reflected
            self._crc = binascii.crc_hqx(data.translate(MIRRORED), self._crc)
        elif self.kind == "crc32":
            self._crc = binascii.crc32(data, self._crc)
        else:
            self._hash.update(data)

    def told(self) -> str:
        """Of all so far: in hexadecimal, upper case."""
        if self.kind == "crc16-kermit":
            return f"{int(f'{self._crc:016b}'[::-1], 2):04X}"
        return f"{self._crc:08X}" if self.kind == "crc32" else self._hash.hexdigest().upper()


def checksum(data: bytes, kind: Checksum) -> str:
    """In hexadecimal, upper case."""
    running = RunningChecksum(kind)
    running.add(data)
    return running.told()


def checksums_valid(pieces: Iterable[bytes], said: Iterable[Trailer], kind: Checksum | None, end: bytes) -> bool:
    """Do a file's checksums hold, or has it none? pieces: its bytes, as `holds` takes them, read only where needed."""
    told = [(one.row_no, one.checksum) for one in said]
    return kind is None or not told or matches_checksums(pieces, told, kind, end)


def matches_checksums(
    pieces: Iterable[bytes], told: Iterable[tuple[int, str | None]], kind: Checksum, end: bytes
) -> bool:
    """pieces: of whole rows. told: the number of each trailer's row, rising, and what it says. Each tells of the bytes
    behind the one before it, or, the last one, of all above it.
    """
    part, above = RunningChecksum(kind), RunningChecksum(kind)
    every, last = True, False
    waiting = deque(told)
    row = 1  # the first one of the piece
    for piece in pieces:
        below = row + piece.count(end) + (not piece.endswith(end))  # the first row behind the piece
        start = 0
        if waiting and waiting[0][0] < below:
            ends = [0, *(found.end() for found in re.finditer(end, piece)), len(piece)]
            while waiting and waiting[0][0] < below:
                row_no, text = waiting.popleft()
                top, bottom = ends[row_no - row : row_no - row + 2]
                for running in (part, above):
                    running.add(piece[start:top])
                every, last = every and _same(part, text), _same(above, text)
                above.add(piece[top:bottom])
                part, start = RunningChecksum(kind), bottom
        for running in (part, above):
            running.add(piece[start:])
        row = below
    return every or last


def _same(true: RunningChecksum, text: str | None) -> bool:
    """Leading zeros may be left out, and digits be of either case."""
    plain = (text or "").strip().upper().removeprefix("0X")
    return bool(plain) and plain.zfill(DIGITS[true.kind]) == true.told()
