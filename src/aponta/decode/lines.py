"""Which rows are records: the others are marked as what they are, and rows that were wrapped are one again."""

import re
from typing import Any

import polars as pl

from aponta.contract.layout import Layout

KINDS = ("record", "trailer", "header", "comment", "blank", "continuation", "tag", "state")
RECORD, TRAILER, HEADER, COMMENT, BLANK, CONTINUATION, TAG, STATE = range(len(KINDS))
GROUP_NAME = re.compile(r"(?<!\\)[(][?]P?<\w+>")


def mark(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds `kind`, the index in KINDS: lines are tried as trailer, header, comment, blank; the rest are records.

    rows: file, row_no, row, open_end; in order.
    """
    lines = layout.lines
    wrapped = _wrapped(rows, lines.continuation) if lines.continuation else None
    if wrapped is not None:
        rows = _joined(rows, wrapped, lines.continuation or "")
    row = pl.col("row")
    patterns = [lines.trailer, lines.header, lines.comment, r"^\s*$"]
    kind: Any = pl.when(False).then(RECORD)
    for number, pattern in enumerate(patterns, start=TRAILER):
        if pattern is not None:
            kind = kind.when(row.str.contains(pattern)).then(number)
    # Nearly all rows are records: one look tells, and only the others are asked what they are.
    any_of = "|".join(f"(?:{GROUP_NAME.sub('(?:', pattern)})" for pattern in patterns if pattern)
    beside = rows.with_row_index("at").filter(row.str.contains(any_of))
    kinds = pl.zeros(len(rows), pl.Int8, eager=True)
    kinds = kinds.scatter(beside["at"], beside.select(kind.otherwise(RECORD).cast(pl.Int8)).to_series())
    marked = rows.with_columns(kind=kinds)
    if lines.skip:
        marked = marked.with_columns(
            kind=pl.when(pl.col("row_no") <= lines.skip).then(pl.lit(COMMENT, pl.Int8)).otherwise("kind")
        )
    if wrapped is not None:
        marked = marked.with_columns(kind=pl.when(wrapped).then(pl.lit(CONTINUATION, pl.Int8)).otherwise("kind"))
    return marked


def _wrapped(rows: pl.DataFrame, pattern: str) -> pl.Series:
    """Rows that go on from the one before. A file's first row goes on from none."""
    return rows.select(wrapped=pl.col("row").str.contains(pattern) & (pl.col("row_no") > 1)).to_series()


def _joined(rows: pl.DataFrame, wrapped: pl.Series, pattern: str) -> pl.DataFrame:
    """With what goes on from a row put behind it. A row is as unfinished as its last part."""
    whole = (
        rows.with_columns(kept=(~wrapped).cum_sum())
        .with_columns(
            row=pl.when(wrapped).then(pl.col("row").str.replace(pattern, "")).otherwise("row"),
        )
        .group_by("kept", maintain_order=True)
        .agg(told=pl.col("row").str.join(), open_end=pl.col("open_end").any())
    )
    parts = rows.with_columns(kept=(~wrapped).cum_sum()).drop("open_end").join(whole, on="kept", how="left")
    return parts.with_columns(
        row=pl.when(wrapped).then("row").otherwise("told"), open_end=pl.col("open_end") & ~wrapped
    ).drop("kept", "told")
