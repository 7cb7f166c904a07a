"""silver.states: what machines say of themselves. Where they do, stops are read from it, not from gaps between items.

A state holds until the next one that the machine tells; the same one told again goes on. `unknown`, a code that the
layout has no word for, says nothing: there, gaps count.
"""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame
from aponta.contract.table import Kind, Table, long, string, timestamp
from aponta.refine.silver.stops import DEFAULT_STOP_US, clip
from aponta.refine.silver.stops import TABLE as STOPS

TABLE = Table(
    "silver.states",
    "a state that a machine told, until its next one",
    (
        string("machine", "as in machines.csv"),
        timestamp("started_at", "from when on, by the machine's clock"),
        string("state", "run, stop, changeover, planned, external, failure; unknown: a code nobody declared"),
        string("code", "as the machine writes it"),
        string("reason", "why, as the machine says it", null=True),
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
RUNS, SAYS_NOTHING = "run", "unknown"


def machine_states(records: Frame, holds: Frame) -> Frame:
    """Records as staged -> one state a moment. holds (HOLDS): the hours of the files in force.

    Of several told in one moment the last row of a file counts, whichever file came first.
    """
    found = records.join(holds, on=["file", "hour"], how="inner")
    return found.unique(
        subset=["machine", "started_at"], keep="last", order_by=["row_no", "code", "file_sha256"]
    ).select(*(column.name for column in TABLE.columns))


def reported_stops(stretches: Frame, busy: Frame, limits: Frame, in_force: Frame) -> Frame:
    """STRETCH -> rows of silver.stops: what a machine called anything but running, for as long as it should have run.

    busy: machine, piece_start, piece_end. limits: stops.LIMITS. in_force: machine, started_at, ended_at, product.
    """
    stood = stretches.filter(nw.col("state") != RUNS, nw.col("state") != SAYS_NOTHING)
    net = clip(stood.select("machine", "started_at", "ended_at"), busy).group_by("machine", "started_at")
    made = in_force.select("machine", "product", since="started_at", until="ended_at")
    short = nw.col("us") <= nw.col("stop_after_us").fill_null(DEFAULT_STOP_US)
    at = nw.col("started_at")
    return (
        stood.join(net.agg(nw.sum("us")), on=["machine", "started_at"], how="inner")
        .filter(nw.col("us") > 0)
        .join(limits, on="machine", how="left")
        .join(made, on="machine", how="inner")
        .filter(at >= nw.col("since"), at < nw.col("until"))
        .with_columns(
            ms=nw.col("us").cast(nw.Int64) // 1000,
            kind=nw.when((nw.col("state") == "stop") & short).then(nw.lit("micro_stop")).otherwise(nw.col("state")),
        )
        .select(*(column.name for column in STOPS.columns))
    )
