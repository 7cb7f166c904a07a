"""The bytes of a file that does not fit into memory -> its text in pieces of whole rows."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aponta.contract.decoded import FileReason
from aponta.contract.layout.text import WIDE
from aponta.decode.text import BYTE_ORDER_MARK, CR, LF, FileText, as_utf8, byte_order, without_mark

SEARCHED = 2**20  # bytes of text in memory while a row is searched


@dataclass(frozen=True)
class FileScan:
    """Facts of all of a file's bytes, before any of its rows is read."""

    refused: FileReason | None
    rows: int  # counted on the bytes
    end: bytes  # of a row: LF, or CR where no LF is
    size: int  # bytes of text without padding; wide text is counted as UTF-8


def scan(chunks: Iterable[bytes], encoding: str) -> FileScan:
    """Reads a file that is not empty, chunk by chunk. Refuses the same as `to_text`: `nul`."""
    size = text_size = 0
    nul = False
    stream = _recoded(chunks, encoding) if encoding in WIDE else chunks
    counts = {LF: 0, CR: 0}
    last = None
    for chunk in stream:
        text = chunk.rstrip(b"\0")
        if text:
            nul = nul or text_size < size or b"\0" in text
            text_size = size + len(text)
            last = text[-1]
            for end in counts:
                counts[end] += text.count(end)
        size += len(chunk)
    end = LF if counts[LF] else CR
    rows = counts[end] + (last is not None and last != end)
    return FileScan("nul" if nul or not text_size else None, rows, bytes([end]), text_size)


def text_pieces(chunks: Iterable[bytes], encoding: str, file_scan: FileScan, least: int) -> Iterator[FileText]:
    """The text in order, at least `least` bytes at a time; no row is cut."""
    wide = encoding in WIDE
    stream = _up_to(_recoded(chunks, encoding) if wide else chunks, file_scan.size)
    for number, piece in enumerate(cut_between_rows(stream, file_scan.end, least)):
        open_end = not piece.endswith(file_scan.end)
        rows = piece.count(file_scan.end) + open_end
        if encoding == "utf-16" and not number:
            piece = piece.removeprefix(BYTE_ORDER_MARK)
        elif not wide:
            piece = as_utf8(without_mark(piece) if file_scan.end == b"\n" or not number else piece, encoding)
        content = without_mark(piece if file_scan.end == b"\n" else piece.replace(file_scan.end, b"\n"))
        yield FileText(content if open_end else content[:-1], rows, open_end)


def row_at(load: Callable[[], Iterable[bytes]], encoding: str, row_no: int) -> str:
    """The row with this number, from 1, without its line end; empty where there is none. load: opens the bytes."""
    file_scan = scan(load(), encoding)
    above = 0
    for text in () if file_scan.refused else text_pieces(load(), encoding, file_scan, SEARCHED):
        if row_no <= above + text.rows:
            return text.content.split(b"\n")[row_no - above - 1].removesuffix(b"\r").decode()
        above += text.rows
    return ""


def _recoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-16 data as UTF-8, with its byte order mark, without half a NUL of padding."""
    decoder = None
    odd = b""
    for chunk in chunks:
        chunk = odd + chunk
        if decoder is None and len(chunk) > 1:
            decoder = codecs.getincrementaldecoder(f"utf-16-{byte_order(chunk, encoding)[0]}e")("replace")
        odd = chunk[len(chunk) // 2 * 2 :]
        if decoder is not None:
            yield decoder.decode(chunk[: len(chunk) // 2 * 2]).encode()
    rest = b"" if odd == b"\0" else odd
    yield (decoder.decode(rest, final=True) if decoder else rest.decode(encoding, errors="replace")).encode()


def _up_to(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:size]
        size -= min(size, len(chunk))


def cut_between_rows(chunks: Iterable[bytes], end: bytes, least: int) -> Iterator[bytes]:
    """Pieces of at least `least` bytes; each but the last ends with a line end."""
    pending: list[bytes] = []
    for chunk in chunks:
        at = chunk.rfind(end) + 1 if sum(map(len, pending)) + len(chunk) >= least else 0
        if at:
            yield b"".join((*pending, chunk[:at]))
            pending = []
        pending.append(chunk[at:])
    if rest := b"".join(pending):
        yield rest
