"""A difference between a file and its layout."""

from dataclasses import dataclass

from aponta.words import Phrase

MARKS = ("encoding", "form", "delimiter", "quote", "brackets", "pair", "decimal", "thousands")  # of [text]


@dataclass(frozen=True)
class LayoutChange:
    """key: the place in the layout, as "text.decimal"; empty for a column that no field takes."""

    key: str
    phrase: Phrase
