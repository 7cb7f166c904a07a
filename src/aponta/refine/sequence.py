"""Items in order of time, each with its neighbours: stops, runs and counters are read from them.

An *edge* stands for what lies outside of the hours at hand: the last item before them, the first one after. Without an
item there, the edge is the start of the machine's first reported hour, or the end of its last one (product empty). A
*block* is a stretch of a machine between two edges.
"""

import narwhals.stable.v2 as nw

from aponta.contract.decoded import LONGEST_CYCLE_S
from aponta.contract.lake import Frame, stacked
from aponta.contract.table import Kind
from aponta.refine.rising import increment, restarted

EDGE: dict[str, Kind] = {
    "machine": "string",
    "block": "long",
    "produced_at": "long",
    "hour": "long",
    "product": "string",
    "cycle_us": "long",  # empty: unknown, its ideal cycle counts, as often as there are cycles
    "cycles": "long",  # 1; in a row with running totals the pieces made since the row before
    "side": "long",  # -1 before the block; after it 1, and 2 if that instant goes on to another product
}
NEEDED = (
    "machine", "block", "restart_below", "rollover", "hour", "produced_at", "identity", "nth", "product", "cycle_s",
    "counter", "cycles", "unsteady",
)  # fmt: skip
ORDER = ("produced_at", "side", "identity", "nth")


def sequence(items: Frame, edges: Frame) -> Frame:
    """items (NEEDED) and edges (EDGE) -> both, with cycle_us, side, previous_*, next_*, first and last in the hour.

    `step` is the counter minus the one before it in the same hour, the shorter way round where it rolls over; `restart`
    marks a restarted counter.
    """
    cycle_s = nw.col("cycle_s")
    known = nw.when((cycle_s >= 0) & (cycle_s <= LONGEST_CYCLE_S)).then(cycle_s * 1_000_000)
    timed = items.with_columns(cycle_us=(known * nw.col("cycles")).round(0).cast(nw.Int64), side=nw.lit(0, nw.Int64))
    columns = timed.collect_schema()
    absent = {name: nw.lit(None, kind) for name, kind in columns.items() if name not in EDGE}
    ends = edges.with_columns(**absent).select(*columns)
    over = {"partition_by": ["block"], "order_by": list(ORDER)}

    def neighbour(name: str, by: int) -> nw.Expr:
        return nw.col(name).shift(by).over(*over["partition_by"], order_by=over["order_by"])

    before = nw.col("previous_counter")
    is_item = nw.col("side") == 0
    rise = increment(nw.col("counter"), before, nw.col("rollover"))
    fell = restarted(rise, nw.col("counter"), before, nw.col("restart_below"))
    return (
        stacked([timed, ends])
        .with_columns(
            previous_hour=neighbour("hour", 1),
            previous_product=neighbour("product", 1),
            previous_counter=neighbour("counter", 1),
            next_at=neighbour("produced_at", -1),
            next_hour=neighbour("hour", -1),
            next_product=neighbour("product", -1),
            next_cycle_us=neighbour("cycle_us", -1),
            next_cycles=neighbour("cycles", -1),
        )
        .with_columns(
            # An edge of no product may lie in the very hour it limits.
            first=is_item & ((nw.col("previous_hour") != nw.col("hour")) | nw.col("previous_product").is_null()),
            last=is_item & ((nw.col("next_hour") != nw.col("hour")) | nw.col("next_product").is_null()),
        )
        .with_columns(
            restart=(fell & ~nw.col("first")).fill_null(False),
            step=nw.when(~nw.col("first")).then(rise),
        )
    )


def boundary_rows(ordered: Frame, shortest_us: int) -> Frame:
    """Ends of hours and blocks, changes of product, long gaps and jumps: the rows that carry more than a count.

    ordered: `sequence` of all items, or of the unsteady ones, where those of 1 are only there as neighbours.
    """
    gap = nw.col("next_at") - nw.col("produced_at") - nw.col("next_cycle_us").fill_null(0)
    changed = (nw.col("product") != nw.col("previous_product")).fill_null(True)
    step = nw.col("step").fill_null(1)
    ends = (nw.col("side") != 0) | nw.col("first") | nw.col("last")
    steady = (nw.col("unsteady") == 1).fill_null(False)
    return ordered.filter(~steady, ends | changed | (gap > shortest_us).fill_null(True) | (step != 1))


def epochs(ordered: Frame) -> Frame:
    """Adds `epoch`: how often the counter restarted within the hour, up to the item."""
    restarts = nw.when(nw.col("restart")).then(1).otherwise(0).cast(nw.Int64)
    return ordered.with_columns(epoch=restarts.cum_sum().over("machine", "hour", order_by=list(ORDER)))
