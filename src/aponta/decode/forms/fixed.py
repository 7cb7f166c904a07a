"""Columns of fixed width, given by their first and last character."""

from collections.abc import Mapping

import polars as pl

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.decode.forms import Cut, RowCheck


def cut(rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> Cut:
    """Rows shorter or longer than a record are refused: nothing is filled up."""
    pad = layout.text.pad

    def text_of(field: FieldFrom | Sensor) -> pl.Expr:
        first, last = field.at or (1, 1)
        text = pl.col("row").str.slice(first - 1, last - first + 1)
        return text.str.strip_chars(pad) if pad else text

    return Cut(rows, text_of, (RowCheck(pl.col("row").str.len_chars() != layout.record_width, "columns"),))
