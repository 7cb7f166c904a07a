"""An hour is declared once it is closed: by its trailer, the machine's next hour, or time. A lying trailer holds it."""

from datetime import timedelta

import factory as small
import pytest

from aponta.errors import ConfigError
from aponta.usecases.correct.accept import accept_file

WITHIN = small.START + timedelta(minutes=50)  # of the first hour
SOON_AFTER = small.START + timedelta(minutes=79)
LATER = small.START + timedelta(minutes=80)  # 20 minutes after its end
FINISHED = ("SKU-P", "finished")


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


def deliver(factory, hour, count=12, trailer=True):
    small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour, count), trailer))


def provisional(factory):
    return [row["provisional"] for row in small.content(factory, "gold.production")]


def test_a_right_trailer_closes_its_hour_at_once(factory):
    deliver(factory, 0)
    small.run(factory, WITHIN + timedelta(minutes=10))
    assert provisional(factory) == [False]
    assert small.on_hand(factory) == {FINISHED: 12}


def test_without_a_trailer_the_next_hour_closes_it(factory):
    deliver(factory, 0, trailer=False)
    small.run(factory, SOON_AFTER)
    assert provisional(factory) == [True]
    assert small.on_hand(factory) == {}
    deliver(factory, 1, count=3, trailer=False)
    small.run(factory, SOON_AFTER)
    assert provisional(factory) == [False, True]
    assert small.on_hand(factory) == {FINISHED: 12}


def test_or_else_time_does_and_no_file_is_needed_for_it(factory):
    deliver(factory, 0, trailer=False)
    small.run(factory, SOON_AFTER)
    waited = small.run(factory, SOON_AFTER)
    assert (provisional(factory), waited.shipped.prepared) == ([True], 0)
    closed = small.run(factory, LATER)
    assert (provisional(factory), closed.shipped.prepared) == ([False], 1)
    assert small.on_hand(factory) == {FINISHED: 12}
    before = small.versions(factory)
    assert small.run(factory, LATER).shipped.prepared == 0
    assert small.versions(factory) == before


def test_what_comes_for_a_closed_hour_corrects_it(factory):
    deliver(factory, 0, count=6, trailer=False)
    small.run(factory, LATER)
    assert small.on_hand(factory) == {FINISHED: 6}
    deliver(factory, 0, count=12, trailer=False)
    small.run(factory, LATER)
    assert small.on_hand(factory) == {FINISHED: 12}
    assert [row["pieces"] for row in small.content(factory, "gold.stock_declarations")] == [6, 6]


def test_a_lying_trailer_holds_its_hour_until_a_person_accepts_the_file(factory):
    deliver(factory, 0, trailer=14)
    deliver(factory, 1)
    small.run(factory)
    assert [row["items"] for row in small.content(factory, "silver.hours")] == [12, 12], "its good rows are used"
    assert small.on_hand(factory) == {FINISHED: 12}
    small.run(factory)
    assert small.on_hand(factory) == {FINISHED: 12}
    (lying,) = (row for row in small.content(factory, "silver.files") if row["trailer"] == "wrong")
    assert accept_file(factory, lying["file_sha256"]) == ["M01 2026-03-02T10Z"]
    small.run(factory)
    assert small.on_hand(factory) == {FINISHED: 24}
    with pytest.raises(ConfigError) as again:
        accept_file(factory, lying["file_sha256"])
    assert again.value.code == "cli.nothing_to_accept"


def test_a_better_version_of_a_lying_file_frees_its_hour(factory):
    deliver(factory, 0, count=10, trailer=12)
    small.run(factory)
    assert small.on_hand(factory) == {}
    deliver(factory, 0, count=12)
    small.run(factory)
    assert small.on_hand(factory) == {FINISHED: 12}


def test_a_trailer_may_count_the_rows_set_aside(factory):
    data = small.text("M01", small.steady(0), trailer=13).replace(b"# end", b"M01;x;y\r\n# end")
    small.deliver(factory, small.name("M01", 0), data)
    small.run(factory)
    assert small.on_hand(factory) == {FINISHED: 12}


def test_a_lie_that_comes_after_takes_stock_back_until_it_is_accepted(factory):
    deliver(factory, 0, trailer=False)
    small.run(factory, LATER)
    assert small.on_hand(factory) == {FINISHED: 12}
    small.deliver(factory, small.name("M01", 0, "_b"), small.text("M01", small.steady(0, 12), 99))
    small.run(factory, LATER)
    assert small.on_hand(factory) == {}
    (lying,) = (row for row in small.content(factory, "silver.files") if row["trailer"] == "wrong")
    accept_file(factory, lying["file_sha256"])
    small.run(factory, LATER)
    assert small.on_hand(factory) == {FINISHED: 12}


def test_a_lie_beside_a_right_trailer_holds_nothing(factory):
    deliver(factory, 0)
    small.deliver(factory, small.name("M01", 0, "_b"), small.text("M01", small.steady(0, 12), 99))
    small.run(factory, LATER)
    assert small.on_hand(factory) == {FINISHED: 12}
