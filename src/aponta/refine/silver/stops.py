"""silver.stops: the gaps between items, classified (domain.md, "States and stops").

A gap runs from an item to the start of the next one's cycle. Only busy time counts: planned, outside breaks, in hours
a good file covers. It is classified by the sum over the whole gap, and only then clipped into hours: zooming
never changes what a stop is.
"""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame
from aponta.contract.table import Kind, Table, long, string, timestamp

TABLE = Table(
    "silver.stops",
    "a stretch in which a machine stood",
    (
        string("machine", "as in machines.csv"),
        timestamp("started_at", "the item before it was made then; before the first item: its hour began"),
        timestamp("ended_at", "the next item's cycle began; after the last item: the end of its last reported hour"),
        long("ms", "busy time in between"),
        string("kind", "stop, micro_stop, changeover, planned, external"),
        string("reason", "why, where it is known", null=True),
        string("product", "in force during it"),
    ),
    unique=("machine", "started_at"),
    partition="month",
    clock="started_at",
)
LIMITS: dict[str, Kind] = {"machine": "string", "micro_stop_after_us": "long", "stop_after_us": "long"}
DEFAULT_MICRO_STOP_US = 30_000_000  # or five ideal cycles, whichever is longer
DEFAULT_STOP_US = 300_000_000
IDEAL_CYCLES_OF_MICRO_STOP = 5


def gaps(ordered: Frame, shortest_us: int) -> Frame:
    """The gaps that may be stops: machine, started_at, next_at, next_cycle_us, next_cycles, product, changed (product),
    for_product (its ideal cycle gives the limits).
    """
    own, following = nw.col("product"), nw.col("next_product")
    return (
        ordered.filter(nw.col("next_at") - nw.col("produced_at") - nw.col("next_cycle_us").fill_null(0) > shortest_us)
        .with_columns(
            started_at=nw.col("produced_at"),
            changed=(own != following).fill_null(False),
            in_force=nw.when(own.is_null()).then(following).otherwise(own).fill_null("unknown"),
            for_product=nw.when(following.is_null()).then(own).otherwise(following),
            # The end of the last reported hour is no item: nothing is taken off for its cycle.
            next_cycle_us=nw.when(following.is_null()).then(nw.lit(0, nw.Int64)).otherwise(nw.col("next_cycle_us")),
        )
        .select(
            "machine",
            "started_at",
            "next_at",
            "next_cycle_us",
            "next_cycles",
            "changed",
            "for_product",
            "next_hour",
            product=nw.col("in_force"),
        )
    )


def stops_of_gaps(gaps: Frame, busy: Frame, ideal: Frame, limits: Frame) -> Frame:
    """gaps -> stops. busy: machine, piece_start, piece_end (disjoint). ideal: machine, product, hour, ideal_us (may
    be empty). limits: LIMITS.
    """
    timed = (
        gaps.join(
            ideal, left_on=["machine", "for_product", "next_hour"], right_on=["machine", "product", "hour"], how="left"
        )
        .join(limits, on="machine", how="left")
        .with_columns(
            cycle=nw.col("next_cycle_us")
            .fill_null(nw.col("ideal_us") * nw.col("next_cycles").fill_null(1))
            .fill_null(0)
        )
        .with_columns(
            ended_at=nw.col("next_at") - nw.col("cycle"),
            five=nw.col("ideal_us").fill_null(0) * IDEAL_CYCLES_OF_MICRO_STOP,
        )
        .with_columns(
            micro=nw.col("micro_stop_after_us").fill_null(
                nw.when(nw.col("five") > DEFAULT_MICRO_STOP_US).then(nw.col("five")).otherwise(DEFAULT_MICRO_STOP_US)
            )
        )
    )
    net = (
        clip(timed.select("machine", "started_at", "ended_at"), busy)
        .group_by("machine", "started_at")
        .agg(nw.sum("us"))
    )
    stop_after = nw.col("stop_after_us").fill_null(DEFAULT_STOP_US)
    kind = (
        nw.when(nw.col("changed"))
        .then(nw.lit("changeover"))
        .when(nw.col("us") > stop_after)
        .then(nw.lit("stop"))
        .otherwise(nw.lit("micro_stop"))
    )
    return (
        timed.join(net, on=["machine", "started_at"], how="inner")
        .filter(nw.col("us") > nw.col("micro"))
        .with_columns(ms=nw.col("us").cast(nw.Int64) // 1000, kind=kind, reason=nw.lit(None, nw.String))
        .select(*(column.name for column in TABLE.columns))
    )


def clip(stretches: Frame, pieces: Frame) -> Frame:
    """Each stretch's overlap with each piece of its machine, in `us`, with the columns of both."""
    start, end = nw.col("started_at"), nw.col("ended_at")
    since = nw.when(start > nw.col("piece_start")).then(start).otherwise(nw.col("piece_start"))
    until = nw.when(end < nw.col("piece_end")).then(end).otherwise(nw.col("piece_end"))
    return (
        stretches.join(pieces, on="machine", how="inner")
        .filter(start < nw.col("piece_end"), end > nw.col("piece_start"))
        .with_columns(us=until - since)
    )
