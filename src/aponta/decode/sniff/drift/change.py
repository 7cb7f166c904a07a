"""One thing that is otherwise than a layout says."""

from dataclasses import dataclass

from aponta.words import Phrase

MARKS = ("encoding", "form", "delimiter", "quote", "brackets", "pair", "decimal", "thousands")  # of [text]


@dataclass(frozen=True)
class LayoutChange:
    """key: where the layout says it, as "text.decimal"; of a column that no field takes, nothing."""

    key: str
    phrase: Phrase
