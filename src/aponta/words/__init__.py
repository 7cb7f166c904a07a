"""Texts that people read, in the factory's language.

One TOML file per room and language: `words/en/collect.toml`, `words/pt-BR/collect.toml`. A word is named `room.name`,
an error `room.error.name` with two sentences: `what` happened, and what to `do` next. `{count}` is a place for a fact,
`{count:# file|# files}` one for a number with what is counted: `#` is the number, the first form is for one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aponta.errors import ApontaError

Language = Literal["pt-BR", "en"]
LANGUAGES: tuple[Language, ...] = ("pt-BR", "en")


@cache
def _room(language: Language, room: str) -> dict[str, Any]:
    path = Path(__file__).parent / language / f"{room}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _sentence(language: Language, key: str) -> str:
    room, *path = key.split(".")
    found: Any = _room(language, room)
    for step in path:
        found = found[step]
    return str(found)


def knows(key: str) -> bool:
    """Is a sentence kept under `key`? (Then it is in every language: a test holds them together.)"""
    try:
        return bool(_sentence("en", key))
    except KeyError:
        return False


@dataclass(frozen=True)
class Phrase:
    """A fact that is itself words: the sentence kept under `key`, in the language of the sentence around it."""

    key: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class _Place:
    """A fact where a sentence has a place for it."""

    value: object
    shown: str

    def __format__(self, forms: str) -> str:
        one, _, many = forms.partition("|")
        return (one if self.value == 1 else many).replace("#", self.shown) if forms else self.shown


@dataclass(frozen=True)
class Words:
    language: Language = "en"

    def say(self, key: str, /, **facts: object) -> str:
        """The sentence kept under `key` ("collect.taken"), its {places} filled. Numbers are written as the language
        writes them.
        """
        places = {name: _Place(value, self.show(value)) for name, value in facts.items()}
        return _sentence(self.language, key).format(**places)

    def show(self, value: object) -> str:
        """A fact as people read it: a phrase or an error in words, a number as the language writes it."""
        if isinstance(value, Phrase):
            return self.say(value.key, **value.facts)
        if isinstance(value, ApontaError):
            return " ".join(self.error(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self.marks(f"{value:,}" if isinstance(value, int) else f"{value:,.1f}")

    def marks(self, number: str) -> str:
        """1,234.5 as the language marks thousands and decimals."""
        return number.translate(str.maketrans(",.", ".,")) if self.language == "pt-BR" else number

    def error(self, error: ApontaError) -> tuple[str, str]:
        """The sentences of an error: what happened, and what to do."""
        room, name = error.code.split(".")
        return self.say(f"{room}.error.{name}.what", **error.facts), self.say(f"{room}.error.{name}.do", **error.facts)
