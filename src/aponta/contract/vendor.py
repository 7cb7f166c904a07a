"""What a machine's vendor is asked for: the file as it is, the values in it, and the requirements it has to meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Ask = Literal[
    "trailer", "checksum", "counter", "milliseconds", "offset", "hour", "quality", "cycle", "rename", "whole", "again"
]


@dataclass(frozen=True)
class Value:
    """A field or sensor, in words."""

    name: str
    place: str
    format: str
    example: str


@dataclass(frozen=True)
class Wish:
    """What is asked. met: the layout reads it already; None: no layout tells."""

    ask: Ask
    met: bool | None
    says: str


@dataclass(frozen=True)
class Example:
    """name: of the file. rows: its text. cells: what each field and sensor says in the first item."""

    name: str
    rows: tuple[str, ...]
    cells: Mapping[str, str]

    def bytes(self, encoding: str) -> bytes:
        """As the machine writes it, with CR LF."""
        return "".join(f"{row}\r\n" for row in self.rows).encode(encoding, errors="replace")


@dataclass(frozen=True)
class Specification:
    layout: str
    version: int
    factory: str
    machines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]  # of the file as a whole: label, text
    values: tuple[Value, ...]
    wishes: tuple[Wish, ...]
    example: Example
