"""Numbers in the texts of columns: their marks, and the words for no value."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from aponta.contract.layout import Text
from aponta.decode.sniff.guess import Guess
from aponta.decode.values.numbers import LONGEST
from aponta.words import Phrase

WORDS = (
    "-",
    "--",
    "---",
    "NaN",
    "nan",
    "NAN",
    "NA",
    "N/A",
    "n/a",
    "null",
    "NULL",
    "None",
    "***",
    "****",
    "?",
    "UNAVAILABLE",
)
FILLED = re.compile(r"[*?#-]{1,20}")  # an input that is not connected
GROUPED = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
SIMPLE = re.compile(r"[-+]?\d+([.,])\d+")
BOTH = re.compile(r"[-+]?\d{1,3}(?:([., ])\d{3})+([.,])\d+")
COUNTS_UP = 0.8  # of the steps from text to text
SEVERAL = re.compile(r"[-+]?\d{1,3}([., ])\d{3}(?:\1\d{3})+")


def marks_of(cells: Iterable[str]) -> tuple[Guess, Guess]:
    """The decimal mark and the mark of thousands. A mark that may be either, as in 1.234, is decimal unless other cells
    prove that it is not.
    """
    decimals: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for cell in cells:
        if several := SEVERAL.fullmatch(cell):
            thousands[several[1]] += 1
            examples.setdefault(several[1], cell)
        elif (both := BOTH.fullmatch(cell)) and both[1] != both[2]:
            thousands[both[1]] += 1
            decimals[both[2]] += 1
            examples.setdefault(both[1], cell)
            examples.setdefault(both[2], cell)
        elif simple := SIMPLE.fullmatch(cell):
            (undecided if GROUPED.fullmatch(cell) and not cell.lstrip("+-").startswith("0") else decimals)[
                simple[1]
            ] += 1
            examples.setdefault(simple[1], cell)
    return _decimal(decimals, undecided, thousands, examples)


def _decimal(
    decimals: Counter[str], undecided: Counter[str], thousands: Counter[str], examples: dict[str, str]
) -> tuple[Guess, Guess]:
    if decimals:
        (mark, count), *_ = decimals.most_common(1)
        others = {other: number for other, number in undecided.items() if other != mark and not decimals[other]}
    elif undecided or thousands:
        mark = next((mark for mark in undecided if mark not in thousands), {".": ",", ",": "."}.get(*thousands, "."))  # type: ignore[call-overload]
        count, others = undecided[mark], {}
    else:
        return Guess("text.decimal", ".", "low", (Phrase("decode.sniff.no_decimal", {}),)), _no_thousands()
    facts = {"mark": mark, "count": count, "example": examples.get(mark, "-")}
    sure = decimals[mark] > 0 and decimals[mark] >= 20 * (decimals.total() - decimals[mark])
    evidence = Phrase("decode.sniff.decimal" if decimals else "decode.sniff.decimal_open", facts)
    decimal = Guess("text.decimal", mark, "high" if sure else "medium", (evidence,))
    between = next((other for other in (*thousands, *others) if other != mark), None)
    if between is None:
        return decimal, _no_thousands()
    facts = {"mark": between, "example": examples[between]}
    sure = thousands[between] > 0
    grouped = Guess("text.thousands", between, "high" if sure else "medium", (Phrase("decode.sniff.thousands", facts),))
    return decimal, grouped


def _no_thousands() -> Guess:
    return Guess("text.thousands", "", "medium")


def is_null_word(cell: str) -> bool:
    """The text is a word for no value."""
    return cell in WORDS or bool(FILLED.fullmatch(cell))


def is_integer(cell: str, text: Text) -> bool:
    """A whole number that fits into 64 bits."""
    return bool(_integer(text.thousands).fullmatch(cell)) and len(cell) < 19


def is_number(cell: str, text: Text) -> bool:
    """A number, as strictly as decoding reads it."""
    return len(cell) <= LONGEST and bool(_real(text.thousands, text.decimal).fullmatch(cell))


def _digits(thousands: str) -> str:
    return rf"(?:\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)" if thousands else r"\d+"


@cache
def _integer(thousands: str) -> "re.Pattern[str]":
    return re.compile(rf"[-+]?{_digits(thousands)}", re.ASCII)


@cache
def _real(thousands: str, decimal: str) -> "re.Pattern[str]":
    return re.compile(rf"[-+]?{_digits(thousands)}(?:{re.escape(decimal)}\d+)?", re.ASCII)


def value_of(cell: str, text: Text) -> float:
    """The value of a text that is a number."""
    return float(
        cell.replace(text.thousands, "").replace(text.decimal, ".")
        if text.thousands
        else cell.replace(text.decimal, ".")
    )


def counts_up(texts: Sequence[str]) -> bool:
    """Whole numbers, nearly always one more than the text before: the values of a counter."""
    if len(texts) < 3 or not all(text.isdecimal() and len(text) < 18 for text in texts):
        return False
    steps = [int(later) - int(earlier) for earlier, later in zip(texts, texts[1:], strict=False)]
    return steps.count(1) >= COUNTS_UP * len(steps)


def nulls_of(columns: Sequence[Sequence[str]], text: Text) -> Guess:
    """Words for no value in columns of numbers."""
    seen: dict[str, int] = {}
    for cells in columns:
        words_here = set(filter(is_null_word, set(cells)))
        if words_here and sum(is_number(cell, text) for cell in cells) * 2 > len(cells):
            for word in words_here:
                seen[word] = seen.get(word, 0) + list(cells).count(word)
    words = sorted(seen, key=lambda word: (word not in WORDS, word))
    if not words:
        return Guess("text.null", [""], "medium")
    facts = {"words": ", ".join(words), "count": sum(seen.values())}
    return Guess("text.null", ["", *words], "high", (Phrase("decode.sniff.null", facts),))
