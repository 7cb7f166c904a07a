"""Text -> rows with their kind: record, header, trailer, comment, blank. Wrapped rows are joined."""

import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from aponta.contract.layout import Layout
from aponta.decode.text import FileText

KINDS = ("record", "trailer", "header", "comment", "blank", "continuation", "tag", "state")
RECORD, TRAILER, HEADER, COMMENT, BLANK, CONTINUATION, TAG, STATE = range(len(KINDS))
GROUP_NAME = re.compile(r"(?<!\\)[(][?]P?<\w+>")


def split_rows(texts: Iterable[tuple[int, FileText]], first: int = 1) -> pl.DataFrame:
    """One row per row of text: file (its number), row_no (from `first`), row (without its line end), open_end."""
    texts = list(texts)
    frame = pl.DataFrame(
        {"file": [number for number, _ in texts], "text": [text.content for _, text in texts]},
        schema={"file": pl.Int32, "text": pl.Binary},
    )
    rows = frame.select("file", row=pl.col("text").cast(pl.String).str.split("\n")).with_columns(
        row_no=pl.int_ranges(first, pl.col("row").list.len() + first, dtype=pl.Int64)
    )
    last = pl.lit(False)
    for number, text in texts:
        if text.open_end:
            last = last | ((pl.col("file") == number) & (pl.col("row_no") == first - 1 + text.rows))
    return rows.explode("row", "row_no").with_columns(pl.col("row").str.strip_suffix("\r"), open_end=last)


def with_sections(rows: pl.DataFrame, before: int = 0, behind_trailer: bool = False) -> pl.DataFrame:
    """Adds `section`: a header begins a section, and so does the row after a trailer (files may have been joined).

    rows: with `kind`. before: the section above them. behind_trailer: a trailer ended that section.
    """
    kind = pl.col("kind")
    after_trailer = (kind == TRAILER).shift(1, fill_value=behind_trailer)
    begun = ((kind == HEADER).cast(pl.Int32) + after_trailer.cast(pl.Int32)).cum_sum().over("file")
    return rows.with_columns(section=begun + before)


def headers_and_trailers(rows: pl.DataFrame) -> list[tuple[int, int, int, int, str]]:
    """Headers and trailers, in order: file, section, kind, row_no, row."""
    lines = rows.filter(pl.col("kind").is_in([TRAILER, HEADER]))
    return lines.select("file", "section", "kind", "row_no", "row").rows()


def with_kinds(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds `kind`, an index of KINDS: rows are matched as trailer, header, comment, blank; the rest are records.

    rows: file, row_no, row, open_end; in order.
    """
    lines = layout.lines
    continues = is_continuation(rows, lines.continuation) if lines.continuation else None
    if continues is not None:
        rows = _joined(rows, continues, lines.continuation or "")
    row = pl.col("row")
    patterns = [lines.trailer, lines.header, lines.comment, r"^\s*$"]
    kind: Any = pl.when(False).then(RECORD)
    for number, pattern in enumerate(patterns, start=TRAILER):
        if pattern is not None:
            kind = kind.when(row.str.contains(pattern)).then(number)
    # Nearly all rows are records: one pattern finds the others, and only those are matched one by one.
    any_of = "|".join(f"(?:{GROUP_NAME.sub('(?:', pattern)})" for pattern in patterns if pattern)
    others = rows.with_row_index("at").filter(row.str.contains(any_of))
    kinds = pl.zeros(len(rows), pl.Int8, eager=True)
    kinds = kinds.scatter(others["at"], others.select(kind.otherwise(RECORD).cast(pl.Int8)).to_series())
    marked = rows.with_columns(kind=kinds)
    if lines.skip:
        marked = marked.with_columns(
            kind=pl.when(pl.col("row_no") <= lines.skip).then(pl.lit(COMMENT, pl.Int8)).otherwise("kind")
        )
    if continues is not None:
        marked = marked.with_columns(kind=pl.when(continues).then(pl.lit(CONTINUATION, pl.Int8)).otherwise("kind"))
    return marked


def is_continuation(rows: pl.DataFrame, pattern: str) -> pl.Series:
    """Rows that continue the row before; a file's first row never does."""
    return rows.select(wrapped=pl.col("row").str.contains(pattern) & (pl.col("row_no") > 1)).to_series()


def _joined(rows: pl.DataFrame, wrapped: pl.Series, pattern: str) -> pl.DataFrame:
    """Each row with its continuations put behind it. A row is as unfinished as its last part."""
    whole = (
        rows.with_columns(record=(~wrapped).cum_sum())
        .with_columns(
            row=pl.when(wrapped).then(pl.col("row").str.replace(pattern, "")).otherwise("row"),
        )
        .group_by("record", maintain_order=True)
        .agg(whole=pl.col("row").str.join(), open_end=pl.col("open_end").any())
    )
    parts = rows.with_columns(record=(~wrapped).cum_sum()).drop("open_end").join(whole, on="record", how="left")
    return parts.with_columns(
        row=pl.when(wrapped).then("row").otherwise("whole"), open_end=pl.col("open_end") & ~wrapped
    ).drop("record", "whole")
