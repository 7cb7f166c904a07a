"""Codes of quality: short texts that are few in a column."""

from collections import Counter
from collections.abc import Sequence

from aponta.decode.sniff.guess import Confidence
from aponta.words import Phrase

FAMILIES: tuple[dict[str, str], ...] = (
    {"A": "good", "R": "scrap", "T": "rework"},
    {"B": "good", "R": "scrap", "T": "rework"},
    {"OK": "good", "NOK": "scrap", "NG": "scrap", "RW": "rework", "REWORK": "rework", "N.OK": "scrap", "NO": "scrap"},
    {"GOOD": "good", "BAD": "scrap", "SCRAP": "scrap", "REJECT": "scrap", "REWORK": "rework", "REJECTED": "scrap"},
    {"BOA": "good", "BOM": "good", "APROVADO": "good", "APROVADA": "good", "CONFORME": "good", "REFUGO": "scrap"}
    | {"REPROVADO": "scrap", "REPROVADA": "scrap", "RUIM": "scrap", "RETRABALHO": "rework", "SUCATA": "scrap"},
    {"PASS": "good", "FAIL": "scrap", "PASSED": "good", "FAILED": "scrap", "REWORK": "rework"},
    {"G": "good", "B": "scrap", "S": "scrap", "W": "rework"},
    {"P": "good", "F": "scrap"},
)
NUMBERS = {"1": "good", "0": "scrap"}
MOST_CODES = 6
FEWEST = 0.9  # of the rows have a code of one family


def quality_of(cells: Sequence[str], named: bool) -> tuple[dict[str, str], Confidence, Phrase] | None:
    """The map of the codes in the column; unknown codes are left out, and will be flagged. named: its name is one of a
    quality column.
    """
    seen = Counter(cell for cell in cells if cell)
    if not seen or len(seen) > MOST_CODES:
        return None
    families = (*FAMILIES, NUMBERS) if named else FAMILIES
    best = max(families, key=lambda codes: sum(count for code, count in seen.items() if code.upper() in codes))
    known = {
        code: best[code.upper()] for code in sorted(seen, key=lambda code: (-seen[code], code)) if code.upper() in best
    }
    if sum(seen[code] for code in known) < FEWEST * seen.total():
        return None
    if len(known) == 1 and not named and len(next(iter(known))) == 1:
        return None  # one letter, always the same: anything
    unseen = [f"{code} = {quality}" for code, quality in best.items() if quality not in known.values()]
    facts = {
        "codes": ", ".join(f"{code} {seen[code]}" for code in known),
        "unknown": ", ".join(code for code in seen if code not in known) or "-",
        "unseen": ", ".join(unseen) or "-",
    }
    sure: Confidence = "high" if len(known) > 1 and len(known) == len(seen) else "medium"
    return known, sure, Phrase("decode.sniff.codes", facts)
