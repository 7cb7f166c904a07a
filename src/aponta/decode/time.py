"""Strict times: exactly as the layout's format writes them, as microseconds since 1970 in UTC."""

import re

import polars as pl

from aponta.contract.layout import TIME_TOKENS

WIDTHS = {"%d": 2, "%m": 2, "%Y": 4, "%y": 2, "%H": 2, "%M": 2, "%S": 2}


def moment(column: pl.Expr, format: str, zone: str) -> pl.Expr:
    """Int64 microseconds; null where it is not written so, is no date, or does not exist in the zone (a clock set
    forward).
    """
    exact: pl.Expr = pl.when(column.str.contains(f"^{_written(format)}$")).then(column)
    for seconds, fraction in (("%S.%f", True), ("%S", False)):
        if format.endswith(seconds):
            return _by_minute(exact, format.removesuffix(seconds), zone, fraction)
    # Polars' plain %f reads .250 as 250 nanoseconds; its %.f is the fraction, and takes none but a point before it.
    head, fraction_token, tail = format.partition("%f")
    if fraction_token and not head.endswith("."):
        exact = exact.str.replace(rf"^({_written(head)})(\d+)({_written(tail)})$", "${1}${3}.${2}")
        format = f"{head}{tail}.%f"
    local = exact.str.strptime(pl.Datetime("us"), format.replace(".%f", "%.f"), strict=False)
    return _utc(local, zone)


def _by_minute(exact: pl.Expr, head: str, zone: str, fraction: bool) -> pl.Expr:
    """Items share their minute with hundreds of others: it is read once, and seconds are added as numbers."""
    width = sum(WIDTHS.get(part, len(part)) for part in re.split("(%.)", head))

    def read(minutes: pl.Series) -> pl.Series:
        once = minutes.rle().struct.field("value")
        at = pl.select(_utc(pl.lit(once).str.strptime(pl.Datetime("us"), head, strict=False), zone)).to_series()
        return at.gather(minutes.rle_id())

    minute = exact.str.head(width).map_batches(read, return_dtype=pl.Int64)
    if not fraction:
        return minute + exact.str.slice(width, 2).cast(pl.Int64, strict=False) * 1_000_000
    seconds = exact.str.slice(width, 9).cast(pl.Float64, strict=False)  # to the microsecond: what is finer is cut off
    return minute + (seconds * 1_000_000).round().cast(pl.Int64)


def _utc(local: pl.Expr, zone: str) -> pl.Expr:
    return local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")


def _written(format: str) -> str:
    return "".join(TIME_TOKENS.get(part, re.escape(part)) for part in re.split("(%.)", format))
