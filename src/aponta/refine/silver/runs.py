"""silver.runs: when a machine began to make a product. Time belongs to the product in force, which is made last."""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame, stacked
from aponta.contract.table import Kind, Table, string, timestamp

TABLE = Table(
    "silver.runs",
    "a machine's run of one product, until its next one",
    (
        string("machine", "as in machines.csv"),
        timestamp("started_at", "produced_at of the run's first item"),
        string("product", "made from then on"),
    ),
    unique=("machine", "started_at"),
    partition="month",
    clock="started_at",
)


def product_runs(ordered: Frame) -> Frame:
    """The instants at which the product in force changes. The edge after a block may begin a run too; the edge before
    it does not change.
    """
    changed = (nw.col("product") != nw.col("previous_product")) | nw.col("previous_product").is_null()
    changes = ordered.filter(nw.col("side") >= 0, ~nw.col("product").is_null(), changed)
    # Several products at one instant: only the product before it and the one in force after it count.
    key = ["machine", "produced_at"]
    before = changes.unique(subset=key, keep="first", order_by=["side", "identity", "nth"])
    after = changes.unique(subset=key, keep="last", order_by=["side", "identity", "nth"])
    return (
        after.select(*key, "product")
        .join(before.select(*key, was=nw.col("previous_product")), on=key, how="inner")
        .filter(nw.col("was").is_null() | (nw.col("was") != nw.col("product")))
        .select("machine", "product", started_at=nw.col("produced_at"))
    )


CARRY: dict[str, Kind] = {"machine": "string", "started_at": "long", "product": "string"}
FOREVER = 2**62


def products_in_force(runs: Frame, carried: Frame) -> Frame:
    """Runs of some hours, and the product carried into each stretch of hours (CARRY) -> machine, product, started_at,
    ended_at, disjoint.
    """
    starts = stacked(
        [
            carried.with_columns(by=nw.lit(0)).select("machine", "product", "started_at", "by"),
            runs.with_columns(by=nw.lit(1)).select("machine", "product", "started_at", "by"),
        ]
    ).unique(subset=["machine", "started_at"], keep="last", order_by=["by"])
    following = nw.col("started_at").shift(-1).over("machine", order_by=["started_at"])
    return starts.with_columns(ended_at=following.fill_null(FOREVER)).drop("by")
