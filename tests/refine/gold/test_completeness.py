"""What each status means, on literal values."""

from datetime import datetime, timedelta

import pytest

from aponta.refine.gold.completeness import TABLE, completeness_status

DUE = datetime.fromisoformat("2026-03-02T11:15:00Z")
BEFORE, AFTER = DUE - timedelta(minutes=1), DUE + timedelta(minutes=1)


def at(now, **known):
    return completeness_status(now, **{"expected": True, "due": DUE, **known})


@pytest.mark.parametrize(
    ("now", "known", "expected"),
    [
        (BEFORE, {}, "waiting"),
        (DUE, {}, "missing"),
        (AFTER, {"refused": True}, "quarantined"),
        (BEFORE, {"refused": True}, "quarantined"),
        (AFTER, {"closed": True}, "closed"),
        (BEFORE, {"closed": True}, "closed"),
        (AFTER, {"closed": True, "refused": True}, "closed"),
        (AFTER, {"trailers": ["right"], "came": BEFORE}, "arrived"),
        (AFTER, {"trailers": ["right"], "came": DUE}, "arrived"),
        (AFTER, {"trailers": ["right"], "came": AFTER}, "late"),
        (AFTER, {"trailers": ["none"], "came": BEFORE}, "arrived"),
        (AFTER, {"trailers": ["right"], "came": BEFORE, "refused": True}, "arrived"),
        (AFTER, {"trailers": ["right"], "came": BEFORE, "closed": True}, "arrived"),
    ],
)
def test_a_file_comes_or_does_not(now, known, expected):
    assert at(now, **known) == expected


@pytest.mark.parametrize(
    ("trailers", "before", "after"),
    [
        (["wrong"], "partial", "partial"),
        (["wrong", "none"], "partial", "partial"),
        (["wrong", "accepted"], "partial", "partial"),
        (["wrong", "right"], "arrived", "arrived"),
        (["accepted"], "arrived", "arrived"),
        (["absent"], "waiting", "partial"),  # it may still grow until it is due
        (["absent", "absent"], "waiting", "partial"),
        (["absent", "accepted"], "arrived", "arrived"),
        (["absent", "right"], "arrived", "arrived"),
    ],
)
def test_a_file_that_does_not_prove_itself_whole_is_partial(trailers, before, after):
    assert at(BEFORE, trailers=trailers, came=BEFORE) == before
    assert at(AFTER, trailers=trailers, came=BEFORE) == after


def test_a_late_file_that_lies_is_partial_first():
    assert at(AFTER, trailers=["wrong"], came=AFTER) == "partial"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, None),
        ({"closed": True}, None),
        ({"refused": True}, "quarantined"),
        ({"trailers": ["right"], "came": AFTER}, "arrived"),
        ({"trailers": ["wrong"], "came": AFTER}, "partial"),
    ],
)
def test_outside_the_calendar_nothing_is_missed_and_nothing_late(known, expected):
    assert at(AFTER, expected=False, **known) == expected


def test_the_table_tells_times_as_the_others_do():
    kinds = {column.name: column.kind for column in TABLE.columns}
    assert {name for name, kind in kinds.items() if kind == "timestamp"} == {"hour", "due_at", "came_at", "closed_at"}
