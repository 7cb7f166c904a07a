"""A time is exactly as its format writes it, and one that never was is none."""

import warnings
from datetime import UTC, datetime

import polars as pl
import pytest

from aponta.calendar import from_us
from aponta.decode.time import moment

FORMAT = "%d/%m/%Y %H:%M:%S.%f"


def read(written, format=FORMAT, zone="America/Sao_Paulo"):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pl.DataFrame({"a": [written]}, schema={"a": pl.String}).select(moment(pl.col("a"), format, zone))["a"][
            0
        ]
    return None if found is None else from_us(found)


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2026 07:00:00.250",
        "29/02/2026 07:00:00.250",
        "00/01/2026 07:00:00.250",
        "05/13/2026 07:00:00.250",
        "05/01/2026 24:00:00.000",
        "05/01/2026 07:60:00.000",
        "05/01/2026 07:00:60.000",
        "05/01/2026 07:00:61.000",
        "5/01/2026 07:00:00.250",
        "05/1/2026 07:00:00.250",
        "05/01/26 07:00:00.250",
        "05/01/2026 7:00:00.250",
        "05/01/2026 07:00:00",
        "05/01/2026 07:00:00.",
        "05/01/2026 07:00:00,250",
        "05/01/2026  07:00:00.250",
        " 05/01/2026 07:00:00.250",
        "05/01/2026 07:00:00.250 ",
        "05/01/2026 07:00:00.250Z",
        "05/01/2026 07:00:00.2x",
        "2026-01-05 07:00:00.250",
        "",
        "agora",
        "٠٥/01/2026 07:00:00.250",
        "05/01/2026 07:00:00.٢٥",
        "05/01/2026 07:00:00.250\n",
    ],
)
def test_what_is_no_time(written):
    assert read(written) is None


@pytest.mark.parametrize(
    ("fraction", "microsecond"),
    [
        ("0", 0),
        ("2", 200_000),
        ("25", 250_000),
        ("250", 250_000),
        ("2500", 250_000),
        ("250000", 250_000),
        ("000001", 1),
        ("123456", 123_456),
        ("250000000", 250_000),
        ("123456789", 123_456),
        ("1234567891234", 123_456),
    ],
)
def test_a_fraction_is_of_any_length(fraction, microsecond):
    assert read(f"05/01/2026 07:00:00.{fraction}") == datetime(2026, 1, 5, 10, 0, 0, microsecond, tzinfo=UTC)


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("%d/%m/%Y %H:%M:%S,%f", "05/01/2026 07:00:00,25"),
        ("%Y%m%d%H%M%S%f", "2026010507000025"),
        ("%Y%m%d%H%M%S:%f", "20260105070000:250"),
        ("%Y-%m-%dT%H:%M:%S.%fZ", "2026-01-05T07:00:00.250Z"),
        ("%d.%m.%y %H:%M:%S.%f", "05.01.26 07:00:00.25"),
        ("(%f) %H:%M:%S [%d/%m/%Y]", "(25) 07:00:00 [05/01/2026]"),
        ("%f|%H:%M:%S|%d/%m/%Y", "25|07:00:00|05/01/2026"),
    ],
)
def test_a_fraction_stands_wherever_the_format_says(format, written):
    assert read(written, format) == datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=UTC)


def test_a_format_without_fraction_or_seconds():
    assert read("05/01/2026 07:00:09", "%d/%m/%Y %H:%M:%S") == datetime(2026, 1, 5, 10, 0, 9, tzinfo=UTC)
    assert read("05/01/2026 07:00", "%d/%m/%Y %H:%M") == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def test_two_digits_of_a_year_only_where_the_format_says_so():
    assert read("05/01/26 07:00", "%d/%m/%y %H:%M") == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert read("05/01/2026 07:00", "%d/%m/%y %H:%M") is None


def test_summer_time():
    """Berlin: 02:00-03:00 of 29 March 2026 never was; 02:00-03:00 of 25 October was twice, the first counts."""
    assert read("29/03/2026 02:30:00.0", zone="Europe/Berlin") is None
    assert read("29/03/2026 03:00:00.0", zone="Europe/Berlin") == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert read("25/10/2026 02:30:00.0", zone="Europe/Berlin") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read("25/10/2026 03:00:00.0", zone="Europe/Berlin") == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_a_leap_day():
    assert read("29/02/2028 07:00:00.0") == datetime(2028, 2, 29, 10, 0, tzinfo=UTC)


def test_times_before_1970_are_times():
    assert read("31/12/1969 20:59:59.5") == datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
