"""What people read, in the factory's language.

One TOML file per room and language: `words/en/collect.toml`, `words/pt-BR/collect.toml`. A word is named `room.name`,
an error `room.error.name` with two sentences: `what` happened, and what to `do` next.
"""

import tomllib
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


@dataclass(frozen=True)
class Words:
    language: Language = "en"

    def say(self, key: str, /, **facts: object) -> str:
        """The sentence kept under `key` ("collect.taken"), its {places} filled. Numbers are written as the language
        writes them.
        """
        room, *path = key.split(".")
        found: Any = _room(self.language, room)
        for step in path:
            found = found[step]
        return str(found).format(**{name: self.show(value) for name, value in facts.items()})

    def show(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self.marks(f"{value:,}" if isinstance(value, int) else f"{value:,.1f}")

    def marks(self, number: str) -> str:
        """1,234.5 as the language marks thousands and decimals."""
        return number.translate(str.maketrans(",.", ".,")) if self.language == "pt-BR" else number

    def error(self, error: ApontaError) -> tuple[str, str]:
        """What happened, and what to do."""
        room, name = error.code.split(".")
        return self.say(f"{room}.error.{name}.what", **error.facts), self.say(f"{room}.error.{name}.do", **error.facts)
