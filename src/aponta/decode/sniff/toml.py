"""A layout as the text of its file, each line with what speaks for it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aponta.decode.sniff.guess import Guess
from aponta.words import Words

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TABLES = ("text", "lines", "fields", "sensors", "long")
PATTERNS = ("files", "path", "lines.trailer", "lines.header", "lines.comment", "lines.continuation")


def layout_toml(given: Mapping[str, Any], guesses: Sequence[Guess], above: Sequence[str], words: Words) -> str:
    """given: the layout, as it is read from TOML. above: sentences of the file's first lines."""
    notes = {guess.key: _note(guess, words) for guess in guesses}
    lines = [f"# {_one_line(sentence)}" for sentence in above]
    lines += _keys({key: value for key, value in given.items() if key not in TABLES}, "", notes)
    for table in TABLES:
        if given.get(table):
            lines += ["", f"[{table}]", *_keys(given[table], f"{table}.", notes)]
    return "\n".join(lines) + "\n"


def _keys(given: Mapping[str, Any], prefix: str, notes: Mapping[str, str]) -> list[str]:
    width = max((len(_key(key)) for key in given), default=0)
    told = [
        (key, f"{_key(key):{width}} = {_value(value, f'{prefix}{key}' in PATTERNS)}") for key, value in given.items()
    ]
    wide = min(max((len(text) for _, text in told), default=0), 70)
    return [f"{text:{wide}}  # {note}" if (note := notes.get(f"{prefix}{key}")) else text for key, text in told]


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
