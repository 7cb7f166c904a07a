"""Strict times: exactly as the layout's format writes them, as microseconds since 1970 in UTC."""

import re

import polars as pl

from aponta.contract.layout import TIME_TOKENS


def moment(column: pl.Expr, format: str, zone: str) -> pl.Expr:
    """Int64 microseconds; null where it is not written so, is no date, or does not exist in the zone (a clock set
    forward).
    """
    exact: pl.Expr = pl.when(column.str.contains(f"^{_written(format)}$")).then(column)
    # Polars' plain %f reads .250 as 250 nanoseconds; its %.f is the fraction, and takes none but a point before it.
    head, fraction, tail = format.partition("%f")
    if fraction and not head.endswith("."):
        exact = exact.str.replace(rf"^({_written(head)})(\d+)({_written(tail)})$", "${1}${3}.${2}")
        format = f"{head}{tail}.%f"
    local = exact.str.strptime(pl.Datetime("us"), format.replace(".%f", "%.f"), strict=False)
    return local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")


def _written(format: str) -> str:
    return "".join(TIME_TOKENS.get(part, re.escape(part)) for part in re.split("(%.)", format))
