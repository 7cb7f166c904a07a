"""A time is exactly as its format writes it, and one that never was is none."""

import warnings
from datetime import UTC, datetime

import polars as pl
import pytest

from aponta.contract.decoded import NAMED_HOUR
from aponta.decode.values.times import timestamp_us
from aponta.factory_calendar import from_us

FORMAT = "%d/%m/%Y %H:%M:%S.%f"


def read(written, format=FORMAT, zone="America/Sao_Paulo"):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pl.DataFrame({"a": [written]}, schema={"a": pl.String}).select(
            timestamp_us(pl.col("a"), (format,), zone)
        )["a"][0]
    return None if found is None else from_us(found)


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2026 07:00:00.250",
        "29/02/2026 07:00:00.250",
        "00/01/2026 07:00:00.250",
        "05/13/2026 07:00:00.250",
        "05/01/2026 24:00:00.001",
        "05/01/2026 24:00:01.000",
        "05/01/2026 24:01:00.000",
        "05/01/2026 25:00:00.000",
        "31/02/2026 24:00:00.000",
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


@pytest.mark.parametrize(
    ("format", "written"),
    [
        (FORMAT, "04/01/2026 24:00:00.000"),
        ("%d/%m/%Y %H:%M:%S", "04/01/2026 24:00:00"),
        ("%d/%m/%Y %H:%M", "04/01/2026 24:00"),
        ("%H:%M:%S %d/%m/%Y", "24:00:00 04/01/2026"),
        ("%Y%m%d%H%M%S%f", "20260104240000000"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-01-04T24:00:00-03:00"),
    ],
)
def test_the_end_of_a_day_is_the_next_days_beginning(format, written):
    assert read(written, format) == datetime(2026, 1, 5, 3, tzinfo=UTC)


def test_the_end_of_a_day_where_clocks_are_set():
    assert read("28/03/2026 24:00:00.0", zone="Europe/Berlin") == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert read("31/12/2025 24:00:00.0") == datetime(2026, 1, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-05T07:00:00.25-03:00"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-05T10:00:00.250Z"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-05T12:30:00.250+0230"),
        ("%Y-%m-%d %H:%M:%S.%f %z", "2026-01-05 07:00:00.250 -03:00"),
        ("%H:%M:%S.%f %d/%m/%Y UTC%z", "07:00:00.250 05/01/2026 UTC-03:00"),
    ],
)
@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Tokyo"])
def test_an_offset_says_it_all(format, written, zone):
    assert read(written, format, zone) == datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("offset", ["", "z", "-3", "-03", "-3:00", "-15:00", "-03:60", "03:00", "-03:00 ", " -03:00"])
def test_what_is_no_offset(offset):
    assert read(f"2026-01-05T07:00:00{offset}", "%Y-%m-%dT%H:%M:%S%z") is None


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("epoch_s", "1767607200.25"),
        ("epoch_s", "1767607200.2500001"),
        ("epoch_ms", "1767607200250"),
        ("epoch_ms", "1767607200250.0"),
        ("epoch_us", "1767607200250000"),
    ],
)
def test_numbers_since_1970(format, written):
    assert read(written, format, "Asia/Tokyo") == datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "-1", "+1", "1e9", "1,5", "nan", "1767607200.", ".5", "9" * 21, "0x1"])
def test_what_is_no_number_since_1970(written):
    assert read(written, "epoch_s") is None


def test_numbers_since_the_hour_of_the_files_name():
    hour = 1_767_607_200_000_000
    rows = pl.DataFrame({"a": ["3599.9995", "0", "1500,5", "x"], NAMED_HOUR: [hour, hour, hour, hour]})
    seconds = rows.select(timestamp_us(pl.col("a"), ("hour_s",), "UTC"))["a"].to_list()
    assert seconds == [hour + 3_599_999_500, hour, None, None]
    assert rows.select(timestamp_us(pl.col("a"), ("hour_ms",), "UTC", ","))["a"].to_list()[2] == hour + 1_500_500
    nameless = rows.with_columns(pl.lit(None, pl.Int64).alias(NAMED_HOUR))
    assert nameless.select(timestamp_us(pl.col("a"), ("hour_s",), "UTC"))["a"].to_list() == [None] * 4


def test_of_several_formats_the_first_that_fits():
    formats = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")
    rows = pl.DataFrame({"a": ["2026-01-05T10:00:00Z", "2026-01-05T10:00:00.5Z", "2026-01-05"]})
    found = rows.select(timestamp_us(pl.col("a"), formats, "UTC"))["a"].to_list()
    assert found == [1_767_607_200_000_000, 1_767_607_200_500_000, None]
