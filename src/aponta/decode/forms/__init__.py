"""Forms of text: a module each, named as in layouts, which cuts rows into the texts of values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import polars as pl

from aponta.contract.decoded import RowReason
from aponta.contract.layout import FieldFrom, Layout, Sensor


@dataclass(frozen=True)
class RowCheck:
    """Where `fails`, a row is quarantined for `reason`, with column and value."""

    fails: pl.Expr
    reason: RowReason
    column: str | None = None
    value: pl.Expr | None = None


@dataclass(frozen=True)
class Cut:
    """rows: with the columns that `text_of` and `checks` use. text_of: the text of a field's value in the row."""

    rows: pl.DataFrame
    text_of: Callable[[FieldFrom | Sensor], pl.Expr]
    checks: tuple[RowCheck, ...]


class TextForm(Protocol):
    """A module of this folder."""

    def cut(self, rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> Cut:
        """rows: of records. names: numbers of the columns by name, where a header row names them."""


def form_of(layout: Layout) -> TextForm:
    """The module of the layout's form."""
    form: TextForm = import_module(f"{__name__}.{layout.text.form}")
    return form
