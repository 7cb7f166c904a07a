"""A machine whose clock is absent or broken: times made anew from cycles, where its layout says `rebuild`.

Only the file's own bytes and the hour in its name are asked: whatever else came, the same times come out.
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
    """Are times of its items made anew where the clock told none?"""
    return layout.rebuilds and "cycle_s" in layout.fields


def without_time(layout: Layout) -> pl.Expr:
    """Rows whose time is to be made anew: none is told, or one over a day before the hour in the file's name, or over
    an hour after its end (a clock may have missed the change to winter time). Without such an hour: none.
    """
    if not rebuilds(layout):
        return pl.lit(False)
    at, named = pl.col("produced_at"), pl.col(NAMED_HOUR)
    absent = pl.col("raw_produced_at").is_null()
    return (named.is_not_null() & (absent | ~at.is_between(named - DAY_US, named + 2 * HOUR_US))).fill_null(False)


def rebuild_times(typed: pl.DataFrame, tests: list[RowCheck], layout: Layout) -> pl.DataFrame:
    """Records as `typed.read` gives them, with `lost` -> lost times made anew, within the hour of the file's name.

    Adds produced_at_source (as the machine wrote it, of those made anew) and told_identity (what then tells items of
    one machine and hour apart: the counter and the time as written). Forward from the last sound row above; where none
    is, back from the first one below; where none is, forward from the hour's start. Cycles that take longer than there
    is room are shortened evenly. A row without a cycle takes the file's median; without any it stays refused. So does
    one that may be of an earlier hour, whose own file holds it.
    """
    clock = next(number for number, test in enumerate(tests) if test.reason == "clock")
    good = typed.with_row_index("at").filter(pl.col("failed").is_null())
    if not good["lost"].any():
        return typed.with_columns(produced_at_source=pl.lit(None, pl.String), told_identity=pl.lit(None, pl.Int64))
    good = good.filter(~_of_any_hour())
    own = _made(good.with_columns(told_identity=_identities(good, layout)))
    made = typed.with_row_index("at").join(own, on="at", how="left", maintain_order="left").drop("at")
    anew = pl.col("lost") & pl.col("failed").is_null()
    time = pl.when(anew).then("rebuilt_at").otherwise("produced_at")
    possible = time.is_between(pl.col("earliest"), pl.col("latest")).fill_null(False)
    both = pl.concat_str([pl.lit(REBUILT), pl.col("flags")], separator=",", ignore_nulls=True)
    return made.with_columns(
        produced_at=time,
        hour=time - time % HOUR_US,
        failed=pl.when(anew & ~possible).then(pl.lit(clock, pl.Int16)).otherwise("failed"),
        flags=pl.when(anew).then(both).otherwise("flags"),
        produced_at_source=pl.when(anew).then("raw_produced_at"),
    ).drop("rebuilt_at")


def _of_any_hour() -> pl.Expr:
    """Lost rows of a file that holds rows of earlier hours, unless below a sound one of its own hour."""
    sound, start = pl.when(~pl.col("lost")).then("produced_at"), pl.col(NAMED_HOUR)
    earlier = (sound.min().over("file") < start - SPILL_US).fill_null(False)
    below_own = (sound.fill_null(strategy="forward").over("file") >= start).fill_null(False)
    return pl.col("lost") & earlier & ~below_own


def _identities(good: pl.DataFrame, layout: Layout) -> pl.Series:
    """Of lost rows with a counter; without one the row's text tells it apart anyway."""
    if "counter" not in layout.fields:
        return pl.Series([None] * len(good), dtype=pl.Int64)
    told = good.select("lost", "counter", "raw_produced_at").rows()
    hashes = [
        int.from_bytes(blake2b(f"{counter};{written or ''}".encode(), digest_size=8).digest(), "big", signed=True)
        if is_lost
        else None
        for is_lost, counter, written in told
    ]
    return pl.Series(hashes, dtype=pl.Int64)


def _made(good: pl.DataFrame) -> pl.DataFrame:
    """at, told_identity, rebuilt_at (null: there is no cycle to make it of) of good rows."""
    cycle_s = pl.col("cycle_s")
    told = pl.when(cycle_s.is_between(0, LONGEST_CYCLE_S)).then((cycle_s * 1_000_000).round().cast(pl.Int64))
    is_lost, stretch = pl.col("lost"), ["file", "stretch"]
    again = is_lost & pl.col("told_identity").is_not_null()  # told twice in one file: one item, and one cycle
    first = ~again | pl.struct("file", "lost", "told_identity").is_first_distinct()
    start, end = pl.col(NAMED_HOUR), pl.col(NAMED_HOUR) + HOUR_US
    sound = pl.when(~is_lost).then("produced_at")
    cycles = (
        good.select(
            "at", "file", "lost", "produced_at", "told_identity", NAMED_HOUR, told=told, again=again, first=first
        )
        .with_columns(cycle=pl.col("told").fill_null(pl.col("told").median().over("file").cast(pl.Int64)))
        .with_columns(
            takes=pl.when(is_lost & pl.col("first")).then(pl.max_horizontal("cycle", SHORTEST_US)).otherwise(0),
            stretch=(~is_lost).cum_sum().over("file"),  # a sound row, and the lost ones below it; 0: above any
            below=sound.fill_null(strategy="backward").over("file"),
            below_took=pl.when(~is_lost).then("cycle").fill_null(strategy="backward").over("file"),
            above=sound.fill_null(strategy="forward").over("file"),
        )
        .with_columns(since=pl.col("takes").cum_sum().over(stretch), sum=pl.col("takes").sum().over(stretch))
        # The sound row below the stretch: of its own sound row, the next one.
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
