"""Rows that carry running totals instead of items: production is the increase since the previous row.

Each total is followed by itself, from row to row of a machine, across files. Its increase is production. A fall below
`restart_below` (by default half) is a restart, and the new total was produced since; a smaller fall is a row out of
order or a correction: nothing was produced, and the following rows count from the highest total since the restart, so
that nothing counts twice. The increase of a machine's very first row is unknown: nothing was produced.

An hour depends on its own rows and on the last value of the hour before it, the highest total of *its* rows since their
last restart: late rows change their hour and the next one, and no other.
"""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame, stacked
from aponta.contract.layout import TOTALS
from aponta.contract.table import Column, Kind, long
from aponta.refine.rising import increment, restarted

QUALITIES = {name: name.removesuffix("_total") for name in TOTALS}
MADE = (*QUALITIES.values(), "unclassified")
QUALITY = {name: "unknown" if name == "unclassified" else name for name in MADE}
COLUMN = {quality: name for name, quality in QUALITY.items()}
ODD = ("first", "restart", "fell")  # flags, each with a colon and the total's name
COLUMNS: tuple[Column, ...] = (
    *(
        long(name, f"of a row with running totals: {quality} so far, as the machine wrote it", null=True)
        for name, quality in QUALITIES.items()
    ),
    *(long(quality, f"of such a row: {quality} pieces since the row before", null=True) for quality in MADE[:-1]),
    long(MADE[-1], "of such a row: of these, what a person put to quality unknown", null=True),
)
KEY = ("machine", "produced_at", "identity", "nth")
HOUR = ("machine", "hour", "total")
RULES: dict[str, Kind] = {"layout": "string", "total": "string", "restart_below": "long", "rollover": "long"}
HIGHEST: dict[str, Kind] = {"machine": "string", "hour": "long", "total": "string", "highest": "long"}


def readings(items: Frame, rules: Frame) -> Frame:
    """Items -> a row for each running total in each: KEY, hour, total (its name), value, its rules, and `behind`, which
    sorts before `value` among rows of one instant. These rise from the last value of the instant before; a value below
    that comes after a restart.

    rules: RULES, of each layout.
    """
    rows = stacked(
        [
            items.filter(has_total(name)).select(*KEY, "hour", "layout", value=nw.col(name), total=nw.lit(name))
            for name in TOTALS
        ]
    ).join(rules, on=["layout", "total"], how="left")
    instant, hour = [*HOUR, "produced_at"], list(HOUR)
    at, left = nw.col("produced_at"), nw.col("left")
    order = ["produced_at", "value", "identity"]
    return (
        rows.with_columns(left=nw.col("value").max().over(*instant))
        .with_columns(left=left.shift(1).over(*hour, order_by=order), before=at.shift(1).over(*hour, order_by=order))
        .with_columns(left=nw.when(nw.col("before") != at).then(left))
        .with_columns(behind=nw.when(nw.col("value") < left.max().over(*instant)).then(1).otherwise(0))
        .drop("left", "before")
    )


def with_previous(rows: Frame) -> Frame:
    """`readings` -> the same, each total with its predecessor in the hour, for `last_values` and `produced`: the value
    `before`, whether the total restarted (`restart`) and the `epoch` between; its `level`, as if it never rolled over;
    and the highest level of its epoch, with the row (`high`) and without (`under`).
    """
    value, before, restart = nw.col("value"), nw.col("before"), nw.col("restart")
    hour, epoch = list(HOUR), [*HOUR, "epoch"]
    order = ["produced_at", "behind", "value", "identity"]
    return (
        rows.with_columns(before=value.shift(1).over(*hour, order_by=order))
        .with_columns(rise=increment(value, before, nw.col("rollover")))
        .with_columns(restart=restarted(nw.col("rise"), value, before, nw.col("restart_below")).fill_null(False))
        .with_columns(
            epoch=_whole(nw.when(restart).then(1).otherwise(0).cum_sum().over(*hour, order_by=order)),
            rise=nw.when(before.is_null() | restart).then(value).otherwise(nw.col("rise")),
            first=nw.when(before.is_null()).then(value).max().over(*hour),
        )
        .with_columns(level=_whole(nw.col("rise").cum_sum().over(*epoch, order_by=order)))
        .with_columns(high=nw.col("level").cum_max().over(*epoch, order_by=order))
        .with_columns(under=nw.col("high").shift(1).over(*epoch, order_by=order))
    )


def last_values(rows: Frame) -> Frame:
    """machine, hour, total, highest: the last value of each hour of `with_previous`."""
    level, rollover = nw.col("level"), nw.col("rollover")
    return (
        rows.filter(nw.col("epoch") == nw.col("epoch").max().over(*HOUR))
        .group_by(*HOUR)
        .agg(nw.max("level"), nw.max("rollover"))
        .select(*HOUR, highest=nw.when(rollover.is_null()).then(level).otherwise(level % rollover))
    )


def produced(items: Frame, rows: Frame, left_off: Frame) -> Frame:
    """Items with totals -> the same with what was produced (MADE), its sum as `pieces`, and oddities as flags.

    rows: `with_previous`, of these items. left_off: `last_values` of the hour before, by the hour that goes on from it.
    """
    found = rows.join(left_off.rename({"highest": "carried"}), on=list(HOUR), how="left")
    before, carried = nw.col("before"), nw.col("carried")
    first, rise = nw.col("first"), increment(nw.col("first"), nw.col("carried"), nw.col("rollover"))
    again = restarted(rise, first, carried, nw.col("restart_below")).fill_null(False)
    nothing = nw.lit(0, nw.Int64)
    begins = before.is_null()
    found = (
        found.with_columns(again=again, floor=first - rise)
        # The level from which an epoch counts: of the hour's first where the hour before left off.
        .with_columns(
            floor=nw.when((nw.col("epoch") > 0) | nw.col("again"))
            .then(nothing)
            .when(carried.is_null())
            .then(first)
            .otherwise(nw.col("floor"))
        )
        .with_columns(counted=nw.max_horizontal(nw.col("under").fill_null(nw.col("floor")), nw.col("floor")))
        .with_columns(
            made=nw.max_horizontal("high", "floor") - nw.col("counted"),
            odd=nw.when(begins & carried.is_null())
            .then(nw.lit("first"))
            .when(nw.col("restart") | (begins & nw.col("again")))
            .then(nw.lit("restart"))
            .when(nw.col("level") < nw.col("counted"))
            .then(nw.lit("fell")),
        )
    )
    of_row = found.group_by(*KEY).agg(
        **{
            f"by_{quality}": nw.when(nw.col("total") == name).then(nw.col("made")).max()
            for name, quality in QUALITIES.items()
        },
        **{f"by_{name}": nw.when(nw.col("total") == name).then(nw.col("odd")).max() for name in TOTALS},
    )
    own = {quality: nw.col(f"by_{quality}") for quality in QUALITIES.values()}
    flags = [nw.concat_str(nw.col(f"by_{name}"), nw.lit(f":{name}")) for name in TOTALS]
    both = nw.concat_str([nw.col("flags"), *flags], separator=",", ignore_nulls=True)
    return items.join(of_row, on=list(KEY), how="inner").with_columns(
        **own,
        unclassified=nothing,
        pieces=_whole(nw.sum_horizontal(*(one.fill_null(0) for one in own.values()))),
        flags=nw.when(both != "").then(both),
    )


def without_totals(items: Frame) -> Frame:
    """Items without totals, with the columns of those that have some."""
    return items.with_columns(**{column.name: nw.lit(None, nw.Int64) for column in COLUMNS})


def has_total(name: str = "") -> nw.Expr:
    """Has the row this total, or any?"""
    present = ~nw.col(name or TOTALS[0]).is_null()
    for other in () if name else TOTALS[1:]:
        present = present | ~nw.col(other).is_null()
    return present


def moved(meant: nw.Expr, quality: str | None, to: str) -> Mapping[str, nw.Expr]:
    """Moves production of a quality (None: of any) to another, in the rows that are meant."""
    target = COLUMN[to]
    origins = [name for name in MADE if name != target and quality in (None, QUALITY[name])]
    meant = meant & has_total()
    more = nw.sum_horizontal(*(nw.col(name).fill_null(0) for name in (target, *origins)))
    emptied = {
        name: nw.when(meant & ~nw.col(name).is_null()).then(nw.lit(0, nw.Int64)).otherwise(nw.col(name))
        for name in origins
    }
    return {target: nw.when(meant).then(_whole(more)).otherwise(nw.col(target)), **emptied}


def by_quality(items: Frame) -> Frame:
    """Items, each row with totals once for each quality that it has pieces of."""
    parts = [items.filter(~has_total())]
    for name in MADE:
        rows = items.filter(has_total(), nw.col(name) != 0)
        parts.append(rows.with_columns(quality=nw.lit(QUALITY[name]), pieces=nw.col(name)))
    return stacked(parts)


def _whole(number: nw.Expr) -> nw.Expr:
    """Sums come back wider."""
    return number.cast(nw.Int64)
