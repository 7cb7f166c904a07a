"""Checksums over the bytes above a trailer, by the names that layouts give them.

crc16-kermit   CRC-16/KERMIT: polynomial 0x1021 reflected, start 0x0000, input and output reflected, no final XOR
               (123456789: 2189)
crc32          CRC-32/ISO-HDLC, as of zip: polynomial 0x04C11DB7 reflected, start and final XOR 0xFFFFFFFF (CBF43926)
sha256         SHA-256 of FIPS 180-4
"""

import binascii
import hashlib
import re
from collections.abc import Iterable

from aponta.contract.layout.text import Checksum

MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
DIGITS: dict[Checksum, int] = {"crc16-kermit": 4, "crc32": 8, "sha256": 64}


def checksum(data: bytes, kind: Checksum) -> str:
    """In hexadecimal, upper case."""
    if kind == "crc16-kermit":  # the standard library has the same polynomial, not reflected
        plain = binascii.crc_hqx(data.translate(MIRRORED), 0)
        return f"{int(f'{plain:016b}'[::-1], 2):04X}"
    if kind == "crc32":
        return f"{binascii.crc32(data):08X}"
    return hashlib.sha256(data).hexdigest().upper()


def holds(data: bytes, told: Iterable[tuple[int, str | None]], kind: Checksum) -> bool:
    """told: the number of each trailer's row, and what it says. Each tells of the bytes behind the one before it, or,
    the last one, of all above it.
    """
    ends = [0, *(found.end() for found in re.finditer(b"\n" if b"\n" in data else b"\r", data))]
    start = 0
    wrong = False
    said = list(told)
    for row_no, text in said:
        wrong = wrong or not _same(data[start : ends[row_no - 1]], text, kind)
        start = ends[row_no] if row_no < len(ends) else len(data)
    return not wrong or _same(data[: ends[said[-1][0] - 1]], said[-1][1], kind)


def _same(data: bytes, text: str | None, kind: Checksum) -> bool:
    """Leading zeros may be left out, and digits be of either case."""
    plain = (text or "").strip().upper().removeprefix("0X")
    return bool(plain) and plain.zfill(DIGITS[kind]) == checksum(data, kind)
