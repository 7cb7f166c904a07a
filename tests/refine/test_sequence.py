"""Neighbours, restarts and epochs."""

import narwhals.stable.v2 as nw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponta.refine.sequence import boundary_rows, epochs
from aponta.refine.silver.hours import LEFT_OFF, hour_rows
from aponta.refine.silver.runs import product_runs
from aponta.refine.silver.stops import gaps

H, S = 3_600_000_000, 1_000_000
T = 10 * H


def test_each_item_stands_beside_its_neighbours(engine, ordered):
    found = ordered(
        [(T + 1 * S, 1, "A", 1.0), (T + 3 * S, 2, "B", 1.5)],
        left=(T - 5 * S, "Z", 1 * S),
        right=(T + H + S, "C", 2 * S),
    )
    assert engine.collect(
        found, "produced_at", "side", "previous_product", "next_product", "next_at", "next_cycle_us", "first", "last"
    ) == [
        (T - 5 * S, -1, None, "A", T + 1 * S, 1 * S, False, False),
        (T + 1 * S, 0, "Z", "B", T + 3 * S, 1_500_000, True, False),
        (T + 3 * S, 0, "A", "C", T + H + S, 2 * S, False, True),
        (T + H + S, 1, "B", None, None, None, False, False),
    ]


def test_a_counter_that_falls_below_half_began_anew(engine, ordered):
    made = [(T + n * S, counter, "A", 1.0) for n, counter in enumerate((98, 99, 100, 1, 2))]
    assert engine.collect(epochs(ordered(made)).filter(side=0), "counter", "restart", "epoch") == [
        (1, True, 1),
        (2, False, 1),
        (98, False, 0),
        (99, False, 0),
        (100, False, 0),
    ]


def test_a_smaller_fall_is_a_row_out_of_order(engine, ordered):
    made = [(T + n * S, counter, "A", 1.0) for n, counter in enumerate((98, 100, 99, 101))]
    assert set(engine.collect(ordered(made), "restart")) == {(False,)}


def test_the_layout_says_below_what_a_counter_began_anew(engine, ordered):
    made = [(T + n * S, counter, "A", 1.0) for n, counter in enumerate((100, 60, 100, 4))]
    found = ordered(made, restart_below=5)
    assert engine.collect(found.filter(side=0), "produced_at", "restart") == [
        (T, False),
        (T + 1 * S, False),
        (T + 2 * S, False),
        (T + 3 * S, True),
    ]


def test_a_counter_that_rolls_over_goes_on(engine, ordered):
    """To pass 0 is a step on, whatever it passed over; a fall farther from the top began anew, a small one did not."""
    counters = (65533, 65535, 3, 2, 5, 30000, 2, 65534, 3)
    made = [(T + n * S, counter, "A", 1.0) for n, counter in enumerate(counters)]
    steps = engine.collect(ordered(made, rollover=65536).filter(side=0), "produced_at", "step", "restart")
    assert [found[1:] for found in steps] == [
        (None, False), (2, False), (4, False), (-1, False), (3, False), (29995, False), (-29998, True), (-4, False),
        (5, False),
    ]  # fmt: skip


def test_a_restart_between_two_hours_is_not_one_within_an_hour(engine, ordered):
    found = epochs(ordered([(T + H - S, 500, "A", 1.0), (T + H + S, 1, "A", 1.0), (T + H + 2 * S, 2, "A", 1.0)]))
    assert engine.collect(found.filter(side=0), "counter", "step", "restart", "epoch") == [
        (1, None, False, 0),
        (2, 1, False, 0),
        (500, None, False, 0),
    ]


def test_equal_times_are_ordered_by_what_the_rows_say(engine, ordered):
    made = [(T, 3, "C", 1.0), (T, 1, "A", 1.0), (T, 2, "B", 1.0)]
    assert engine.collect(ordered(made).filter(side=0), "counter", "previous_product", "next_product") == [
        (1, None, "B"),
        (2, "A", "C"),
        (3, "B", None),
    ]


def test_without_counters_nothing_restarts(engine, ordered):
    found = ordered([(T, None, "A", 1.0), (T + S, None, "A", 1.0)])
    assert engine.collect(found.filter(side=0), "step", "restart") == [(None, False), (None, False)]


def test_a_counter_at_the_end_of_its_range_breaks_nothing(engine, ordered):
    found = ordered([(T, 2**62 - 1, "A", 1.0), (T + S, -(2**62), "A", 1.0), (T + 2 * S, 5, "A", 1.0)])
    assert engine.collect(found.filter(side=0), "counter", "restart") == [
        (-(2**62), True),
        (5, False),
        (2**62 - 1, False),
    ]


MADE = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 31, 299, 400, 3599]),  # seconds since the item before
        st.sampled_from([1, 1, 1, 0, 2, 5, -50, -1, None]),  # how far the counter went on
        st.sampled_from("AAAB") | st.none(),
        st.sampled_from([1.0, 1.0, 40.0, None]),
    ),
    min_size=1,
    max_size=15,
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=MADE, before=st.none() | st.sampled_from("AB"), after=st.none() | st.sampled_from("AB"))
def test_boundary_rows_show_as_much_as_all(engine, ordered, made, before, after):
    """Hours, runs and gaps are read from few rows: they must be those that all rows tell of."""
    rows, at, counter = [], T, 100
    for seconds, step, product, cycle_s in made:
        at, counter = at + seconds * S, counter + (step or 0)
        rows.append((at, None if step is None else counter, product, cycle_s))
    left = (T - 10 * S, before, S) if before else None
    right = (at + 2 * H, after, S) if after else None
    everything = engine.materialize(ordered(rows, left, right))
    few = boundary_rows(everything, 30 * S)
    counts = everything.filter(side=0).group_by("machine", "hour").agg(items=nw.len())
    told = [("M1", hour, True) for hour in {row[0] - row[0] % H for row in rows}]
    covered = engine.rows({"machine": "string", "hour": "long", "covered": "boolean"}, told)
    beside = counts, covered, engine.rows(LEFT_OFF, [])
    for one, other in (
        (hour_rows(everything, *beside), hour_rows(few, *beside)),
        (product_runs(everything), product_runs(few)),
        (gaps(everything, 30 * S), gaps(few, 30 * S)),
    ):
        assert engine.collect(one) == engine.collect(other)
