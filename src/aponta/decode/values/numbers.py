"""Strict numbers: `[-+]?digits` with the layout's own marks. An exponent, NaN, inf and the other mark are refused."""

import re

import polars as pl

from aponta.contract.layout import Text

LONGEST = 300  # of a number, in characters: 400 digits are inf


def _digits(thousands: str) -> str:
    return rf"(?:\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)" if thousands else r"\d+"


def integer(column: pl.Expr, text: Text) -> pl.Expr:
    """Int64; null where the text is no whole number or does not fit."""
    plain = pl.when(column.str.contains(rf"^[-+]?{_digits(text.thousands)}$")).then(column)
    return _without(plain, text.thousands).cast(pl.Int64, strict=False)


def real(column: pl.Expr, text: Text, scale: float | None) -> pl.Expr:
    """Float64; null where the text is no number. The scale's rounding noise is cut (270.3 x 0.01 is 2.703)."""
    decimal = re.escape(text.decimal)
    digits = column.str.contains(rf"^[-+]?{_digits(text.thousands)}(?:{decimal}\d+)?$")
    written = pl.when(digits & (column.str.len_bytes() <= LONGEST)).then(column)
    plain = _without(written, text.thousands)
    if text.decimal != ".":
        plain = plain.str.replace(text.decimal, ".", literal=True)
    value = plain.cast(pl.Float64, strict=False)
    return value if scale is None else (value * scale).round(9)


def _without(column: pl.Expr, mark: str) -> pl.Expr:
    return column.str.replace_all(mark, "", literal=True) if mark else column


def parse_number(written: str, text: Text) -> float | None:
    """One number of a header or trailer, as strictly; None: it is none."""
    if len(written) > LONGEST or not re.fullmatch(
        rf"[-+]?{_digits(text.thousands)}(?:{re.escape(text.decimal)}\d+)?", written
    ):
        return None
    plain = written.replace(text.thousands, "") if text.thousands else written
    return float(plain.replace(text.decimal, "."))
