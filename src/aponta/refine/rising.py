"""A number that a machine counts up: how far it rose, past its end too, and whether it began anew."""

import narwhals.stable.v2 as nw


def increment(now: nw.Expr, before: nw.Expr, rollover: nw.Expr) -> nw.Expr:
    """now minus before; of one that rolls over the shorter way round. rollover: so many numbers it has; or empty."""
    plain = now - before
    return (
        nw.when((plain < 0) & (-plain > rollover / 2))
        .then(plain + rollover)
        .when(plain > rollover / 2)
        .then(plain - rollover)
        .otherwise(plain)
    )


def restarted(step: nw.Expr, now: nw.Expr, before: nw.Expr, restart_below: nw.Expr) -> nw.Expr:
    """Did it begin anew? A fall to below `restart_below`, where that is empty to below half. A smaller one is a row out
    of order.
    """
    limit = nw.when(restart_below.is_null()).then(before / 2).otherwise(restart_below.cast(nw.Float64))
    return (step < 0) & (now.cast(nw.Float64) < limit)
