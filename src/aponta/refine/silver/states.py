"""silver.states: the states that machines report. Stops are read from states where a machine reports them, else from
gaps.

A state lasts until the next one that the machine reports; the same state reported again goes on. `unknown`, a code that
the layout has no word for, is no statement: there, gaps count.
"""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame
from aponta.contract.table import Kind, Table, long, string, timestamp
from aponta.refine.silver.stops import DEFAULT_STOP_US, clip
from aponta.refine.silver.stops import TABLE as STOPS

TABLE = Table(
    "silver.states",
    "a state that a machine reported, until its next one",
    (
        string("machine", "as in machines.csv"),
        timestamp("started_at", "from when on, by the machine's clock"),
        string("state", "run, stop, changeover, planned, external, failure; unknown: a code nobody declared"),
        string("code", "as the machine writes it"),
        string("reason", "why, as the machine reports it", null=True),
        string("file_sha256", "the file it stands in"),
        long("row_no", "and the row there, from 1"),
    ),
    unique=("machine", "started_at"),
    partition="month",
    clock="started_at",
)
HOLDS: dict[str, Kind] = {"file": "long", "file_sha256": "string", "hour": "long"}
STRETCH: dict[str, Kind] = {
    "machine": "string",
    "started_at": "long",
    "ended_at": "long",
    "state": "string",
    "reason": "string",
}
RUN, UNKNOWN = "run", "unknown"


def machine_states(records: Frame, holds: Frame) -> Frame:
    """Records as staged -> one state at an instant. holds (HOLDS): the hours of the files in force.

    The last row of a file counts where several are reported at one instant, whichever file came first.
    """
    rows = records.join(holds, on=["file", "hour"], how="inner")
    return rows.unique(
        subset=["machine", "started_at"], keep="last", order_by=["row_no", "code", "file_sha256"]
    ).select(*(column.name for column in TABLE.columns))


def reported_stops(stretches: Frame, busy: Frame, limits: Frame, in_force: Frame) -> Frame:
    """STRETCH -> rows of silver.stops: every reported state but running, for as long as the machine should have run.

    busy: machine, piece_start, piece_end. limits: stops.LIMITS. in_force: machine, started_at, ended_at, product.
    """
    stopped = stretches.filter(nw.col("state") != RUN, nw.col("state") != UNKNOWN)
    net = clip(stopped.select("machine", "started_at", "ended_at"), busy).group_by("machine", "started_at")
    products = in_force.select("machine", "product", since="started_at", until="ended_at")
    short = nw.col("us") <= nw.col("stop_after_us").fill_null(DEFAULT_STOP_US)
    at = nw.col("started_at")
    return (
        stopped.join(net.agg(nw.sum("us")), on=["machine", "started_at"], how="inner")
        .filter(nw.col("us") > 0)
        .join(limits, on="machine", how="left")
        .join(products, on="machine", how="inner")
        .filter(at >= nw.col("since"), at < nw.col("until"))
        .with_columns(
            ms=nw.col("us").cast(nw.Int64) // 1000,
            kind=nw.when((nw.col("state") == "stop") & short).then(nw.lit("micro_stop")).otherwise(nw.col("state")),
        )
        .select(*(column.name for column in STOPS.columns))
    )
