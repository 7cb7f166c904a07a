"""kpi.oee: the times and counts of ISO 22400-2 per machine, product, hour and shift, and the profiles as views over
them.

No ratio is stored: every roll-up adds times and counts first. `planned_ms - planned_down_ms - unknown_ms` is PBT,
`run_ms` is APT.
"""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame, stacked
from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.refine.silver.stops import clip

GRAIN = ("machine", "product", "hour", "shift", "production_day")
TIMES = ("calendar", "planned", "planned_down", "setup", "failure", "stop", "micro_stop", "external", "unknown")
COUNTS = ("produced", "good", "scrap", "rework", "unclassified")
KINDS = {
    "planned_down": "planned",
    "setup": "changeover",
    "failure": "failure",
    "stop": "stop",
    "micro_stop": "micro_stop",
    "external": "external",
}
TABLE = Table(
    "kpi.oee",
    "times and counts of a machine, product, hour and shift",
    (
        string("machine", "as in machines.csv"),
        string("product", "in force: the one made last"),
        timestamp("hour", "UTC hour"),
        string("shift", "empty outside the calendar", null=True),
        Column("production_day", "date", "the day the shift began"),
        long("calendar_ms", "time on the clock"),
        long("planned_ms", "in a shift, breaks included"),
        long("planned_down_ms", "breaks and planned stoppages in it"),
        long("run_ms", "APT: busy time without any stop"),
        long("setup_ms", "changeovers"),
        long("failure_ms", "failures"),
        long("stop_ms", "stops of no known reason"),
        long("micro_stop_ms", "micro-stops"),
        long("external_ms", "blocked or starved"),
        long("unknown_ms", "planned, and no good file covers it: neither run nor stop, until the file comes"),
        long("ideal_ms_produced", "sum of PRI over what was produced; empty where no ideal cycle is given", null=True),
        long("ideal_ms_good", "and over what was good", null=True),
        long("produced", "PQ, pieces"),
        long("good", "GQ"),
        long("scrap", "SQ"),
        long("rework", "RQ"),
        long("unclassified", "pieces of unknown quality"),
    ),
    unique=GRAIN,
    partition="month",
)

_PBT = "(planned_ms - planned_down_ms - unknown_ms)"
_QUALITY = "CASE WHEN produced > unclassified THEN good / nullif(produced, 0) END"


def _view(availability: str, busy: str, performance_base: str) -> str:
    return f"""
SELECT machine, product, hour, shift, production_day,
       CASE WHEN {busy} > 0 AND produced = 0 THEN 0.0 ELSE {availability} / nullif({busy}, 0) END AS availability,
       CASE WHEN produced > 0 THEN ideal_ms_produced / nullif({performance_base}, 0) END AS effectiveness,
       {_QUALITY} AS quality,
       CASE WHEN {busy} > 0 AND produced = 0 THEN 0.0
            WHEN produced > unclassified THEN ideal_ms_good / nullif({busy}, 0) END AS oee
FROM kpi.oee WHERE shift IS NOT NULL"""


# The same facts under three names (domain.md, KPIs). Rows of one grain: to roll up, add the columns of kpi.oee and
# divide then.
VIEWS = {
    "kpi.oee_iso22400": _view("run_ms", _PBT, "run_ms"),
    "kpi.oee_nakajima": _view("(run_ms + micro_stop_ms)", _PBT, "(run_ms + micro_stop_ms)"),
    "kpi.oee_hard": _view("run_ms", "(planned_ms - unknown_ms)", "run_ms"),
}


def oee(pieces: Frame, in_force: Frame, stops: Frame, production: Frame, ideal: Frame) -> Frame:
    """The facts of every hour of `pieces`.

    pieces: machine, hour, piece_start, piece_end, shift, production_day, busy, covered - they cover each hour without
    gap. in_force: machine, started_at, ended_at, product, disjoint. stops: rows of silver.stops that reach into the
    hours. production: rows of gold.production. ideal: machine, product, hour, ideal_us.
    """
    zero = {f"{name}_us": nw.lit(0, nw.Int64) for name in TIMES} | {name: nw.lit(0, nw.Int64) for name in COUNTS}
    columns = (*GRAIN, *zero, "covered")
    us, planned = nw.col("us"), ~nw.col("shift").is_null()
    covered, busy = nw.col("covered"), nw.col("busy")

    def only(condition: nw.Expr) -> nw.Expr:
        return nw.when(condition).then(us).otherwise(nw.lit(0, nw.Int64))

    times = (
        clip(in_force, pieces)
        .with_columns(
            **zero
            | {
                "calendar_us": us,
                "planned_us": only(planned),
                "planned_down_us": only(planned & ~busy & covered),
                "unknown_us": only(planned & ~covered),
            }
        )
        .select(*columns)
    )
    lost = (
        clip(_of_products(stops, in_force), pieces.filter(busy, covered))
        .with_columns(**zero | {f"{name}_us": only(nw.col("kind") == kind) for name, kind in KINDS.items()})
        .select(*columns)
    )
    made = nw.col("pieces")

    def of(quality: str) -> nw.Expr:
        return nw.when(nw.col("quality") == quality).then(made).otherwise(nw.lit(0, nw.Int64))

    counts = (
        production.with_columns(**zero, covered=nw.lit(True))
        .with_columns(
            produced=made, good=of("good"), scrap=of("scrap"), rework=of("rework"), unclassified=of("unknown")
        )
        .select(*columns)
    )
    total = (
        stacked([times, lost, counts])
        .with_columns(covered=nw.when(covered).then(1).otherwise(0))
        .group_by(*GRAIN)
        .agg(*(nw.sum(name) for name in zero), nw.max("covered"))
        .filter((nw.col("planned_us") > 0) | (nw.col("produced") > 0) | (nw.col("covered") > 0))
        .join(ideal, on=["machine", "product", "hour"], how="left")
    )
    losses = [
        nw.col(f"{name}_us")
        for name in ("planned_down", "unknown", "setup", "failure", "stop", "micro_stop", "external")
    ]
    ideal_us = nw.col("ideal_us")
    none_made = nw.col("produced") == 0
    return (
        total.with_columns(
            run_us=nw.col("planned_us") - nw.sum_horizontal(*losses),
            ideal_ms_produced=_ms(nw.when(none_made).then(0).otherwise(nw.col("produced") * ideal_us)),
            ideal_ms_good=_ms(nw.when(none_made).then(0).otherwise(nw.col("good") * ideal_us)),
        )
        .with_columns(**{f"{name}_ms": _ms(nw.col(f"{name}_us")) for name in (*TIMES, "run")})
        .select(*(column.name for column in TABLE.columns))
    )


def _of_products(stops: Frame, in_force: Frame) -> Frame:
    """The part of each stop in the time of each product: a reported stop may last over a change of product."""
    made = in_force.select("machine", "product", piece_start="started_at", piece_end="ended_at")
    start, end = nw.max_horizontal("started_at", "piece_start"), nw.min_horizontal("ended_at", "piece_end")
    parts = clip(stops.select("machine", "started_at", "ended_at", "kind"), made)
    return parts.select("machine", "product", "kind", started_at=start, ended_at=end)


def _ms(us: nw.Expr) -> nw.Expr:
    return us.cast(nw.Int64) // 1000
