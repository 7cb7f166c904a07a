"""A number is [-+]?digits with the layout's own marks and nothing else."""

import polars as pl
import pytest

from aponta.contract.layout import Text
from aponta.decode.values.numbers import integer, real

COMMA = Text(decimal=",")
POINT = Text(decimal=".")
BRAZIL = Text(decimal=",", thousands=".")
REFUSED = [
    "",
    " ",
    "-",
    "+",
    " 1",
    "1 ",
    "1\t",
    "1\n",
    "+-1",
    "--1",
    "1-",
    "1e5",
    "1E5",
    "1,5e3",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "0x10",
    "1_000",
    "1,",
    ",5",
    "-,5",
    "1,2,3",
    "1,,5",
    "٣",
    "１",
    "½",
    "²",
    "1'000",
    "R$ 1",
    "--",
    "true",
    "9" * 400,
]


def value(function, written, *args):
    return pl.DataFrame({"a": [written]}, schema={"a": pl.String}).select(function(pl.col("a"), *args))["a"][0]


@pytest.mark.parametrize("written", [*REFUSED, "1.5", "1.000,5", "1.000"])
def test_what_is_no_number_with_a_comma(written):
    assert value(real, written, COMMA, None) is None


@pytest.mark.parametrize("written", ["1,5", "1,000.5", "1,000", ".5", "5."])
def test_what_is_no_number_with_a_point(written):
    assert value(real, written, POINT, None) is None


@pytest.mark.parametrize(
    ("written", "text", "number"),
    [
        ("270,3", COMMA, 270.3),
        ("-1,5", COMMA, -1.5),
        ("+1,5", COMMA, 1.5),
        ("0", COMMA, 0.0),
        ("007", COMMA, 7.0),
        ("-0", COMMA, 0.0),
        ("1.5", POINT, 1.5),
        ("9007199254740993", POINT, 9007199254740992.0),
        ("0," + "3" * 30, COMMA, 1 / 3),
        ("1.234.567,5", BRAZIL, 1234567.5),
        ("1234567,5", BRAZIL, 1234567.5),
        ("-1.234", BRAZIL, -1234.0),
    ],
)
def test_what_is_a_number(written, text, number):
    assert value(real, written, text, None) == number


@pytest.mark.parametrize(
    "written",
    ["1.23", "12.34.567", "1.2345", ".123", "1..234", "1234.567", "1.234.56,5", "1,234.567", "1.234,", "0123.456"],
)
def test_thousands_stand_in_threes(written):
    assert value(real, written, BRAZIL, None) is None
    assert value(integer, written, BRAZIL) is None


@pytest.mark.parametrize("written", [*REFUSED, "1,0", "1.0", "9223372036854775808", "-9223372036854775809", "9" * 30])
def test_what_is_no_whole_number(written):
    assert value(integer, written, COMMA) is None


@pytest.mark.parametrize(
    ("written", "text", "number"),
    [
        ("0", COMMA, 0),
        ("-7", COMMA, -7),
        ("+7", COMMA, 7),
        ("0012", COMMA, 12),
        ("147924305000", COMMA, 147924305000),
        ("1.234", BRAZIL, 1234),
    ],
)
def test_what_is_a_whole_number(written, text, number):
    assert value(integer, written, text) == number


def test_a_scale_leaves_no_noise():
    assert value(real, "270,3", COMMA, 0.01) == 2.703
    assert value(real, "29", COMMA, 0.1) == 2.9


def test_nothing_stays_nothing():
    assert value(real, None, COMMA, None) is None
    assert value(integer, None, COMMA) is None
