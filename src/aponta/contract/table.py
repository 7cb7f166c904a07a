"""A table's promise: its grain, its columns, its keys. One declaration in the module that makes the table.

From one release to the next a table may gain columns, and change in nothing else: a folder's table gets those it lacks
with the next pass. One that may not be empty has a default, which rows written before it have.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "long", "integer", "double", "boolean", "timestamp", "date"]


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    meaning: str
    null: bool = False  # may it be empty
    default: str | int | float | bool | None = None  # what rows have in it that were written before the table had it


@dataclass(frozen=True)
class Table:
    """`partition` is computed from the time in `clock`: "date" is its UTC date, "month" the first day of its month."""

    name: str  # "silver.items"
    grain: str  # what one row is
    columns: tuple[Column, ...]
    unique: tuple[str, ...] = ()  # checked before every commit
    partition: Literal["date", "month"] | None = None
    clock: str = "hour"
    configured: frozenset[str] | None = None  # columns that the configuration adds or takes out; None: it does neither

    @property
    def promised(self) -> dict[str, Kind]:
        """Name -> kind of the columns that the release declares, whatever the configuration says."""
        return {one.name: one.kind for one in self.columns if one.name not in (self.configured or ())}


def string(name: str, meaning: str, null: bool = False) -> Column:
    return Column(name, "string", meaning, null)


def long(name: str, meaning: str, null: bool = False) -> Column:
    return Column(name, "long", meaning, null)


def timestamp(name: str, meaning: str, null: bool = False) -> Column:
    return Column(name, "timestamp", meaning, null)
