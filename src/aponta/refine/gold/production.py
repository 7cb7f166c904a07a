"""gold.production: pieces per machine, product, hour, shift and quality."""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame
from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.refine.silver import totals

GRAIN = ("machine", "product", "hour", "shift", "production_day", "quality")
TABLE = Table(
    "gold.production",
    "pieces of a machine, product, hour, shift and quality",
    (
        string("machine", "as in machines.csv"),
        string("product", "as in products.csv"),
        timestamp("hour", "UTC hour"),
        string("shift", "empty outside the calendar", null=True),
        Column("production_day", "date", "the day the shift began"),
        string("quality", "good, scrap, rework, unknown"),
        long("pieces", "made"),
        Column("provisional", "boolean", "the hour is not closed yet"),
    ),
    unique=GRAIN,
    partition="month",
)


def production(items: Frame, open_hours: Frame, *, with_totals: bool = False) -> Frame:
    """open_hours: machine, hour of the hours not closed yet. with_totals: some items carry running totals."""
    counted = (totals.by_quality(items) if with_totals else items).group_by(*GRAIN).agg(nw.sum("pieces"))
    plain = counted.with_columns(nw.col("pieces").cast(nw.Int64), nw.col("shift").cast(nw.String))
    return provisional(plain, open_hours)


def provisional(facts: Frame, open_hours: Frame) -> Frame:
    """Sets `provisional` again: an hour may have closed."""
    return (
        facts.join(open_hours.with_columns(still_open=nw.lit(True)), on=["machine", "hour"], how="left")
        .with_columns(provisional=nw.col("still_open").fill_null(False))
        .select(*(column.name for column in TABLE.columns))
    )
