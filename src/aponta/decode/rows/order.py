"""Order of records: each one's identity and occurrence, and whether it steadily follows the record before."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import polars as pl

from aponta.contract.decoded import STEADY_US, staged_columns
from aponta.contract.layout import TOTALS, Layout
from aponta.decode.clock import rebuilds

KEY = ("produced_at", "identity", "nth")


def with_identity(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds `identity`, computed from the row's own text: the counter, or a hash of the row."""
    if "counter" in layout.fields:
        own = pl.coalesce("told_identity", "counter") if rebuilds(layout) else pl.col("counter")
        good = good.with_columns(identity=own)
    else:
        digests = (blake2b(row.encode(), digest_size=8).digest() for row in good["row"])
        hashes = [int.from_bytes(digest, "big", signed=True) for digest in digests]
        good = good.with_columns(identity=pl.Series(hashes, dtype=pl.Int64))
    # The number of cut columns differs from file to file.
    return good.select(pl.exclude("^(field|raw|pair|held)_.*$"))


def with_occurrence(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds `nth`: without a counter, the occurrence of the row in its section. Rows of running totals have no second
    occurrence: the same totals again mean that nothing was produced.
    """
    if "counter" in layout.fields or layout.totals:
        return good.with_columns(nth=pl.lit(1, pl.Int32))
    return good.with_columns(nth=(pl.int_range(pl.len()).over("file", "section", "identity") + 1).cast(pl.Int32))


def with_order_flags(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds `rises` (times rise through the whole file), `repeat` and `unsteady`."""
    at, identity = pl.col("produced_at"), pl.col("identity")
    has_counter = "counter" in layout.fields
    same_file = pl.col("file") == pl.col("file").shift()
    later = (at > at.shift()) | ((at == at.shift()) & (identity > identity.shift())) & has_counter
    rows = good.with_columns(rises=(~same_file | later).fill_null(True).all().over("file"))
    follows = same_file & (at - at.shift() <= STEADY_US)
    for name in ("hour", "product"):
        follows &= pl.col(name) == pl.col(name).shift()
    if has_counter:
        follows &= identity == identity.shift() + 1
    steady = pl.col("steady") & pl.lit(not layout.totals)  # the increase depends on the rows before
    beside_unsteady = ~steady.shift(1, fill_value=False) | ~steady.shift(-1, fill_value=False)
    return (
        rows.with_columns(follows=follows.fill_null(False))
        .with_columns(steady=pl.col("rises") & pl.col("follows") & pl.col("follows").shift(-1, fill_value=False))
        .with_columns(
            unsteady=pl.when(~steady).then(2).when(beside_unsteady).then(1).otherwise(0),
            repeat=pl.lit(False) if rows["rises"].all() else ~pl.struct("file", *KEY).is_first_distinct(),
        )
    )


def same_columns(records: pl.DataFrame, sensors: Sequence[str]) -> pl.DataFrame:
    """The same columns whatever the layout, so that all staged files are one table."""
    absent: dict[str, Any] = {"counter": pl.Int64, "cycle_s": pl.Float64, **dict.fromkeys(sensors, pl.Float64)}
    absent |= dict.fromkeys(TOTALS, pl.Int64)
    absent["produced_at_source"] = pl.String
    pieces = pl.lit(0) if any(name in records.columns for name in TOTALS) else pl.lit(1)
    records = records.with_columns(
        **{name: pl.lit(None, kind) for name, kind in absent.items() if name not in records.columns},
        pieces=(pl.col("pieces") if "pieces" in records.columns else pieces).cast(pl.Int64),
        machine=pl.col("file_machine"),
        **{name: pl.col(name).cast(pl.Int64) for name in ("file", "row_no", "nth", "unsteady")},
    )
    return records.select(*staged_columns(sensors))
