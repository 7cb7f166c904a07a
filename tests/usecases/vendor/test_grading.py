"""Grades of files: the worst criterion, by limits that stand in the reference."""

import tomllib
from datetime import timedelta

import factory as small
import pytest
from factory import START, deliver, name, run, steady, text
from source import REPO

from aponta.contract.layout import Layout
from aponta.usecases.vendor.grading import FORM_LETTERS, LIMITS, grade_layout, grade_machines
from aponta.words import LANGUAGES, knows

PRESS = tomllib.loads((REPO / "examples/small-factory/layouts/press_v1.toml").read_text(encoding="utf-8"))
GOOD = dict.fromkeys(LIMITS, 0) | {"files": 48, "rows": 10_000, "records": 9_900, "hours": 40, "clocks": 1}
BEST = {  # of press_v1: what its vendor was asked for
    "lines": {"trailer": r"^# fim registros=(?P<rows>\d+) crc=(?P<checksum>\w+)", "checksum": "crc32"},
    "produced_at": {"column": 3, "format": "%Y-%m-%dT%H:%M:%S.%f%z"},
}


@pytest.fixture(scope="module")
def best() -> Layout:
    layout = Layout.model_validate(PRESS).model_dump(by_alias=True, exclude_unset=True)
    layout["lines"] = BEST["lines"]
    layout["fields"]["machine"] = {"column": 1}
    layout["fields"]["produced_at"] = BEST["produced_at"]
    return Layout.model_validate(layout)


def test_nothing_broken_is_an_a(best):
    assert grade_layout(best, GOOD) == ("A", ())


def test_the_case_s_own_file_is_a_b():
    letter, marks = grade_layout(Layout.model_validate(PRESS), GOOD)
    assert (letter, [(mark.criterion, mark.letter) for mark in marks]) == ("B", [("checksum", "B"), ("offset", "B")])


@pytest.mark.parametrize(
    ("facts", "letter"),
    [
        ({"refused": 1}, "D"), ({"refused": 4}, "D"), ({"refused": 5}, "F"),  # over a tenth of 48
        ({"lies": 1}, "D"), ({"lies": 5}, "F"),
        ({"cut": 1}, "C"), ({"cut": 5}, "D"),
        ({"aside": 1}, "C"), ({"aside": 10}, "C"), ({"aside": 11}, "D"), ({"aside": 501}, "F"),
        ({"truncated": 1}, "C"), ({"truncated": 5}, "D"),
        ({"late": 1}, "B"), ({"late": 5}, "C"), ({"late": 21}, "D"),
        ({"versions": 1}, "B"), ({"versions": 5}, "C"),
        ({"duplicates": 4}, "A"), ({"duplicates": 5}, "B"),
        ({"unseen": 1}, "B"), ({"unseen": 10}, "D"),
        ({"rebuilt": 1}, "D"),
        ({"hour_in_name": 1}, "C"),
        ({"ahead": 1}, "C"),
    ],
)  # fmt: skip
def test_each_limit(best, facts, letter):
    assert grade_layout(best, GOOD | facts)[0] == letter


def test_the_worst_is_the_grade_and_comes_first(best):
    letter, marks = grade_layout(best, GOOD | {"late": 1, "refused": 1, "hour_in_name": 2})
    assert letter == "D"
    assert [(mark.criterion, mark.letter, mark.count, mark.of) for mark in marks] == [
        ("refused", "D", 1, 48), ("hour_in_name", "C", 2, 48), ("late", "B", 1, 40),
    ]  # fmt: skip


def test_without_a_counter_it_is_a_d_and_without_a_trailer_none_is_cut(best):
    layout = best.model_dump(by_alias=True, exclude_unset=True)
    del layout["fields"]["counter"], layout["lines"]
    letter, marks = grade_layout(Layout.model_validate(layout), GOOD | {"cut": 48})
    assert letter == "D"
    assert [mark.criterion for mark in marks] == ["counter", "trailer", "checksum"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_criterion_has_its_why_and_what_to_ask(language):
    for criterion in (*FORM_LETTERS, *LIMITS):
        assert all(knows(f"pipeline.vendor.{said}.{criterion}") for said in ("why", "mend"))


def test_grades_are_counted_from_the_tables(tmp_path):
    factory = small.make(tmp_path)
    late = (START + timedelta(hours=2, minutes=16)).timestamp() - START.timestamp()
    deliver(factory, name("M01", 0), text("M01", steady(0)), written=3660)
    deliver(factory, name("M01", 1), text("M01", steady(1)), written=int(late))
    deliver(factory, name("M01", 1, "_b"), text("M01", steady(1)), written=int(late))
    deliver(factory, name("M01", 2), text("M01", steady(2), trailer=99), written=10_900)
    deliver(factory, name("M01", 3), b"", written=14_500)
    torn = text("M01", steady(4), trailer=False)
    deliver(factory, name("M01", 4), torn[:-9], written=18_100)
    run(factory, now=START + timedelta(hours=13))
    first, second, third = grade_machines(factory, lambda: START + timedelta(hours=13))
    assert (first.machine, first.letter, first.files) == ("M01", "F", 6)
    assert {mark.criterion: (mark.letter, mark.count, mark.of) for mark in first.shortcomings if mark.of} == {
        "refused": ("F", 1, 6), "lies": ("F", 1, 6), "cut": ("D", 1, 6), "aside": ("D", 1, 55),
        "truncated": ("D", 1, 6), "duplicates": ("B", 1, 6), "late": ("C", 1, 4),
    }  # fmt: skip
    assert (second.letter, third.letter, third.shortcomings) == (None, None, ())
