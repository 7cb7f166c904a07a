"""A guess about files: its value, its confidence, its evidence."""

from dataclasses import dataclass
from typing import Any, Literal

from aponta.words import Phrase

Confidence = Literal["high", "medium", "low"]
SURENESS: tuple[Confidence, ...] = ("low", "medium", "high")


@dataclass(frozen=True)
class Guess:
    """key: as in a layout, "text.encoding". value: as in its TOML."""

    key: str
    value: Any
    confidence: Confidence
    evidence: tuple[Phrase, ...] = ()
