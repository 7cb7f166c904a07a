"""silver.hours: machine x hour, its first and last item. The index that finds neighbours without reading history."""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame
from aponta.contract.layout import TOTALS
from aponta.contract.table import Column, Kind, Table, long, string, timestamp

TABLE = Table(
    "silver.hours",
    "a machine's hour that has items or a file that covers it",
    (
        string("machine", "as in machines.csv"),
        timestamp("hour", "UTC hour"),
        Column("covered", "boolean", "a good file covers this hour: without items it was idle, not unknown"),
        long("items", "items made, or rows with running totals"),
        timestamp("first_at", "of its first item; with running totals, of the first row that shows any", null=True),
        timestamp("last_at", "of its last item", null=True),
        string("first_product", "of its first item", null=True),
        string("last_product", "of its last item: in force from then on", null=True),
        string("first_in_force", "product in force after its first moment, in which several may be made", null=True),
        long("first_cycle_us", "microseconds its first item took", null=True),
        long("first_cycles", "cycles in it: one, or the pieces that a row with running totals shows", null=True),
        long("last_cycle_us", "microseconds its last item took", null=True),
        long("first_counter", "of its first item", null=True),
        long("last_counter", "of its last item", null=True),
        long("restarts", "times the counter restarted within the hour"),
        long("unseen", "items that the counter has within the hour and no row"),
        *(
            long(name, "where it left off: the highest of its rows since their last restart", null=True)
            for name in TOTALS
        ),
    ),
    unique=("machine", "hour"),
    partition="month",
)
LEFT_OFF: dict[str, Kind] = {"machine": "string", "hour": "long", **dict.fromkeys(TOTALS, "long")}


def hour_rows(ordered: Frame, counts: Frame, covered: Frame, left_off: Frame) -> Frame:
    """ordered: `sequence` of the touched hours, or its `boundary_rows`. counts: machine, hour, items.
    covered: machine, hour, covered of each of them, items or not. left_off: LEFT_OFF, of hours with running totals.
    """
    first, last = nw.col("first"), nw.col("last")
    step = nw.col("step")
    ends = (
        ordered.filter(nw.col("side") == 0)
        .with_columns(
            first_at=nw.when(first).then(nw.col("produced_at")),
            last_at=nw.when(last).then(nw.col("produced_at")),
            first_product=nw.when(first).then(nw.col("product")),
            last_product=nw.when(last).then(nw.col("product")),
            first_cycle_us=nw.when(first).then(nw.col("cycle_us")),
            first_cycles=nw.when(first).then(nw.col("cycles")),
            last_cycle_us=nw.when(last).then(nw.col("cycle_us")),
            first_counter=nw.when(first).then(nw.col("counter")),
            last_counter=nw.when(last).then(nw.col("counter")),
            restarts=nw.when(nw.col("restart")).then(1).otherwise(0),
            # A row out of order takes back what the counter seemed to have passed over.
            unseen=nw.when(~nw.col("restart") & (step != 0)).then(step - 1).otherwise(0),
        )
        .group_by("machine", "hour")
        .agg(
            *(nw.max(name) for name in (*TABLE_ENDS, "first_cycles")),
            nw.sum("restarts"),
            nw.sum("unseen"),
        )
    )
    in_force = (
        ordered.filter(nw.col("side") == 0)
        .filter(nw.col("produced_at") == nw.col("produced_at").min().over("machine", "hour"))
        .unique(subset=["machine", "hour"], keep="last", order_by=["identity", "nth"])
        .select("machine", "hour", first_in_force=nw.col("product"))
    )
    numbers = ("items", "restarts", "unseen")
    return (
        covered.join(counts, on=["machine", "hour"], how="left")
        .join(ends, on=["machine", "hour"], how="left")
        .join(in_force, on=["machine", "hour"], how="left")
        .join(left_off, on=["machine", "hour"], how="left")
        .with_columns(**{name: nw.col(name).fill_null(0).cast(nw.Int64) for name in numbers})
        .with_columns(unseen=nw.when(nw.col("unseen") > 0).then(nw.col("unseen")).otherwise(0))
        .filter(nw.col("covered") | (nw.col("items") > 0))  # an hour that only a withdrawn version covered is left out
        .select(*(column.name for column in TABLE.columns))
    )


TABLE_ENDS = tuple(f"{end}_{name}" for end in ("first", "last") for name in ("at", "product", "cycle_us", "counter"))
