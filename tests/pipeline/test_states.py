"""What a machine tells of itself overrides what gaps between its items say, whatever came first."""

import tempfile
from pathlib import Path

import factory as small
import machine_states
import pytest
from hypothesis import strategies as st
from laws import law, same
from machine_states import State

from aponta.usecases.read.published import query


@pytest.fixture
def factory(tmp_path):
    return machine_states.make(tmp_path)


def deliver(factory, hour, *rows, tail=""):
    small.deliver(factory, small.name("S01", hour, tail), machine_states.text(rows))


def stops(factory):
    rows = query(
        factory,
        "SELECT date_diff('second', TIMESTAMPTZ '2026-03-02 10:00:00+00', started_at)::INT AS since, "
        "date_diff('second', TIMESTAMPTZ '2026-03-02 10:00:00+00', ended_at)::INT AS until, ms, kind, reason, product "
        "FROM silver.stops WHERE machine = 'S01' ORDER BY started_at",
    )
    return [tuple(row.values()) for row in rows]


def times(factory):
    (row,) = query(
        factory,
        "SELECT sum(run_ms)::BIGINT AS run, sum(stop_ms)::BIGINT AS stop, sum(micro_stop_ms)::BIGINT AS micro, "
        "sum(setup_ms)::BIGINT AS setup, sum(external_ms)::BIGINT AS ext, sum(failure_ms)::BIGINT AS fail, "
        "sum(planned_ms - planned_down_ms - unknown_ms)::BIGINT AS busy FROM kpi.oee WHERE machine = 'S01'",
    )
    return row


def test_states_are_stops_and_gaps_are_not(factory):
    made = [small.Item(at, n) for n, at in enumerate((10, 20, 2000, 3500), start=1)]
    deliver(
        factory,
        0,
        *made,
        State(0, "RUN"),
        State(600, "HALT", "porta"),
        State(1000, "HALT", "porta"),  # told again: it goes on
        State(1200, "WAIT"),
        State(1300, "FAIL", "motor"),
        State(1500, "SETUP"),
        State(1600, "RUN"),
        State(3000, "HALT"),
        State(3020, "RUN"),
    )
    report = small.run(factory)
    assert report.counts.rows == {"total": 13, "records": 4, "states": 9, "quarantined": 0, "skipped": 0}
    assert stops(factory) == [
        (600, 1200, 600_000, "stop", "porta", "P"),
        (1200, 1300, 100_000, "external", None, "P"),
        (1300, 1500, 200_000, "failure", "motor", "P"),
        (1500, 1600, 100_000, "changeover", None, "P"),
        (3000, 3020, 20_000, "micro_stop", None, "P"),
    ]
    told = times(factory)
    assert told == {"run": 2_580_000, "stop": 600_000, "micro": 20_000, "setup": 100_000, "ext": 100_000,
                    "fail": 200_000, "busy": 3_600_000}  # fmt: skip
    assert query(factory, "SELECT count(*) AS n FROM silver.states") == [{"n": 9}]
    assert query(factory, "SELECT states, records FROM silver.files") == [{"states": 9, "records": 4}]


def test_where_no_state_is_known_gaps_count(factory):
    made = [small.Item(at, n) for n, at in enumerate((10, 800, 1700, 1710, 3500), start=1)]
    deliver(factory, 0, *made, State(1000, "RUN"), State(2000, "MYSTERY"), State(3000, "RUN"))
    small.run(factory)
    assert stops(factory) == [
        (10, 795, 785_000, "stop", None, "P"),
        (800, 1000, 200_000, "micro_stop", None, "P"),  # from 1000 on it ran, by its own word
        (2000, 3000, 1_000_000, "stop", None, "P"),
    ]
    states = query(factory, "SELECT state, code FROM silver.states ORDER BY started_at")
    assert [(row["state"], row["code"]) for row in states] == [("run", "RUN"), ("unknown", "MYSTERY"), ("run", "RUN")]


def test_a_state_holds_over_hours_and_ends_when_another_file_comes(factory):
    deliver(factory, 0, small.Item(10, 1), State(0, "RUN"), State(3000, "HALT", "falta"))
    small.run(factory)
    assert stops(factory) == [(3000, 3600, 600_000, "stop", "falta", "P")]
    deliver(factory, 2, State(7300, "RUN"), small.Item(7400, 2))
    small.run(factory)  # nobody knows of the hour between
    assert stops(factory) == [(3000, 7300, 700_000, "stop", "falta", "P")]
    deliver(factory, 1, State(3601, "SETUP"), State(4000, "RUN"))
    small.run(factory)
    assert stops(factory) == [
        (3000, 3601, 601_000, "stop", "falta", "P"),
        (3601, 4000, 399_000, "changeover", None, "P"),
    ]


def test_breaks_are_cut_out(factory):
    deliver(factory, 1, small.Item(3700, 1), State(3600, "RUN"), State(5000, "HALT"), State(6400, "RUN"))
    small.run(factory)
    assert stops(factory) == [(5000, 6400, 500_000, "stop", None, "P")]  # 08:30-08:45 is a break


def test_a_changed_limit_restates_what_states_were_called(factory):
    told = (State(0, "RUN"), State(1000, "HALT"), State(1200, "RUN"))
    deliver(factory, 0, small.Item(10, 1), *told, small.Item(3590, 2))
    small.run(factory)
    assert [stop[3] for stop in stops(factory)] == ["micro_stop"]
    rows = machine_states.MACHINES.replace("stock\n", "stock,stop_after_s\n").replace("finished\n", "finished,100\n")
    again = machine_states.make(factory.folder, machines=rows.replace("intermediate\n", "intermediate,100\n"))
    small.run(again)
    assert [stop[3] for stop in stops(again)] == ["stop"]
    assert query(again, "SELECT count(*) AS n FROM silver.states") == [{"n": 3}]


def test_a_file_of_states_alone_covers_its_hour(factory):
    deliver(factory, 0, State(0, "HALT", "sem ordem"))
    small.run(factory)
    assert times(factory)["stop"] == 3_600_000 and times(factory)["busy"] == 3_600_000
    assert stops(factory) == [(0, 3600, 3_600_000, "stop", "sem ordem", "unknown")]


def test_a_better_version_takes_its_states_back(factory):
    deliver(factory, 0, small.Item(10, 1), State(0, "RUN"), State(500, "HALT"), State(900, "RUN"))
    small.run(factory)
    deliver(factory, 0, small.Item(10, 1), State(0, "RUN"), State(100, "WAIT"), State(200, "RUN"), small.Item(300, 2))
    small.run(factory)
    assert [stop[:2] for stop in stops(factory)] == [(100, 200)]


def test_a_stop_from_where_no_state_is_known_stays_when_the_hour_after_is_told_again(factory):
    made = [small.Item(at, n) for n, at in enumerate((5.5, 410.5, 1910.5, 1915.5), start=1)]
    after = [small.Item(5915.5, 5, "Q"), small.Item(5920.5, 6)]
    unknown = State(1556, "???")
    deliver(factory, 0, State(0, "RUN"), *made, unknown)
    deliver(factory, 3, *made[1:], unknown, *after, State(14108, "RUN"))
    small.run(factory)
    before = stops(factory)
    assert (1556, 1905, 349_500, "stop", None, "P") in before
    deliver(factory, 1, *after)
    small.run(factory)
    assert [stop for stop in stops(factory) if stop[1] < 3600] == [stop for stop in before if stop[1] < 3600]


STATES = st.builds(State, st.integers(0, 4 * 3600 - 1), st.sampled_from(["RUN", "RUN", "HALT", "WAIT", "???"]))
GAPS = st.sampled_from([5, 20, 61, 400, 1500, 4000])


@st.composite
def stories(draw):
    """Four hours of a machine, cut into files by the hour and otherwise, in two orders."""
    at, rows = 0, list(draw(st.lists(STATES, max_size=8, unique_by=lambda one: one.at)))
    for counter in range(1, draw(st.integers(1, 8)) + 1):
        at += draw(GAPS)
        rows.append(small.Item(at + 0.5, counter, draw(st.sampled_from("PPQ"))))
    rows = sorted((one for one in rows if one.hour < 4), key=lambda one: one.at)
    files = {}
    for hour in range(4):
        own = [one for one in rows if one.hour == hour]
        if own or draw(st.booleans()):
            files[small.name("S01", hour)] = machine_states.text(own)
    overlap = draw(st.integers(0, len(rows)))
    if rows[overlap:]:
        files[small.name("S01", rows[-1].hour, "_b")] = machine_states.text(rows[overlap:])
    named = sorted(files.items())
    return named, draw(st.permutations(named)), draw(st.integers(0, len(named)))


def outcome(passes):
    with tempfile.TemporaryDirectory() as folder:
        factory = machine_states.make(Path(folder))
        for files in passes:
            for name, data in files:
                small.deliver(factory, name, data)
            small.run(factory)
        return small.facts(factory)


def any_order(story):
    named, shuffled, cut = story
    one, other = outcome([named]), outcome([shuffled[:cut], shuffled[cut:]])
    same(one, other)


def one_by_one(story):
    named, shuffled, _ = story
    one, other = outcome([named]), outcome([[file] for file in shuffled])
    same(one, other)


test_any_order = law(8, stories(), any_order, first=4)
test_any_order_at_length = pytest.mark.slow(law(8, stories(), any_order))
test_one_by_one = pytest.mark.slow(law(8, stories(), one_by_one))
