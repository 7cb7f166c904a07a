"""gold.restatements: a published fact that changed: old, new, cause, file."""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame, stacked
from aponta.contract.table import Column, Kind, Table, long, string, timestamp
from aponta.refine.gold.production import GRAIN

TABLE = Table(
    "gold.restatements",
    "a fact of gold.production that changed after its hour was published",
    (
        string("machine", "as in machines.csv"),
        string("product", "as in products.csv"),
        timestamp("hour", "UTC hour"),
        string("shift", "empty outside the calendar", null=True),
        Column("production_day", "date", "the day the shift began"),
        string("quality", "good, scrap, rework, unknown"),
        long("old_pieces", "as published before"),
        long("new_pieces", "as true now"),
        string("cause", "late, version, overlap, retried, backfilled, reassigned, totals (their rules in the layout)"),
        string("file_sha256", "the file that brought it; empty where a person did"),
        timestamp("restated_at", "when"),
        long("batch", "the pipeline's batch that did it"),
    ),
    partition="month",
)
CAUSES: dict[str, Kind] = {
    "machine": "string",
    "hour": "long",
    "cause": "string",
    "file_sha256": "string",
    "restated_at": "long",
    "batch": "long",
}


def restatements(old: Frame, new: Frame, causes: Frame) -> Frame:
    """old, new: rows of gold.production of the same hours. causes: CAUSES, of the hours published before."""
    before = old.with_columns(old_pieces=nw.col("pieces"), new_pieces=nw.lit(0, nw.Int64)).select(
        *GRAIN, "old_pieces", "new_pieces"
    )
    after = new.with_columns(old_pieces=nw.lit(0, nw.Int64), new_pieces=nw.col("pieces")).select(
        *GRAIN, "old_pieces", "new_pieces"
    )
    return (
        stacked([before, after])
        .group_by(*GRAIN)
        .agg(nw.sum("old_pieces"), nw.sum("new_pieces"))
        .filter(nw.col("old_pieces") != nw.col("new_pieces"))
        .join(causes, on=["machine", "hour"], how="inner")
        .select(*(column.name for column in TABLE.columns))
    )
