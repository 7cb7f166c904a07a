"""silver.stops: gaps, what is cut out of them, what they are called."""

import pytest

from aponta.contract.table import Kind
from aponta.refine.silver.stops import LIMITS, clip, gaps, stops_of_gaps

H, S = 3_600_000_000, 1_000_000
T = 10 * H
MINUTE = 60 * S
BUSY: dict[str, Kind] = {"machine": "string", "piece_start": "long", "piece_end": "long"}
IDEAL: dict[str, Kind] = {"machine": "string", "product": "string", "hour": "long", "ideal_us": "long"}
ALWAYS = [("M1", T - 100 * H, T + 100 * H)]


@pytest.fixture
def stood(engine, ordered):
    """(started_at, ended_at, ms, kind, product) of the stops between items made as (at, product, cycle_s)."""

    def found(made, busy=ALWAYS, ideal=(), limits=(None, None), left=None, right=None):
        items = [(at, number, product, cycle_s) for number, (at, product, cycle_s) in enumerate(made)]
        shortest = min(30 * S, limits[0] or 30 * S)
        found = stops_of_gaps(
            gaps(ordered(items, left or (made[0][0], "A", S), right), shortest),
            engine.rows(BUSY, busy),
            engine.rows(IDEAL, [("M1", product, hour, us) for product, hour, us in ideal]),
            engine.rows(LIMITS, [("M1", *limits)]),
        )
        return engine.collect(found, "started_at", "ended_at", "ms", "kind", "product")

    return found


END = (T + H, "A", 1 * S)  # the item after the block: no open tail where a test is not about it


def until(at):
    return (at, "A", 1 * S)


def test_a_gap_runs_to_the_start_of_the_next_cycle(stood):
    made = [(T, "A", 2.0), (T + 50 * S, "A", 2.0)]
    assert stood(made, right=until(T + 51 * S)) == [(T, T + 48 * S, 48_000, "micro_stop", "A")]


def test_without_a_cycle_the_ideal_one_is_taken_off(stood):
    made = [(T, "A", None), (T + 50 * S, "A", None)]
    assert stood(made, ideal=[("A", T, 4 * S)], right=until(T + 51 * S)) == [(T, T + 46 * S, 46_000, "micro_stop", "A")]


def test_without_any_cycle_nothing_is_taken_off(stood):
    made = [(T, "A", None), (T + 50 * S, "A", None)]
    assert stood(made, right=until(T + 51 * S)) == [(T, T + 50 * S, 50_000, "micro_stop", "A")]


@pytest.mark.parametrize(
    ("limits", "ideal", "gap_s", "kind"),
    [
        ((None, None), (), 30, None),  # 30 s are not longer than 30 s
        ((None, None), (), 31, "micro_stop"),
        ((None, None), [("A", T, 7 * S)], 35, None),  # five ideal cycles
        ((None, None), [("A", T, 7 * S)], 36, "micro_stop"),
        ((None, None), [("A", T, 5 * S)], 31, "micro_stop"),  # five cycles are 25 s: 30 s count
        ((10 * S, None), [("A", T, 7 * S)], 10, None),  # the machine's own limit
        ((10 * S, None), [("A", T, 7 * S)], 11, "micro_stop"),
        ((None, None), (), 300, "micro_stop"),
        ((None, None), (), 301, "stop"),
        ((None, 60 * S), (), 60, "micro_stop"),
        ((None, 60 * S), (), 61, "stop"),
    ],
)
def test_limits(stood, limits, ideal, gap_s, kind):
    made = [(T, "A", 1.0), (T + (gap_s + 1) * S, "A", 1.0)]
    found = stood(made, limits=limits, ideal=ideal, right=until(T + (gap_s + 2) * S))
    assert [row[2:4] for row in found] == ([] if kind is None else [(gap_s * 1000, kind)])


def test_equal_times_and_cycles_that_overlap_are_no_gap(stood):
    assert stood([(T, "A", 1.0), (T, "A", 1.0), (T + 40 * S, "A", 90.0)], right=until(T + 41 * S)) == []


@pytest.mark.parametrize("cycle_s", [-900.0, 1e300, 86_401.0])
def test_a_cycle_that_cannot_be_is_unknown(stood, cycle_s):
    made = [(T, "A", 1.0), (T + 100 * S, "A", cycle_s)]
    assert stood(made, ideal=[("A", T, 2 * S)], right=until(T + 101 * S)) == [
        (T, T + 98 * S, 98_000, "micro_stop", "A")
    ]


def test_another_product_after_the_gap_makes_it_a_changeover(stood):
    made = [(T, "A", 1.0), (T + 601 * S, "B", 1.0)]
    assert stood(made, right=(T + 602 * S, "B", S)) == [(T, T + 600 * S, 600_000, "changeover", "A")]


def test_limits_are_those_of_the_product_that_comes(stood):
    made = [(T, "A", 1.0), (T + 41 * S, "B", 1.0)]
    assert stood(made, ideal=[("A", T, 1 * S), ("B", T, 10 * S)], right=(T + 42 * S, "B", S)) == []
    assert stood(made, ideal=[("A", T, 10 * S), ("B", T, 1 * S)], right=(T + 42 * S, "B", S)) == [
        (T, T + 40 * S, 40_000, "changeover", "A")
    ]


def test_a_break_inside_a_gap_is_cut_out(stood):
    busy = [("M1", T, T + 10 * MINUTE), ("M1", T + 20 * MINUTE, T + 2 * H)]
    made = [(T + 9 * MINUTE, "A", 1.0), (T + 23 * MINUTE + S, "A", 1.0)]
    assert stood(made, busy=busy, right=until(T + 23 * MINUTE + 2 * S)) == [
        (T + 9 * MINUTE, T + 23 * MINUTE, 4 * 60_000, "micro_stop", "A")  # 14 minutes on the clock, 4 of them planned
    ]


def test_an_unknown_hour_inside_a_gap_is_cut_out(stood):
    busy = [("M1", T, T + H), ("M1", T + 2 * H, T + 3 * H)]  # the hour between was told by no file
    made = [(T + 58 * MINUTE, "A", 1.0), (T + 2 * H + MINUTE + S, "A", 1.0)]
    assert stood(made, busy=busy, right=until(T + 2 * H + MINUTE + 2 * S)) == [
        (T + 58 * MINUTE, T + 2 * H + MINUTE, 3 * 60_000, "micro_stop", "A")
    ]


def test_a_stop_over_the_weekend_is_classified_by_its_busy_time(stood):
    monday = T + 60 * H
    busy = [("M1", T, T + H), ("M1", monday, monday + H)]
    made = [(T + 57 * MINUTE, "A", 1.0), (monday + 3 * MINUTE + S, "A", 1.0)]
    assert stood(made, busy=busy, right=until(monday + 3 * MINUTE + 2 * S)) == [
        (T + 57 * MINUTE, monday + 3 * MINUTE, 6 * 60_000, "stop", "A")
    ]


def test_a_gap_outside_of_the_calendar_is_no_stop(stood):
    made = [(T, "A", 1.0), (T + 20 * MINUTE, "A", 1.0)]
    assert stood(made, busy=[("M1", T - H, T)], right=until(T + 20 * MINUTE + S)) == []


def test_standing_to_the_end_of_the_last_hour_is_a_stop(stood):
    assert stood([(T + 50 * MINUTE, "A", 1.0)]) == [(T + 50 * MINUTE, T + H, 600_000, "stop", "A")]


def test_the_end_of_the_last_hour_has_no_cycle(stood):
    assert stood([(T + 50 * MINUTE, "A", 1.0)], ideal=[("A", T, 4 * S)]) == [
        (T + 50 * MINUTE, T + H, 600_000, "stop", "A")
    ]


def test_standing_from_the_start_of_the_first_hour_is_a_stop(stood):
    made = [(T + 10 * MINUTE + S, "A", 1.0)]
    assert stood(made, left=(T, None, None), right=until(T + 10 * MINUTE + 2 * S)) == [
        (T, T + 10 * MINUTE, 600_000, "stop", "A")
    ]


def test_a_stretch_is_clipped_at_both_ends(engine):
    stretches = engine.rows(
        {"machine": "string", "started_at": "long", "ended_at": "long"}, [("M1", 5, 25), ("M2", 0, 9)]
    )
    pieces = engine.rows(BUSY, [("M1", 0, 10), ("M1", 10, 20), ("M1", 20, 30), ("M1", 30, 40)])
    assert engine.collect(clip(stretches, pieces), "machine", "piece_start", "us") == [
        ("M1", 0, 5),
        ("M1", 10, 10),
        ("M1", 20, 5),
    ]
