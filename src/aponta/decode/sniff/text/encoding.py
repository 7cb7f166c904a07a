"""The encoding of bytes, and the end of their rows."""

from aponta.decode.sniff.guess import Guess
from aponta.words import Phrase

KEY = "text.encoding"
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
LETTERS = frozenset("áàâãäåçéèêëíìîïóòôõöúùûüñÁÀÂÃÄÅÇÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑßºª°²³µ±§€–—“”‘’")
COMMON = frozenset("áâãàçéêíóôõúüÁÂÃÇÉÊÍÓÔÕÚº°ª²³µ")  # in files of Portuguese
ZEROS = 0.7  # of every second byte: text of two bytes a character
STRAY = 0.1  # of the rows with more than ASCII may be damaged
STUDIED = 2**20  # bytes


def encoding_of(data: bytes) -> Guess:
    """ASCII is the same in most encodings: then line ends show the likelier one."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return Guess(KEY, encoding, "high", (Phrase("decode.sniff.mark", {"mark": mark.hex(" ").upper()}),))
    data = data.rstrip(b"\0")
    zeros = [data[side:4096:2].count(0) / max(len(data[side:4096:2]), 1) for side in (0, 1)]
    if max(zeros) > ZEROS and min(zeros) < 1 - ZEROS:
        return Guess(
            KEY, "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be", "high", (Phrase("decode.sniff.zeros", {}),)
        )
    if data.isascii():
        windows = b"\r\n" in data
        evidence = Phrase("decode.sniff.ascii_crlf" if windows else "decode.sniff.ascii", {})
        return Guess(KEY, "cp1252" if windows else "utf-8", "low", (evidence,))
    rows = [(number, row) for number, row in enumerate(data.split(b"\n"), start=1) if not row.isascii()]
    broken = [(number, row) for number, row in rows if not _is_utf8(row)]
    if len(broken) <= len(rows) * STRAY:
        facts = {"rows": len(rows), "row": rows[0][0]}
        return Guess(KEY, "utf-8", "medium" if broken else "high", (Phrase("decode.sniff.utf8", facts),))
    return _of_one_byte(b"".join(row for _, row in broken)[:STUDIED])


def line_end_of(data: bytes, encoding: str) -> str:
    """CRLF, LF or CR; LF for a single row without an end."""
    text = data.decode(encoding, errors="replace") if encoding.startswith("utf-16") else data.decode("latin-1")
    if "\r\n" in text:
        return "CRLF"
    return "CR" if "\r" in text and "\n" not in text else "LF"


def _of_one_byte(data: bytes) -> Guess:
    """cp1252 or cp850: in the right one, bytes are letters of Portuguese; in the other, frames or signs."""
    beyond = bytes(byte for byte in data if byte > 0x7F)
    texts = {encoding: beyond.decode(encoding, errors="replace") for encoding in ("cp1252", "cp850")}
    letters = {
        encoding: sum(2 if letter in COMMON else 1 if letter in LETTERS else -1 for letter in text)
        for encoding, text in texts.items()
    }
    better, other = ("cp850", "cp1252") if letters["cp850"] > letters["cp1252"] else ("cp1252", "cp850")
    shown = "".join(dict.fromkeys(letter for letter in texts[better] if letter in LETTERS))[:12]
    sure = letters[better] >= 2 * letters[other] and letters[better] > len(beyond)
    facts = {"letters": shown or "-", "encoding": better, "other": other, "as_other": texts[other][:12]}
    return Guess(KEY, better, "high" if sure else "low", (Phrase("decode.sniff.one_byte", facts),))


def _is_utf8(row: bytes) -> bool:
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True
