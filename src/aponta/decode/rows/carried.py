"""Rows that tell one value each: what each tag was told last is held until the row comes that is a record."""

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
    """Adds `held_N` per key of the layout, the text it was told last in the file; rows that are no records are marked
    TAG, those that are not of the form stay what they are, and are refused.

    rows: in order, with `kind`; of whole files, or of one, `above` being what its tags were told above them, by column.
    """
    long = layout.long
    assert long is not None
    told = rows.with_row_index(PLACE).filter(pl.col("kind") == RECORD)
    cut = form_of(layout).cut(told, layout, names)
    fails = pl.col("row").str.contains(REPLACED, literal=True) | pl.col("open_end")
    for test in cut.tests:
        fails |= test.fails
    if long.tag is not None:
        tag = cut.text_of(FieldFrom.model_validate({"column": long.tag}))
        value = cut.text_of(FieldFrom.model_validate({"column": long.value}))
        said: dict[str, pl.Expr] = {key: pl.when(tag == key).then(value) for key in layout.keys}
        makes = tag == long.record_when
    else:
        said = {key: cut.text_of(FieldFrom.model_validate({"key": key})) for key in layout.keys}
        makes = said[long.record_when].is_not_null()
    right = cut.rows.with_columns(fails=fails.fill_null(False)).select(
        PLACE,
        "file",
        **{
            carried_column(layout, key): pl.when(~pl.col("fails"))
            .then(one)
            .forward_fill()
            .over("file")
            .fill_null(pl.lit(above.get(carried_column(layout, key)), pl.String))
            for key, one in said.items()
        },
        tag=~pl.col("fails") & ~makes.fill_null(False),
    )
    held = rows.with_row_index(PLACE).join(right.drop("file"), on=PLACE, how="left", maintain_order="left").drop(PLACE)
    return held.with_columns(
        kind=pl.when(pl.col("tag").fill_null(False)).then(pl.lit(TAG, pl.Int8)).otherwise("kind")
    ).drop("tag")


def last_carried(rows: pl.DataFrame) -> dict[str, str]:
    """Of rows as `hold` leaves them, by column."""
    told = {name: rows[name].drop_nulls() for name in rows.columns if name.startswith(NAME)}
    return {name: str(texts[-1]) for name, texts in told.items() if len(texts)}


def carried_column(layout: Layout, key: str) -> str:
    return f"{NAME}{layout.keys.index(key)}"


def carried_text(layout: Layout, field: FieldFrom | Sensor) -> pl.Expr | None:
    """Of a field that is held."""
    return pl.col(carried_column(layout, field.key)) if layout.long is not None and field.key is not None else None
