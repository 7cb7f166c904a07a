"""Checksums over the bytes above a trailer, by their names in layouts.

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
    """The checksum of bytes that arrive in chunks."""

    def __init__(self, kind: Checksum) -> None:
        self.kind = kind
        self._hash = hashlib.sha256()
        self._crc = 0

    def update(self, data: bytes) -> None:
        """Adds further bytes."""
        if self.kind == "crc16-kermit":  # the standard library has the same polynomial, not reflected
            self._crc = binascii.crc_hqx(data.translate(MIRRORED), self._crc)
        elif self.kind == "crc32":
            self._crc = binascii.crc32(data, self._crc)
        else:
            self._hash.update(data)

    def hexdigest(self) -> str:
        """The checksum of all bytes so far, in upper case."""
        if self.kind == "crc16-kermit":
            return f"{int(f'{self._crc:016b}'[::-1], 2):04X}"
        return f"{self._crc:08X}" if self.kind == "crc32" else self._hash.hexdigest().upper()

    def is_written_as(self, text: str | None) -> bool:
        """The text is this checksum; leading zeros may lack, and digits have either case."""
        digits = (text or "").strip().upper().removeprefix("0X")
        return bool(digits) and digits.zfill(DIGITS[self.kind]) == self.hexdigest()


def checksum(data: bytes, kind: Checksum) -> str:
    """The checksum in hexadecimal, upper case."""
    running = RunningChecksum(kind)
    running.update(data)
    return running.hexdigest()


def checksums_valid(
    pieces: Iterable[bytes], trailers: Iterable[Trailer], kind: Checksum | None, line_end: bytes
) -> bool:
    """A file's checksums match, or it has none. pieces: as of `matches_checksums`, read only where needed."""
    written = [(trailer.row_no, trailer.checksum) for trailer in trailers]
    return kind is None or not written or matches_checksums(pieces, written, kind, line_end)


def matches_checksums(
    pieces: Iterable[bytes], written: Iterable[tuple[int, str | None]], kind: Checksum, line_end: bytes
) -> bool:
    """Every trailer has the checksum of the bytes since the one before, or the last one has that of all bytes above.

    pieces: the file's bytes, cut between rows. written: row number and checksum of each trailer, in order.
    """
    part, above = RunningChecksum(kind), RunningChecksum(kind)
    every_part, last = True, False
    pending = deque(written)
    row = 1  # the first one of the piece
    for piece in pieces:
        next_row = row + piece.count(line_end) + (not piece.endswith(line_end))  # the first one of the next piece
        start = 0
        if pending and pending[0][0] < next_row:
            ends = [0, *(match.end() for match in re.finditer(line_end, piece)), len(piece)]
            while pending and pending[0][0] < next_row:
                row_no, text = pending.popleft()
                top, bottom = ends[row_no - row : row_no - row + 2]
                for running in (part, above):
                    running.update(piece[start:top])
                every_part, last = every_part and part.is_written_as(text), above.is_written_as(text)
                above.update(piece[top:bottom])
                part, start = RunningChecksum(kind), bottom
        for running in (part, above):
            running.update(piece[start:])
        row = next_row
    return every_part or last
