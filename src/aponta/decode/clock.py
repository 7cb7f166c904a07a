"""Times rebuilt from cycles, for a machine without a clock or with a broken one, where its layout says `rebuild`.

They depend on the file's bytes and the hour in its name alone: other files change nothing.
"""

from hashlib import blake2b

import polars as pl

from aponta.contract.decoded import LONGEST_CYCLE_S, NAMED_HOUR, REBUILT
from aponta.contract.layout import Layout
from aponta.decode.forms import RowCheck
from aponta.factory_calendar import HOUR_US

DAY_US = 24 * HOUR_US
SPILL_US = 60_000_000  # a file may begin so long before its hour
SHORTEST_US = 1_000  # rows stay in their order, also where a cycle is 0


def rebuilds(layout: Layout) -> bool:
    """Times of items are rebuilt where the machine's clock gives none."""
    return layout.rebuilds and "cycle_s" in layout.fields


def without_time(layout: Layout) -> pl.Expr:
    """Rows whose time is to be rebuilt: they have none, or one over a day before the hour in the file's name or over an
    hour after its end (a clock may have missed the change to winter time). No row, where the name has no hour.
    """
    if not rebuilds(layout):
        return pl.lit(False)
    at, named = pl.col("produced_at"), pl.col(NAMED_HOUR)
    absent = pl.col("raw_produced_at").is_null()
    return (named.is_not_null() & (absent | ~at.is_between(named - DAY_US, named + 2 * HOUR_US))).fill_null(False)


def rebuild_times(typed: pl.DataFrame, checks: list[RowCheck], layout: Layout) -> pl.DataFrame:
    """typed: records of `read_values`, with `lost`, the rows whose time is to be rebuilt within the hour of the file's
    name.

    Adds produced_at_source (the time as the machine wrote it, of rebuilt rows) and told_identity (a hash of counter and
    written time, which distinguishes rebuilt items of one machine and hour). Times go forward from the last sound row
    above; without one, back from the first sound row below; without one, forward from the hour's start. Cycles that
    take longer than there is room are shortened evenly. A row without a cycle takes the file's median; if the file has
    no cycle, the row stays refused. So does a row that may be of an earlier hour, which has a file of its own.
    """
    clock = next(number for number, check in enumerate(checks) if check.reason == "clock")
    good = typed.with_row_index("at").filter(pl.col("failed").is_null())
    if not good["lost"].any():
        return typed.with_columns(produced_at_source=pl.lit(None, pl.String), told_identity=pl.lit(None, pl.Int64))
    good = good.filter(~_may_be_of_earlier_hour())
    rebuilt = _rebuilt(good.with_columns(told_identity=_identities(good, layout)))
    rows = typed.with_row_index("at").join(rebuilt, on="at", how="left", maintain_order="left").drop("at")
    is_rebuilt = pl.col("lost") & pl.col("failed").is_null()
    time = pl.when(is_rebuilt).then("rebuilt_at").otherwise("produced_at")
    possible = time.is_between(pl.col("earliest"), pl.col("latest")).fill_null(False)
    with_flag = pl.concat_str([pl.lit(REBUILT), pl.col("flags")], separator=",", ignore_nulls=True)
    return rows.with_columns(
        produced_at=time,
        hour=time - time % HOUR_US,
        failed=pl.when(is_rebuilt & ~possible).then(pl.lit(clock, pl.Int16)).otherwise("failed"),
        flags=pl.when(is_rebuilt).then(with_flag).otherwise("flags"),
        produced_at_source=pl.when(is_rebuilt).then("raw_produced_at"),
    ).drop("rebuilt_at")


def _may_be_of_earlier_hour() -> pl.Expr:
    """Lost rows of a file that has rows of earlier hours, unless they stand below a sound row of the file's hour."""
    sound, start = pl.when(~pl.col("lost")).then("produced_at"), pl.col(NAMED_HOUR)
    earlier = (sound.min().over("file") < start - SPILL_US).fill_null(False)
    below_own = (sound.fill_null(strategy="forward").over("file") >= start).fill_null(False)
    return pl.col("lost") & earlier & ~below_own


def _identities(good: pl.DataFrame, layout: Layout) -> pl.Series:
    """A hash of counter and written time for lost rows; null without a counter: the row's text is the identity then."""
    if "counter" not in layout.fields:
        return pl.Series([None] * len(good), dtype=pl.Int64)
    rows = good.select("lost", "counter", "raw_produced_at").rows()
    hashes = [
        int.from_bytes(blake2b(f"{counter};{written or ''}".encode(), digest_size=8).digest(), "big", signed=True)
        if is_lost
        else None
        for is_lost, counter, written in rows
    ]
    return pl.Series(hashes, dtype=pl.Int64)


def _rebuilt(good: pl.DataFrame) -> pl.DataFrame:
    """at, told_identity and rebuilt_at (null: the file has no cycle) of good rows."""
    cycle_s = pl.col("cycle_s")
    cycle = pl.when(cycle_s.is_between(0, LONGEST_CYCLE_S)).then((cycle_s * 1_000_000).round().cast(pl.Int64))
    is_lost, stretch = pl.col("lost"), ["file", "stretch"]
    again = is_lost & pl.col("told_identity").is_not_null()  # twice in one file: one item, and one cycle
    first = ~again | pl.struct("file", "lost", "told_identity").is_first_distinct()
    start, end = pl.col(NAMED_HOUR), pl.col(NAMED_HOUR) + HOUR_US
    sound = pl.when(~is_lost).then("produced_at")
    cycles = (
        good.select(
            "at",
            "file",
            "lost",
            "produced_at",
            "told_identity",
            NAMED_HOUR,
            cycle=cycle,
            again=again,
            first=first,
        )
        .with_columns(cycle=pl.col("cycle").fill_null(pl.col("cycle").median().over("file").cast(pl.Int64)))
        .with_columns(
            takes=pl.when(is_lost & pl.col("first")).then(pl.max_horizontal("cycle", SHORTEST_US)).otherwise(0),
            stretch=(~is_lost).cum_sum().over("file"),  # a sound row and the lost rows below it
            below=sound.fill_null(strategy="backward").over("file"),
            below_took=pl.when(~is_lost).then("cycle").fill_null(strategy="backward").over("file"),
            above=sound.fill_null(strategy="forward").over("file"),
        )
        .with_columns(since=pl.col("takes").cum_sum().over(stretch), sum=pl.col("takes").sum().over(stretch))
        # The sound row below the stretch.
        .with_columns(until=pl.when(is_lost).then("below").max().over(stretch))
    )
    last = end - 1
    back = pl.col("above").is_null() & (pl.col("below") > start)
    upper = (
        pl.when(back)
        .then(pl.min_horizontal(pl.col("below") - pl.col("below_took"), last))
        .otherwise(pl.min_horizontal(pl.col("until") - 1, last).fill_null(last))
    )
    lower = pl.max_horizontal("above", start)
    bounded = cycles.with_columns(upper=upper, lower=lower).with_columns(
        upper=pl.when(pl.col("upper") > pl.col("lower")).then("upper").otherwise(last)
    )
    room_from = (
        pl.when(back | (pl.col("lower") >= pl.col("upper")))
        .then(pl.max_horizontal(pl.col("upper") - pl.col("sum"), start))
        .otherwise("lower")
    )
    placed = bounded.with_columns(base=room_from).with_columns(room=pl.col("upper") - pl.col("base"))
    shortened = (
        (pl.col("since").cast(pl.Float64) * (pl.col("room") / pl.col("sum"))).floor().cast(pl.Int64, strict=False)
    )
    offset = pl.when(pl.col("sum") <= pl.col("room")).then("since").otherwise(shortened)
    return (
        placed.with_columns(rebuilt_at=pl.when(is_lost & pl.col("cycle").is_not_null()).then(pl.col("base") + offset))
        .with_columns(
            rebuilt_at=pl.when("again")
            .then(pl.col("rebuilt_at").first().over("file", "lost", "told_identity"))
            .otherwise("rebuilt_at")
        )
        .select("at", "told_identity", "rebuilt_at")
    )
