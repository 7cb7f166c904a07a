"""A file's bytes -> its text and the number of its rows, or the reason why it is no text."""

import sys
from array import array
from dataclasses import dataclass

from aponta.contract.decoded import FileReason
from aponta.contract.layout.text import WIDE

ONE_BYTE = ("cp1252", "cp850", "latin-1", "ascii")  # may be cut anywhere
PIECE = 2**14
REPLACED = "\ufffd"  # in place of bytes that are not in the encoding: the row is quarantined
BYTE_ORDER_MARK = "\ufeff".encode()  # no part of the text, also in mid-file where files were joined
LF, CR = b"\n\r"
BYTE_ORDERS = {b"\xff\xfe": "little", b"\xfe\xff": "big"}


@dataclass(frozen=True)
class FileText:
    content: bytes  # UTF-8, rows separated by \n, without the last one's
    rows: int  # counted on the bytes, not on the text
    open_end: bool  # the last row has no line end


def to_text(data: bytes, encoding: str) -> FileText | FileReason:
    """Text, or the reason of refusal: `empty`, `nul`.

    Rows end with LF, CR LF or, where no LF is, CR alone. Padding with NUL at the end (a power loss) is stripped.
    """
    if not data:
        return "empty"
    rows, open_end = _counted(data, encoding)
    if encoding in WIDE:
        content = _recoded(_without_half_nul(data), encoding).rstrip(b"\0")
    else:
        content = as_utf8(without_mark(data.rstrip(b"\0")), encoding)
    if not data.strip(b"\0") or b"\0" in content:
        return "nul"
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = without_mark(content)
    return FileText(content if open_end else content[:-1], rows, open_end)


def without_mark(data: bytes) -> bytes:
    """UTF-8 byte order marks removed, also from text in another encoding: some editors put one before any text."""
    if data.isascii():  # much faster than the search for a mark
        return data
    if data.startswith(BYTE_ORDER_MARK) or b"\n" + BYTE_ORDER_MARK in data:
        return data.removeprefix(BYTE_ORDER_MARK).replace(b"\n" + BYTE_ORDER_MARK, b"\n")
    return data


def as_utf8(data: bytes, encoding: str) -> bytes:
    """Text as UTF-8, from an encoding that is not wide. ASCII is UTF-8 already, and so are most lines of most files."""
    if data.isascii():
        return data
    if encoding not in ONE_BYTE:
        return _recoded(data, encoding.removesuffix("-sig"))
    pieces = (data[at : at + PIECE] for at in range(0, len(data), PIECE))
    return b"".join(piece if piece.isascii() else _recoded(piece, encoding) for piece in pieces)


def _recoded(data: bytes, encoding: str) -> bytes:
    return data.decode(encoding, errors="replace").encode()


def count_rows(data: bytes, encoding: str = "utf-8") -> int:
    """Rows, counted on the bytes; the last one may lack its line end."""
    return _counted(data, encoding)[0]


def _counted(data: bytes, encoding: str) -> tuple[int, bool]:
    """Rows, and whether the last one lacks its line end."""
    units = _units(data, encoding) if encoding in WIDE else data.rstrip(b"\0")
    end = LF if LF in units else CR
    open_end = len(units) > 0 and units[-1] != end
    return units.count(end) + open_end, open_end


def line_end(data: bytes) -> bytes:
    """The line end of text in an encoding that is not wide."""
    return b"\n" if b"\n" in data else b"\r"


def _without_half_nul(data: bytes) -> bytes:
    """UTF-16 data without half a NUL of padding at its end."""
    return data[:-1] if len(data) % 2 and data.endswith(b"\0") else data


def _units(data: bytes, encoding: str) -> "array[int]":
    """Code units of UTF-16 data without padding, in the byte order of the layout or of the file's mark."""
    order = byte_order(data, encoding)
    data = _without_half_nul(data)
    units = array("H", data[: len(data) // 2 * 2])
    if order != sys.byteorder:
        units.byteswap()
    if len(data) % 2:
        units.append(ord(REPLACED))
    while units and units[-1] == 0:
        units.pop()
    return units


def byte_order(data: bytes, encoding: str) -> str:
    """Byte order of UTF-16 data: little or big."""
    return {"utf-16-le": "little", "utf-16-be": "big"}.get(encoding) or BYTE_ORDERS.get(data[:2], sys.byteorder)
