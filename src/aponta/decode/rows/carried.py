"""Rows of one value each: the last value of each tag is carried forward to the row that makes a record."""

from collections.abc import Mapping

import polars as pl

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.decode.forms import form_of
from aponta.decode.rows.lines import RECORD, TAG
from aponta.decode.text import REPLACED

NAME = "held_"
PLACE = "held_at"


def carry_forward(
    rows: pl.DataFrame, layout: Layout, names: Mapping[str, int], above: Mapping[str, str]
) -> pl.DataFrame:
    """Adds `held_N` for each key of the layout: its last value at or above the row (forward fill). Rows that make no
    record become TAG; rows that are not of the form stay as they are, and are refused later.

    rows: in order, with `kind`; of whole files, or a piece of one file. above: the last values above that piece, by
    column.
    """
    long = layout.long
    assert long is not None
    cut = form_of(layout).cut(rows.with_row_index(PLACE).filter(pl.col("kind") == RECORD), layout, names)
    fails = pl.col("row").str.contains(REPLACED, literal=True) | pl.col("open_end")
    for check in cut.checks:
        fails |= check.fails
    if long.tag is not None:
        tag = cut.text_of(FieldFrom.model_validate({"column": long.tag}))
        value = cut.text_of(FieldFrom.model_validate({"column": long.value}))
        values: dict[str, pl.Expr] = {key: pl.when(tag == key).then(value) for key in layout.keys}
        makes_record = tag == long.record_when
    else:
        values = {key: cut.text_of(FieldFrom.model_validate({"key": key})) for key in layout.keys}
        makes_record = values[long.record_when].is_not_null()
    filled = {}
    for key, value in values.items():
        name = carried_column(layout, key)
        last = pl.when(~pl.col("fails")).then(value).forward_fill().over("file")
        filled[name] = last.fill_null(pl.lit(above.get(name), pl.String))
    carried = cut.rows.with_columns(fails=fails.fill_null(False)).select(
        PLACE, **filled, tag=~pl.col("fails") & ~makes_record.fill_null(False)
    )
    joined = rows.with_row_index(PLACE).join(carried, on=PLACE, how="left", maintain_order="left").drop(PLACE)
    is_tag = pl.col("tag").fill_null(False)
    return joined.with_columns(kind=pl.when(is_tag).then(pl.lit(TAG, pl.Int8)).otherwise("kind")).drop("tag")


def last_carried(rows: pl.DataFrame) -> dict[str, str]:
    """The last value of each tag in rows of `carry_forward`, by column."""
    columns = {name: rows[name].drop_nulls() for name in rows.columns if name.startswith(NAME)}
    return {name: str(texts[-1]) for name, texts in columns.items() if len(texts)}


def carried_column(layout: Layout, key: str) -> str:
    """The name of the column with the carried value of a key."""
    return f"{NAME}{layout.keys.index(key)}"


def carried_text(layout: Layout, field: FieldFrom | Sensor) -> pl.Expr | None:
    """The text of a field that is carried forward; None for other fields."""
    return pl.col(carried_column(layout, field.key)) if layout.long is not None and field.key is not None else None
