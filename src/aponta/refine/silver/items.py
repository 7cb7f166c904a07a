"""silver.items: one row per item, once, whatever came how often in which order."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_

import narwhals.stable.v2 as nw

from aponta.contract.decoded import REBUILT
from aponta.contract.lake import Frame
from aponta.contract.layout import TOTALS
from aponta.contract.reassignment import Reassignment
from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.refine.silver import totals

KEY = ("machine", "produced_at", "identity", "nth")
IDENTITY_KEY = ("machine", "identity_time", "identity", "nth")
PAYLOAD = ("product", "quality", "cycle_s", "pieces")
RECORD = ("file", "row_no", "hour", *KEY, "counter", "produced_at_source", *PAYLOAD, *TOTALS)
OFF_CALENDAR = "off_calendar"
REASSIGNED = ("product", "quality")


def items_table(sensors: Sequence[str]) -> Table:
    return Table(
        "silver.items",
        "an item produced, once",
        (
            string("machine", "as in machines.csv"),
            long("counter", "the machine's own number of the item", null=True),
            long("epoch", "restarts of the counter within the hour, up to this item"),
            timestamp("produced_at", "when it was made, by the machine's clock"),
            string("produced_at_source", "of a rebuilt time: the text that the machine wrote, if it did", null=True),
            string("product", "as the machine reports it, unless a person put it right; unknown where it reports none"),
            string(
                "quality",
                "good, scrap, rework, unknown; as the machine reports it, unless a person put it right; empty where "
                "the row carries running totals: good, scrap, rework count the pieces of each",
                null=True,
            ),
            Column("cycle_s", "double", "seconds it took", null=True),
            long("pieces", "pieces in this record; of a row with running totals: made since the row before"),
            *totals.COLUMNS,
            *(Column(name, "double", "sensor, unit in its name", null=True) for name in sensors),
            string(
                "flags",
                "what is odd about it: rebuilt (its time was computed from cycles), quality_code, range:COLUMN (a "
                "sensor, cycle_s), off_calendar; of a running total first:COLUMN (none before it is known), "
                "restart:COLUMN, fell:COLUMN (a row out of order, or a correction); several by commas",
                null=True,
            ),
            timestamp("hour", "UTC hour of produced_at"),
            Column("production_day", "date", "the day its shift began"),
            string("shift", "shift of its line's calendar; empty outside it", null=True),
            string("layout", "the layout that read it"),
            string("file_sha256", "the file it stands in"),
            long("row_no", "and the row there, from 1"),
            timestamp("received_at", "when that file came"),
            long(
                "identity",
                "what distinguishes it from others of this machine and moment: the counter, or a hash of its row",
            ),
            long("nth", "without a counter: occurrence of this very row in its file"),
            string(
                "product_at_source",
                "as the machine reports it, where a person put another product in its place",
                null=True,
            ),
            string(
                "quality_at_source",
                "as the machine reports it, where a person put another quality in its place",
                null=True,
            ),
        ),
        unique=KEY,
        partition="date",
        configured=frozenset(sensors),
    )


def items_of_records(records: Frame, places: Frame, sensors: Sequence[str], *, contested: bool) -> Frame:
    """Records -> items as machines report them, with their file, their shift and the other columns of `places`.
    Reassignments are applied last (`apply_reassignments`), so that which row counts for an item is decided from what
    machines wrote.

    records: as staged by decode. places: each hour of each file in force, with its context: `file`, `hour`,
    file_sha256, layout, received_at, piece_start, piece_end, shift, production_day. contested: several rows may claim
    one item (several files hold an hour, or a file repeats itself); otherwise choosing is skipped.
    """
    rows = records.join(places, on=["file", "hour"], how="inner").filter(
        nw.col("produced_at") >= nw.col("piece_start"), nw.col("produced_at") < nw.col("piece_end")
    )
    if contested:
        rows = one_of_each(rows, sensors)
    return rows.drop("file", "repeat", "piece_start", "piece_end").with_columns(flags=_off_calendar())


def apply_reassignments(rows: Frame, reassignments: Iterable[Reassignment], *, with_totals: bool = False) -> Frame:
    """Items as machines report them -> as people corrected them, one reassignment after the other. with_totals: some
    rows carry running totals.
    """
    ordered = sorted(reassignments, key=lambda reassignment: reassignment.number)
    if not ordered:
        return rows.with_columns(**{f"{name}_at_source": nw.lit(None, nw.String) for name in REASSIGNED})
    # Plain texts: the new product or quality need not be among the expected values.
    rows = rows.with_columns(nw.col(name).cast(nw.String) for name in REASSIGNED)
    rows = rows.with_columns(**{f"{name}_at_source": nw.col(name) for name in REASSIGNED})
    for reassignment in ordered:
        meant = (
            (nw.col("machine") == reassignment.machine)
            & (nw.col("produced_at") >= reassignment.since)
            & (nw.col("produced_at") < reassignment.until)
        )
        if reassignment.product is not None:
            meant = meant & (nw.col("product") == reassignment.product)
        counts = (
            totals.moved(meant, reassignment.quality, reassignment.to_quality)
            if with_totals and reassignment.to_quality is not None
            else {}
        )
        if reassignment.quality is not None:
            meant = meant & (nw.col("quality") == reassignment.quality)
        to = {
            name: new
            for name, new in (("product", reassignment.to_product), ("quality", reassignment.to_quality))
            if new is not None
        }
        rows = rows.with_columns(
            **{
                name: nw.when(meant & ~nw.col(name).is_null()).then(nw.lit(new)).otherwise(nw.col(name))
                for name, new in to.items()
            },
            **counts,
        )
    return rows.with_columns(
        **{
            f"{name}_at_source": nw.when(nw.col(f"{name}_at_source") != nw.col(name)).then(nw.col(f"{name}_at_source"))
            for name in REASSIGNED
        }
    )


def as_reported(rows: Frame) -> Frame:
    """Items -> the same as machines report them."""
    reported = {
        name: nw.when(nw.col(f"{name}_at_source").is_null()).then(nw.col(name)).otherwise(nw.col(f"{name}_at_source"))
        for name in REASSIGNED
    }
    if set(TOTALS) <= {*rows.collect_schema()}:
        reported["pieces"] = nw.when(totals.has_total()).then(nw.lit(0, nw.Int64)).otherwise(nw.col("pieces"))
    return rows.with_columns(**reported)


def one_of_each(records: Frame, sensors: Sequence[str]) -> Frame:
    """Keeps one row for each item, chosen by the rows' values, never by which came first.

    The most cautious of rows that disagree wins (scrap, rework, unknown, good), so that a doubtful piece is never
    stock; the values themselves decide next, then the file's hash.
    """
    quality = nw.col("quality")
    caution = (
        nw.when(quality == "scrap")
        .then(0)
        .when(quality == "rework")
        .then(1)
        .when(quality == "unknown")
        .then(2)
        .otherwise(3)
    )
    numbers = ["cycle_s", "pieces", *sensors]
    keys = {
        f"by_{name}": nw.col(name).cast(nw.Float64).fill_null(-1e308) for name in numbers
    }  # engines differ on where null sorts
    ranked = records.with_columns(by_caution=caution, **keys)
    # The later of two rebuilt times counts: that file holds more of the hour above it.
    ranked = with_identity_time(ranked).with_columns(by_late=-nw.col("produced_at"))
    order = ["by_caution", "product", *keys, "by_late", "file_sha256", "row_no"]
    return ranked.unique(subset=list(IDENTITY_KEY), keep="first", order_by=order).drop(
        "by_caution", "identity_time", "by_late", *keys
    )


def with_identity_time(rows: Frame) -> Frame:
    """Adds `identity_time`, the time in an item's identity. A rebuilt time is no part of it: the counter and the time
    as written are, within the hour of the file's name.
    """
    rebuilt = nw.col("flags").str.starts_with(REBUILT)
    return rows.with_columns(identity_time=nw.when(rebuilt).then(nw.col("hour")).otherwise(nw.col("produced_at")))


def same_payload(sensors: Sequence[str], other: str) -> nw.Expr:
    """Have two rows of one item the same values? The other's columns carry the suffix."""

    def same(name: str) -> nw.Expr:
        mine, others = nw.col(name), nw.col(f"{name}{other}")
        return (mine == others).fill_null(False) | (mine.is_null() & others.is_null())

    return reduce(and_, (same(name) for name in (*PAYLOAD, *sensors)))


def records_of_items(known: Frame, sensors: Sequence[str]) -> Frame:
    """Items, each with the number of its `file` -> the records they were made from, before calendar and corrections."""
    flags = nw.concat_str(nw.lit(","), nw.col("flags"))
    for computed in (OFF_CALENDAR, *(f"{odd}:{name}" for odd in totals.ODD for name in TOTALS)):
        flags = flags.str.replace_all(f",{computed}", "", literal=True)
    own = nw.when(flags != "").then(flags.str.slice(1))
    return as_reported(known).select(*RECORD, *sensors, flags=own, repeat=nw.lit(False), unsteady=nw.lit(2, nw.Int64))


def _off_calendar() -> nw.Expr:
    flags = nw.col("flags")
    both = nw.concat_str([flags, nw.lit(OFF_CALENDAR)], separator=",")
    outside = nw.col("shift").is_null()
    return nw.when(outside & flags.is_null()).then(nw.lit(OFF_CALENDAR)).when(outside).then(both).otherwise(flags)
