"""A table's promise: its grain, its columns, its keys. One declaration in the module that makes the table."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "long", "integer", "double", "boolean", "timestamp", "date"]


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    meaning: str
    null: bool = False  # may it be empty


@dataclass(frozen=True)
class Table:
    """`partition` is computed from the time in `clock`: "date" is its UTC date, "month" the first day of its month."""

    name: str  # "silver.items"
    grain: str  # what one row is
    columns: tuple[Column, ...]
    unique: tuple[str, ...] = ()  # checked before every commit
    partition: Literal["date", "month"] | None = None
    clock: str = "hour"


def text(name: str, meaning: str, null: bool = False) -> Column:
    return Column(name, "string", meaning, null)


def whole(name: str, meaning: str, null: bool = False) -> Column:
    return Column(name, "long", meaning, null)


def moment(name: str, meaning: str, null: bool = False) -> Column:
    return Column(name, "timestamp", meaning, null)
