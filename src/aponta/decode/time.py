"""Strict times: exactly as the layout's format writes them, as microseconds since 1970 in UTC."""

import re

import polars as pl

from aponta.contract.layout import TIME_TOKENS


def moment(column: pl.Expr, format: str, zone: str) -> pl.Expr:
    """Int64 microseconds; null where it is not written so, is no date, or does not exist in the zone (a clock set
    forward).
    """
    written = "".join(TIME_TOKENS.get(part, re.escape(part)) for part in re.split("(%.)", format))
    exact = pl.when(column.str.contains(f"^{written}$")).then(column)
    # Polars' plain %f reads .250 as 250 nanoseconds; its %.f is the fraction.
    local = exact.str.strptime(pl.Datetime("us"), format.replace(".%f", "%.f"), strict=False)
    return local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")
