"""The last row as a trailer: its declarations about the rows above, where they are proved."""

import re
from collections.abc import Mapping, Sequence

from aponta.contract.layout import Text
from aponta.contract.layout.text import WIDE, Checksum
from aponta.decode.checksum import DIGITS, matches_checksums
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.text.lines import escaped
from aponta.decode.sniff.text.rows import SampleRows
from aponta.decode.text import line_end
from aponta.decode.values.numbers import parse_number
from aponta.words import Phrase

WORD = re.compile(r"[-+]?[\w.,]+")
ENDS = re.compile(r"\b(?:fim|end|eof|total|trailer|final|rodape|footer|sum|soma)\b", re.IGNORECASE)
Sums = Mapping[str, float]  # by field of numbers


def trailer_guesses(
    samples: Sequence[SampleRows], ends: Sequence[int | None], counts: Sequence[int], sums: Sequence[Sums], text: Text
) -> list[Guess]:
    """ends: of each sample, the place of its last row, where that is no record. counts: its records."""
    trailers = [
        (rows, end, count, sum)
        for rows, end, count, sum in zip(samples, ends, counts, sums, strict=True)
        if end is not None
    ]
    if not trailers:
        return []
    whole = [trailer for trailer in trailers if trailer[0].sample.whole]
    proofs = [_proved(rows, end, count, sum, text) for rows, end, count, sum in whole]
    best = max(proofs, key=len, default={})
    kind = next((kind for kind, group in best.values() if group == "checksum"), None)
    rows, end, count, _ = whole[proofs.index(best)] if proofs else trailers[0]
    row = rows.texts[end]
    if not best and not ENDS.search(row):
        return []
    pattern = _pattern(row, best)
    facts = {"text": row[:80], "rows": count, "proved": ", ".join(group for _, group in best.values()) or "-"}
    right = sum(len(proof) == len(best) for proof in proofs)
    sure = "high" if best and right == len(proofs) else "medium" if best else "low"
    evidence = Phrase("decode.sniff.trailer" if best else "decode.sniff.trailer_word", facts)
    guesses = [Guess("lines.trailer", pattern, sure, (evidence,))]  # type: ignore[arg-type]
    if kind:
        guesses.append(Guess("lines.checksum", kind, "high", (Phrase("decode.sniff.checksum", {"kind": kind}),)))
    return guesses


def _proved(
    rows: SampleRows, end: int, count: int, sums: Sums, text: Text
) -> dict[tuple[int, int], tuple[Checksum | None, str]]:
    """The words of the row that are true, by their place: kind of checksum, and group."""
    proved: dict[tuple[int, int], tuple[Checksum | None, str]] = {}
    groups: set[str] = set()
    for word in WORD.finditer(rows.texts[end]):
        text_of_word, kind = word[0], _checksum(rows, end, word[0], text.encoding)
        group = (
            "checksum"
            if kind
            else "rows"
            if text_of_word.isdecimal() and len(text_of_word) < 18 and int(text_of_word) == count
            else _sum(text_of_word, sums, text)
        )
        if group and group not in groups:
            groups.add(group)
            proved[word.span()] = (kind, group)
    return proved


def _checksum(rows: SampleRows, end: int, word: str, encoding: str) -> Checksum | None:
    if encoding in WIDE or not re.fullmatch(r"[0-9A-Fa-f]{4,64}", word):
        return None
    head = rows.sample.head
    for kind, digits in DIGITS.items():
        if len(word) == digits and matches_checksums([head], [(end + 1, word)], kind, line_end(head)):
            return kind
    return None


def _sum(word: str, sums: Sums, text: Text) -> str | None:
    number = parse_number(word, text)
    if number is None:
        return None
    for name, computed in sums.items():
        if computed and abs(computed - number) <= 1e-6 + 1e-9 * abs(computed):
            return f"sum_{name}"
    return None


def _pattern(row: str, proved: Mapping[tuple[int, int], tuple[Checksum | None, str]]) -> str:
    pattern, at = "^", 0
    last = max((end for _, end in proved), default=0)
    for (start, end), (kind, group) in sorted(proved.items()):
        inner = r"\d+" if group == "rows" else r"[0-9A-Fa-f]+" if kind else r"\S+"
        pattern += _varying(row[at:start]) + f"(?P<{group}>{inner})"
        at = end
    return pattern if last else pattern + escaped(re.split(r"\d", row)[0].rstrip())


def _varying(text: str) -> str:
    return re.sub(r"\d+", lambda run: r"\d+", escaped(text))
