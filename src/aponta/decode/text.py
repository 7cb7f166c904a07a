"""A file's bytes -> text and the number of its rows, or the reason why it is no text."""

from dataclasses import dataclass

from aponta.contract.decoded import FileReason

ONE_BYTE = ("cp1252", "cp850", "latin-1", "ascii")  # may be cut anywhere
PIECE = 2**14
REPLACED = "\ufffd"  # what stands for bytes that are not in the encoding: the row is quarantined


@dataclass(frozen=True)
class Text:
    content: bytes  # UTF-8, rows separated by \n, without the last one's
    rows: int  # counted on the bytes, not on the text
    open_end: bool  # the last row has no line end


def to_text(data: bytes, encoding: str) -> Text | FileReason:
    """Text, or the reason of refusal: `empty`, `nul`, `line_ends` (rows that end with CR alone).

    Padding with NUL at the end (a power loss) is stripped.
    """
    if not data:
        return "empty"
    data = data.rstrip(b"\0")
    if not data or b"\0" in data:
        return "nul"
    if b"\n" not in data and b"\r" in data:
        return "line_ends"
    open_end = not data.endswith(b"\n")
    rows = count_rows(data)
    content = _decoded(data, encoding)
    return Text(content if open_end else content[:-1], rows, open_end)


def _decoded(data: bytes, encoding: str) -> bytes:
    """As UTF-8. Plain ASCII is that already, and all but a few lines of most files are plain."""
    if data.isascii():
        return data
    if encoding not in ONE_BYTE:
        return _recoded(data, encoding)
    pieces = (data[at : at + PIECE] for at in range(0, len(data), PIECE))
    return b"".join(piece if piece.isascii() else _recoded(piece, encoding) for piece in pieces)


def _recoded(data: bytes, encoding: str) -> bytes:
    return data.decode(encoding, errors="replace").encode()


def count_rows(data: bytes) -> int:
    """Rows, counted on the bytes; the last one may lack its line end."""
    data = data.rstrip(b"\0")
    return data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
