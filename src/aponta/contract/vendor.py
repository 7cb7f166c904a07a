"""The specification for a machine's vendor: the file as it is, its values, and the requirements it has to meet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

RequirementName = Literal[
    "trailer", "checksum", "counter", "milliseconds", "offset", "hour", "quality", "cycle", "rename", "whole", "again"
]


@dataclass(frozen=True)
class FieldDescription:
    """A field or sensor, in words."""

    name: str
    place: str
    format: str
    example: str


@dataclass(frozen=True)
class Requirement:
    """is_met: the layout reads it already; None: no layout shows it."""

    name: RequirementName
    is_met: bool | None
    text: str


@dataclass(frozen=True)
class Example:
    """name: of the file. rows: its text. cells: the value of each field and sensor in the first item."""

    name: str
    rows: tuple[str, ...]
    cells: Mapping[str, str]

    def bytes(self, encoding: str) -> bytes:
        """The content as a machine writes it, with CR LF."""
        return "".join(f"{row}\r\n" for row in self.rows).encode(encoding, errors="replace")


@dataclass(frozen=True)
class Specification:
    layout: str
    version: int
    factory: str
    machines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]  # of the file as a whole: label, text
    values: tuple[FieldDescription, ...]
    requirements: tuple[Requirement, ...]
    example: Example

    def as_json(self) -> dict[str, Any]:
        """As `aponta doctor` prints it: requirements are `wishes` there, as its readers know them."""
        wishes = [{"ask": one.name, "met": one.is_met, "says": one.text} for one in self.requirements]
        fields = {"wishes" if name == "requirements" else name: value for name, value in asdict(self).items()}
        return fields | {"wishes": wishes}
