"""Strict times: written exactly in the layout's format -> microseconds since 1970 in UTC."""

import re
from collections.abc import Sequence

import polars as pl

from aponta.contract.decoded import NAMED_HOUR
from aponta.contract.layout.field import NUMBERED, TIME_TOKENS, ZONE_TOKEN

WIDTHS = {"%d": 2, "%m": 2, "%Y": 4, "%y": 2, "%H": 2, "%M": 2, "%S": 2}
HOURS = r"(?:[01]\d|2[0-3])"
MIDNIGHT = {"%H": "24", "%M": "00", "%S": "00", "%f": "0+"}  # 24:00:00 is the next day's 00:00
SECONDS = TIME_TOKENS["%S"]
OFFSET = r"(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)"
LONGEST = 20  # of a number, in characters


def timestamp_us(column: pl.Expr, formats: Sequence[str], zone: str, decimal: str = ".") -> pl.Expr:
    """Int64 microseconds; null where the text has none of the formats, is no date, or does not exist in the zone (a
    clock set forward). decimal: the mark of numbers. Formats since the hour need the column NAMED_HOUR, microseconds.
    """
    return pl.coalesce([_in_format(column, format, zone, decimal) for format in formats])


def _in_format(column: pl.Expr, format: str, zone: str, decimal: str) -> pl.Expr:
    if format in NUMBERED:
        return _number(column, format, decimal)
    if format.endswith(ZONE_TOKEN):
        head, between = re.fullmatch(r"(.*%\w)([^%]*)%z", format, re.DOTALL).groups()  # type: ignore[union-attr]
        offset = column.str.extract(f"{re.escape(between)}{OFFSET}$")
        local = column.str.replace(f"{re.escape(between)}{OFFSET}$", "")
        return pl.when(offset.is_not_null()).then(_local(local, head, "UTC") - _offset_us(offset))
    return _local(column, format, zone)


def _number(column: pl.Expr, format: str, decimal: str) -> pl.Expr:
    """Numbers since 1970 or since the named hour, to the microsecond."""
    mark = re.escape(decimal)
    written = column.str.contains(rf"^[0-9]+(?:{mark}[0-9]+)?$") & (column.str.len_bytes() <= LONGEST)
    plain = pl.when(written).then(column.str.replace(decimal, ".", literal=True))
    since = (plain.cast(pl.Float64, strict=False) * NUMBERED[format]).round().cast(pl.Int64, strict=False)
    return since + pl.col(NAMED_HOUR) if format.startswith("hour_") else since


def _offset_us(offset: pl.Expr) -> pl.Expr:
    minutes = offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + offset.str.tail(2).cast(pl.Int64, strict=False)
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    return pl.when(offset == "Z").then(0).otherwise(sign * minutes * 60_000_000)


def _local(column: pl.Expr, format: str, zone: str) -> pl.Expr:
    for seconds, written in ((".%f", rf"^{SECONDS}\.\d+$"), ("", f"^{SECONDS}$")):
        if format.endswith(f"%S{seconds}"):
            return _by_minute(column, format.removesuffix(f"%S{seconds}"), zone, written)
    at_midnight = _written(format, MIDNIGHT)
    exact: pl.Expr = pl.when(column.str.contains(f"^(?:{_written(format)}|{at_midnight})$")).then(column)
    # Polars' plain %f reads .250 as 250 nanoseconds; its %.f is the fraction, and takes none but a point before it.
    head, fraction_token, tail = format.partition("%f")
    if fraction_token and not head.endswith("."):
        exact = exact.str.replace(
            rf"^({_written(head, either=True)})(\d+)({_written(tail, either=True)})$", "${1}${3}.${2}"
        )
        format = f"{head}{tail}.%f"
    return _utc(_read(exact, format.replace(".%f", "%.f"), format), zone)


def _read(text: pl.Expr, polars_format: str, format: str) -> pl.Expr:
    """A local time. polars_format: the same format as Polars writes it."""
    before, hour, after = format.partition("%H")
    if not hour:
        return text.str.strptime(pl.Datetime("us"), polars_format, strict=False)
    late = text.str.contains(f"^{_written(before)}24{_written(after, MIDNIGHT)}$")
    plain = text.str.replace(f"^({_written(before)})24({_written(after, MIDNIGHT)})$", "${1}00${2}")
    return plain.str.strptime(pl.Datetime("us"), polars_format, strict=False) + pl.duration(days=late.cast(pl.Int32))


def _by_minute(column: pl.Expr, head: str, zone: str, written: str) -> pl.Expr:
    """Times in formats that end with seconds. Hundreds of items share a minute: it is read once, and its seconds are
    added as numbers. written: the pattern of seconds.
    """
    width = sum(WIDTHS.get(part, len(part)) for part in re.split("(%.)", head))
    at_midnight = f"^{_written(head, MIDNIGHT)}$"

    def read(texts: pl.Series) -> pl.Series:
        minutes, behind = texts.str.head(width), texts.str.slice(width)
        once = pl.DataFrame({"text": minutes.rle().struct.field("value")})
        late = pl.col("text").str.contains(at_midnight) & pl.lit("%H" in head)
        exact = pl.when(pl.col("text").str.contains(f"^{_written(head)}$") | late).then("text")
        known = once.select(at=_utc(_read(exact, head, head), zone), late=late)
        number = minutes.rle_id()
        numbers = behind.str.head(9).cast(pl.Float64, strict=False)  # to the microsecond
        times = known["at"].gather(number) + (numbers * 1_000_000).round().cast(pl.Int64, strict=False)
        right = behind.str.contains(written)
        if known["late"].any():  # 24:00 is only its very beginning
            right &= ~(known["late"].gather(number) & behind.str.contains("[1-9]"))
        return times.set(~right, None)

    return column.map_batches(read, return_dtype=pl.Int64)


def _utc(local: pl.Expr, zone: str) -> pl.Expr:
    return local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")


def _written(format: str, fixed: dict[str, str] | None = None, either: bool = False) -> str:
    """The pattern of texts in a format. fixed: patterns of single tokens. either: 24 is an hour, too."""
    hours = rf"(?:{HOURS}|24)" if either else HOURS
    tokens = TIME_TOKENS | {"%H": hours} | (fixed or {})
    return "".join(tokens.get(part, re.escape(part)) for part in re.split("(%.)", format))
