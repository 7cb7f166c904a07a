"""Day and month: proved, or not guessed. Times of all kinds that layouts read."""

import pytest

from aponta.decode.sniff import propose_layout, sample_of_bytes
from aponta.decode.sniff.values import times

NAMES = {"name": "M01_20260105_07.txt", "none": "M01.txt"}


def told(*dates, name="M01.txt", clock="07:00:{:02}", said=None):
    rows = "".join(f"{n};{date} {clock.format(n)};OK\n" for n, date in enumerate(dates, start=1))
    return propose_layout([sample_of_bytes(name, rows.encode())], dates=said)


def stamp(found):
    (guess,) = [guess for guess in found.guesses if guess.key == "fields.produced_at"]
    return guess.value["format"], guess.confidence, guess.evidence[0].key.rpartition(".")[2]


def test_a_day_above_12_proves_the_order():
    found = told("05/01/2026", "05/01/2026", "13/01/2026")
    assert stamp(found) == ("%d/%m/%Y %H:%M:%S", "high", "day")
    (guess,) = [guess for guess in found.guesses if guess.key == "fields.produced_at"]
    assert dict(guess.evidence[0].facts) | {"place": 0} == {
        "day": "13",
        "place": 0,
        "row": "3",
        "text": "13/01/2026 07:00:03",
    }
    assert stamp(told("01/05/2026", "01/05/2026", "01/13/2026"))[0] == "%m/%d/%Y %H:%M:%S"


def test_without_proof_nothing_is_guessed():
    found = told("05/01/2026", "05/01/2026", "05/01/2026")
    assert (found.problem.code, found.layout) == ("decode.date_order", None)
    assert found.problem.facts["orders"] == "dd/mm/yyyy, mm/dd/yyyy"
    assert found.value("text.delimiter") == ";"  # what is sure is told all the same


def test_who_knows_the_order_says_it():
    days = "05/01/2026", "05/01/2026"
    assert stamp(told(*days, said="dd/mm")) == ("%d/%m/%Y %H:%M:%S", "high", "order_answered")
    assert stamp(told(*days, said="mm/dd")) == ("%m/%d/%Y %H:%M:%S", "high", "order_answered")
    both = told(*days, name="M01_05012026_07.txt", said="mm/dd")
    assert both.value("hour") == {"from": "name:hour", "format": "%m%d%Y_%H", "is": "start"}


def test_what_the_samples_tell_goes_before_what_is_said():
    assert stamp(told("05/01/2026", "13/01/2026", said="mm/dd")) == ("%d/%m/%Y %H:%M:%S", "high", "day")


def test_the_hour_of_the_name_proves_it():
    assert stamp(told(*["05/01/2026"] * 3, name="M01_20260105_07.txt"))[0::2] == ("%d/%m/%Y %H:%M:%S", "order_by_name")
    assert stamp(told(*["01/05/2026"] * 3, name="M01_20260105_07.txt"))[0::2] == ("%m/%d/%Y %H:%M:%S", "order_by_name")


def test_a_name_of_the_same_ambiguity_proves_nothing():
    assert told(*["05/01/2026"] * 3, name="M01_05012026_07.txt").problem.code == "decode.date_order"


def test_a_midnight_between_two_rows_proves_it():
    rows = "1;05/01/2026 23:59:50;OK\n2;05/01/2026 23:59:59;OK\n3;06/01/2026 00:00:08;OK\n"
    found = propose_layout([sample_of_bytes("M01.txt", rows.encode())])
    assert stamp(found) == ("%d/%m/%Y %H:%M:%S", "medium", "order_by_rise")


def test_another_sample_settles_it():
    one = sample_of_bytes("M01_a.txt", b"1;05/01/2026 07:00:01;OK\n2;05/01/2026 07:00:02;OK\n")
    other = sample_of_bytes("M01_b.txt", b"3;14/01/2026 07:00:01;OK\n4;14/01/2026 07:00:02;OK\n")
    assert propose_layout([one]).problem.code == "decode.date_order"
    assert propose_layout([one, other]).layout.fields["produced_at"].format == "%d/%m/%Y %H:%M:%S"


def test_rows_of_both_orders_are_refused():
    found = told("13/01/2026", "01/14/2026", "05/01/2026", "13/01/2026", "01/13/2026")
    assert found.problem is not None and found.layout is None


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("2026-01-05 07:00:00", "%Y-%m-%d %H:%M:%S"),
        ("2026-01-05T07:00:00.25", "%Y-%m-%dT%H:%M:%S.%f"),
        ("2026-01-05T07:00:00Z", "%Y-%m-%dT%H:%M:%S%z"),
        ("2026-01-05 07:00:00,250 -03:00", "%Y-%m-%d %H:%M:%S,%f %z"),
        ("20260105070000", "%Y%m%d%H%M%S"),
        ("20260105 0700", "%Y%m%d %H%M"),
        ("2026/01/05 24:00:00", "%Y/%m/%d %H:%M:%S"),
        ("2026.01.05", "%Y.%m.%d"),
    ],
)
def test_formats_with_the_year_first(text, format):
    assert {order: one.format for order, one in times.read_time(text).items()} == {"YMD": format}


@pytest.mark.parametrize(
    "text", ["", "x", "2026-13-05", "31/02/2026", "05/01-2026", "2026-01-05 25:00", "24:00:01 2026", "1.5", "12345"]
)
def test_what_is_no_time(text):
    assert times.read_time(text) == {}


def test_an_hour_that_ends_a_day_is_the_next_days_first():
    (one,) = times.read_time("2026-01-05 24:00:00").values()
    assert (f"{one.at:%Y-%m-%d %H}", one.late) == ("2026-01-06 00", True)
    assert times.read_time("2026-01-05 24:00:01") == {}


def test_a_year_of_two_digits_may_stand_anywhere():
    assert set(times.read_time("05/01/26 07:00:00")) == {"DMy", "MDy", "yMD"}


def test_numbers_since_1970():
    for texts, format in (
        (["1767596430"], "epoch_s"),
        (["1767596430.5"], "epoch_s"),
        (["1767596430123"], "epoch_ms"),
        (["1767596430123456"], "epoch_us"),
    ):
        assert times.epoch_format(texts) == format
    assert (
        times.epoch_format(["147924305000"]) is None
        and times.epoch_format(["1", "2"]) is None
        and times.epoch_format([]) is None
    )


def test_a_counter_that_looks_like_a_moment_is_a_counter():
    rows = "".join(f"{1767596430 + n};2026-01-05 07:00:{n:02};OK\n" for n in range(9))
    found = propose_layout([sample_of_bytes("M01.txt", rows.encode())])
    assert found.value("fields.counter") == {"column": 1}


def test_the_hour_may_be_told_by_its_end():
    def rows(hour):
        return "".join(f"{n};2026-01-05 {hour:02}:00:{n:02};OK\n" for n in range(1, 5)).encode()

    def mark(hour, zone=None):
        return propose_layout([sample_of_bytes("M01_20260105_07.txt", rows(hour))], zone=zone)

    assert mark(7).document["hour"]["is"] == "start"
    assert mark(6).document["hour"]["is"] == "end"
    utc = mark(10, "America/Sao_Paulo")
    assert utc.value("text.timezone") == "UTC"
    assert mark(9, "America/Sao_Paulo").value("text.timezone") is None
