"""Forms of text: one module each, named as layouts name it. It cuts rows into the texts of values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import polars as pl

from aponta.contract.decoded import RowReason
from aponta.contract.layout import FieldFrom, Layout, Sensor


@dataclass(frozen=True)
class RowCheck:
    """What may be wrong with a row: where `fails`, it is quarantined for `reason`, naming column and value."""

    fails: pl.Expr
    reason: RowReason
    column: str | None = None
    value: pl.Expr | None = None


@dataclass(frozen=True)
class Cut:
    """rows: with what `text_of` and `tests` name. text_of: the text of a value that stands in the row."""

    rows: pl.DataFrame
    text_of: Callable[[FieldFrom | Sensor], pl.Expr]
    tests: tuple[RowCheck, ...]


class TextForm(Protocol):
    """A module of this folder."""

    def cut(self, rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> Cut:
        """rows: those of records. names: number of each column by name, where a header row names them."""


def form_of(layout: Layout) -> TextForm:
    """The module of the layout's form."""
    found: TextForm = import_module(f"{__name__}.{layout.text.form}")
    return found
