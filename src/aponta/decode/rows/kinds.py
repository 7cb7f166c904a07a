"""Items and states in one file."""

from collections.abc import Mapping

import polars as pl

from aponta.contract.layout import FieldFrom, Layout
from aponta.decode.forms import form_of
from aponta.decode.rows.lines import RECORD, STATE


def classify(rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> pl.DataFrame:
    """Marks states as STATE. Adds `stray`: neither an item nor a state.

    rows: with `kind`, in order.
    """
    if layout.states is None:
        return rows.with_columns(stray=pl.lit(False))
    if layout.record is None:
        return rows.with_columns(
            kind=pl.when(pl.col("kind") == RECORD).then(pl.lit(STATE, pl.Int8)).otherwise("kind"), stray=pl.lit(False)
        )
    place = layout.record.model_dump(include={"column", "at", "key"}, exclude_none=True)
    cut = form_of(layout).cut(rows, layout, names)
    code = cut.text_of(FieldFrom.model_validate(place))
    record = pl.col("kind") == RECORD
    kinds = cut.rows.select(
        state=(record & code.is_in(list(layout.record.states))).fill_null(False),
        stray=(record & ~code.is_in([*layout.record.states, *layout.record.items])).fill_null(True) & record,
    )
    return rows.with_columns(
        kind=pl.when(kinds["state"]).then(pl.lit(STATE, pl.Int8)).otherwise("kind"), stray=kinds["stray"]
    )


def state_rows(typed: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Good rows, read by `Layout.state_layout` -> STAGED_STATES. A code that the layout does not map is `unknown`."""
    state: pl.Expr = pl.lit(None, pl.String)
    for code, meaning in (layout.states.state.map or {}).items() if layout.states else ():
        state = pl.when(pl.col("raw_state") == code).then(pl.lit(meaning)).otherwise(state)
    return typed.select(
        pl.col("file").cast(pl.Int64),
        pl.col("row_no").cast(pl.Int64),
        machine=pl.col("file_machine"),
        started_at=pl.col("produced_at"),
        state=state.fill_null("unknown"),
        code=pl.col("raw_state"),
        reason=pl.col("raw_reason") if "raw_reason" in typed.columns else pl.lit(None, pl.String),
        hour=pl.col("hour"),
    )
