"""A counter of a machine: its increment from row to row, over its rollover too, and its restarts."""

import narwhals.stable.v2 as nw


def increment(now: nw.Expr, before: nw.Expr, rollover: nw.Expr) -> nw.Expr:
    """now minus before, the shorter way round where the counter rolls over. rollover: how many numbers it has, or
    empty.
    """
    plain = now - before
    return (
        nw.when((plain < 0) & (-plain > rollover / 2))
        .then(plain + rollover)
        .when(plain > rollover / 2)
        .then(plain - rollover)
        .otherwise(plain)
    )


def restarted(rise: nw.Expr, now: nw.Expr, before: nw.Expr, restart_below: nw.Expr) -> nw.Expr:
    """Has the counter restarted? It fell below `restart_below`, or where that is empty below half. A smaller fall is a
    row out of order.
    """
    limit = nw.when(restart_below.is_null()).then(before / 2).otherwise(restart_below.cast(nw.Float64))
    return (rise < 0) & (now.cast(nw.Float64) < limit)
