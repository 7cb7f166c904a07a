"""Each law is tried once: at length where that was asked for, in short where it was not."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from laws import law
from searched import commit, sentence, write
from selection import repeated


def test_a_law_that_is_tried_at_length_is_not_tried_in_short_too():
    short, long, other = "tests/a.py::test_law", "tests/a.py::test_law_at_length", "tests/b.py::test_law"
    assert repeated([short, long, other]) == {short}
    assert repeated([short, other]) == set(), "only the short one was asked for"


def test_the_examples_in_short_are_the_first_of_those_at_length():
    tried: list[list[int]] = []

    def note(example: list[int]) -> None:
        tried.append(example)

    law(12, st.lists(st.integers()), note, first=5)()
    short = [*tried]
    tried.clear()
    law(12, st.lists(st.integers()), note)()
    times = int(os.environ.get("APONTA_SEARCH", "1"))
    assert len(short) == 5 * times and tried[: len(short)] == short


def test_a_law_in_short_that_does_not_hold_fails_with_its_example():
    def small(example: int) -> None:
        assert example < 1000

    with pytest.raises(AssertionError) as failed:
        law(200, st.integers(), small, first=150)()
    assert "example=1000" in "".join(failed.value.__notes__)


def test_when_was_last_searched_is_said(tmp_path):
    last = tmp_path / "build" / "search.json"
    now = datetime.now(UTC)
    assert sentence(now, last) == "make search was never run on this computer."
    write(0, last)
    assert sentence(now, last) == f"make search was last run today, on {commit()}: all held."
    write(1, last)
    assert sentence(now + timedelta(days=9, hours=1), last).startswith("make search was last run 9 days ago, on ")
    assert sentence(now, last).endswith(": it failed.")
