"""A layout as the text of its file, each line with its evidence."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aponta.decode.sniff.guess import Guess
from aponta.words import Words

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TABLES = ("text", "lines", "fields", "sensors", "long")
PATTERNS = ("files", "path", "lines.trailer", "lines.header", "lines.comment", "lines.continuation")


def layout_toml(document: Mapping[str, Any], guesses: Sequence[Guess], above: Sequence[str], words: Words) -> str:
    """document: the layout as read from TOML. above: sentences for the first lines of the file."""
    notes = {guess.key: _note(guess, words) for guess in guesses}
    lines = [f"# {_one_line(sentence)}" for sentence in above]
    lines += _keys({key: value for key, value in document.items() if key not in TABLES}, "", notes)
    for table in TABLES:
        if document.get(table):
            lines += ["", f"[{table}]", *_keys(document[table], f"{table}.", notes)]
    return "\n".join(lines) + "\n"


def _keys(entries: Mapping[str, Any], prefix: str, notes: Mapping[str, str]) -> list[str]:
    width = max((len(_key(key)) for key in entries), default=0)
    lines = [
        (key, f"{_key(key):{width}} = {_value(value, f'{prefix}{key}' in PATTERNS)}") for key, value in entries.items()
    ]
    wide = min(max((len(text) for _, text in lines), default=0), 70)
    return [f"{text:{wide}}  # {note}" if (note := notes.get(f"{prefix}{key}")) else text for key, text in lines]


def _note(guess: Guess, words: Words) -> str:
    sure = words.say(f"decode.sureness.{guess.confidence}")
    return _one_line(
        ": ".join([sure, "; ".join(words.show(one) for one in guess.evidence)]) if guess.evidence else sure
    )


def _one_line(text: str) -> str:
    return CONTROL.sub("·", text)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: Any, pattern: bool = False) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'" if pattern and "'" not in value and not CONTROL.search(value) else _text(value)
    return str(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
