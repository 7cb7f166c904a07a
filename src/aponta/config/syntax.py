"""Syntax errors of TOML and CSV in words of ours: the parsers' own are English."""

import csv
import re
from tomllib import TOMLDecodeError

from aponta.words import Phrase

PLACED = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
REASONS = {
    "config.form.equals": "Expected '=' after a key in a key/value pair",
    "config.form.quote": r"(Illegal|Found invalid) character '\\n'|Unterminated string|Expected .'+.|unexpected end .+",
    "config.form.character": "(Illegal|Found invalid) character (?P<character>.+)",
    "config.form.twice": "Cannot (declare|overwrite|mutate|redefine) .+|Duplicate inline table key .+",
    "config.form.value": "Invalid value",
    "config.form.key": "Invalid statement|Invalid initial character for a key part",
    "config.form.after_value": "Expected newline or end of document after a statement",
    "config.form.bracket": "Expected '\\]+' at the end of .+|Unclosed (array|inline table)",
    "config.form.backslash": r"Unescaped '\\' in a string|Invalid hex value|Escaped character is not .+",
    "config.form.no_such_day": "Invalid date or datetime",
    "config.form.after_quote": "'.' expected after '\"'",
    "config.form.long": r"field larger than field limit \((?P<limit>\d+)\)",
}


def toml_reason(error: TOMLDecodeError | UnicodeDecodeError) -> Phrase:
    """The place where the file cannot be read, and the reason: a phrase."""
    if isinstance(error, UnicodeDecodeError):
        *above, last = error.object[: error.start].decode().split("\n")
        return _at(len(above) + 1, len(last) + 1, Phrase("config.form.encoding", {}))
    placed = PLACED.fullmatch(str(error))
    if placed is None:
        return _why(str(error))
    message, row, character = placed.groups()
    why = _why(message)
    return _at(int(row), int(character), why) if row else Phrase("config.form.end", {"why": why})


def csv_reason(error: csv.Error, row: int) -> Phrase:
    """row: the line on which the record begins, from 1."""
    return Phrase("config.form.row", {"row": row, "why": _why(str(error))})


def _at(row: int, character: int, why: Phrase) -> Phrase:
    return Phrase("config.form.at", {"row": row, "character": character, "why": why})


def _why(message: str) -> Phrase:
    for key, reason in REASONS.items():
        if match := re.fullmatch(reason, message):
            return Phrase(key, match.groupdict())
    return Phrase("config.form.other", {"said": message})
