"""kpi.oee: times and counts that add up, and the profiles as views over them. The worked example is the oracle."""

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponta.contract.table import Kind
from aponta.lake.cast import SQL_TYPE
from aponta.refine.gold import production
from aponta.refine.kpi.oee import TABLE, VIEWS, oee
from aponta.refine.silver import stops

H, S = 3_600_000_000, 1_000_000
MINUTE = 60 * S
T = 10 * H
DAY = "1970-01-01"
PIECE: dict[str, Kind] = {
    "machine": "string",
    "hour": "long",
    "piece_start": "long",
    "piece_end": "long",
    "shift": "string",
    "production_day": "string",
    "busy": "boolean",
    "covered": "boolean",
}
IN_FORCE: dict[str, Kind] = {"machine": "string", "started_at": "long", "product": "string", "ended_at": "long"}
IDEAL: dict[str, Kind] = {"machine": "string", "product": "string", "hour": "long", "ideal_us": "long"}
TIMES = [column.name for column in TABLE.columns if column.name.endswith("_ms")]
LOSSES = ("setup_ms", "failure_ms", "stop_ms", "micro_stop_ms", "external_ms")


def piece(start, end, shift="1", busy=True, covered=True):
    return ("M1", start - start % H, start, end, shift, DAY, busy, covered)


def stop(start, end, kind):
    return {
        "machine": "M1",
        "started_at": start,
        "ended_at": end,
        "ms": (end - start) // 1000,
        "kind": kind,
        "product": "A",
    }


def fact(pieces, quality="good", product="A", hour=T, shift="1"):
    return {
        "machine": "M1",
        "product": product,
        "hour": hour,
        "shift": shift,
        "production_day": DAY,
        "quality": quality,
        "pieces": pieces,
        "provisional": False,
    }


def facts(engine, pieces, in_force=(("M1", 0, "A", 2**62),), stood=(), made=(), ideal=(("M1", "A", T, 6 * S),)):
    """kpi.oee as a list of dicts, in the order of its grain."""
    found = oee(
        engine.rows(PIECE, pieces),
        engine.rows(IN_FORCE, in_force),
        engine.table(stops.TABLE, stood),
        engine.table(production.TABLE, made),
        engine.rows(IDEAL, ideal),
    )
    rows = engine.fetch(found)
    assert [list(row) for row in rows] == [[column.name for column in TABLE.columns]] * len(rows)
    return sorted(rows, key=lambda row: (row["hour"], row["product"], row["shift"] or ""))


def shown(rows, view="kpi.oee_iso22400"):
    """What the view makes of rows of kpi.oee: (availability, effectiveness, quality, oee) of each."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA kpi")
        columns = ", ".join(f'"{column.name}" {SQL_TYPE[column.kind]}' for column in TABLE.columns)
        connection.execute(f"CREATE TABLE kpi.oee ({columns.replace('TIMESTAMPTZ', 'BIGINT')})")
        connection.executemany(
            f"INSERT INTO kpi.oee VALUES ({', '.join('?' * len(TABLE.columns))})", [list(row.values()) for row in rows]
        )
        return connection.sql(
            f"SELECT availability, effectiveness, quality, oee FROM ({VIEWS[view]}) ORDER BY hour, product"
        ).fetchall()


def added(rows):
    """A roll-up: times and counts are added, ratios come after."""
    return [
        {
            name: sum(row[name] for row in rows) if isinstance(value, int) and name != "hour" else value
            for name, value in rows[0].items()
        }
    ]


@pytest.fixture
def oracle(engine):
    """Twelve hours: 720 min planned, 60 down; failures 40, setup 30, micro-stops 20; PRI 6 s; 5100 good of 5200."""
    hours = [T + n * H for n in range(12)]
    pieces = [piece(hour, hour + H, busy=hour != hours[5]) for hour in hours]
    stood = [
        stop(T + 50 * MINUTE, T + 90 * MINUTE, "failure"),  # over the end of an hour
        stop(T + 150 * MINUTE, T + 180 * MINUTE, "changeover"),
        *(stop(T + (600 + 2 * n) * MINUTE, T + (601 + 2 * n) * MINUTE, "micro_stop") for n in range(20)),
    ]
    made = [row for hour in hours if hour != hours[5] for row in (fact(460, hour=hour), fact(10, "scrap", hour=hour))]
    made += [fact(40, hour=hours[0]), fact(-10, "scrap", hour=hours[0])]  # 5100 good and 100 scrap in all
    ideal = [("M1", "A", hour, 6 * S) for hour in hours]
    return facts(engine, pieces, stood=stood, made=made, ideal=ideal)


@pytest.mark.parametrize(
    ("view", "ratios"),
    [
        ("kpi.oee_iso22400", (0.863636, 0.912281, 0.980769, 0.772727)),
        ("kpi.oee_nakajima", (0.893939, 0.881356, 0.980769, 0.772727)),
        ("kpi.oee_hard", (0.791667, 0.912281, 0.980769, 0.708333)),
    ],
)
def test_the_worked_example(oracle, view, ratios):
    assert [tuple(round(ratio, 6) for ratio in row) for row in shown(added(oracle), view)] == [ratios]


def test_the_worked_example_in_times(oracle):
    total = added(oracle)[0]
    assert {name: total[name] / 60_000 for name in TIMES if not name.startswith("ideal")} == {
        "calendar_ms": 720,
        "planned_ms": 720,
        "planned_down_ms": 60,
        "run_ms": 570,
        "setup_ms": 30,
        "failure_ms": 40,
        "stop_ms": 0,
        "micro_stop_ms": 20,
        "external_ms": 0,
        "unknown_ms": 0,
    }
    assert (total["produced"], total["good"], total["scrap"]) == (5200, 5100, 100)
    assert (total["ideal_ms_produced"], total["ideal_ms_good"]) == (5200 * 6000, 5100 * 6000)


def test_oee_is_the_product_of_the_three(oracle):
    for view in VIEWS:
        for availability, effectiveness, quality, whole in shown(added(oracle), view):
            assert availability * effectiveness * quality == pytest.approx(whole)


def test_time_belongs_to_the_product_in_force(engine):
    force = [("M1", 0, "A", T + 20 * MINUTE), ("M1", T + 20 * MINUTE, "B", 2**62)]
    rows = facts(
        engine, [piece(T, T + H)], force, [stop(T + 10 * MINUTE, T + 20 * MINUTE, "changeover") | {"product": "A"}]
    )
    assert [(row["product"], row["planned_ms"], row["setup_ms"], row["run_ms"]) for row in rows] == [
        ("A", 1_200_000, 600_000, 600_000),
        ("B", 2_400_000, 0, 2_400_000),
    ]


def test_several_products_of_one_instant_keep_their_counts(engine):
    made = [fact(3, product="A"), fact(2, product="B")]
    rows = facts(engine, [piece(T, T + H)], [("M1", 0, "B", 2**62)], made=made)
    assert [(row["product"], row["planned_ms"], row["produced"], row["ideal_ms_good"]) for row in rows] == [
        ("A", 0, 3, 18_000),
        ("B", 3_600_000, 2, None),
    ]


def test_an_hour_that_no_file_tells_of_is_unknown(engine):
    rows = facts(
        engine,
        [
            piece(T, T + H),
            piece(T + H, T + 90 * MINUTE, busy=False, covered=False),
            piece(T + 90 * MINUTE, T + 2 * H, covered=False),
        ],
        stood=[stop(T + 50 * MINUTE, T + 2 * H, "stop")],
        made=[fact(10)],
    )
    assert [
        (row["planned_ms"], row["planned_down_ms"], row["unknown_ms"], row["stop_ms"], row["run_ms"]) for row in rows
    ] == [
        (3_600_000, 0, 0, 600_000, 3_000_000),
        (3_600_000, 0, 3_600_000, 0, 0),
    ]
    assert shown(rows)[1] == (None, None, None, None)


def test_production_in_a_break_counts_and_takes_no_time(engine):
    pieces = [piece(T, T + 30 * MINUTE), piece(T + 30 * MINUTE, T + H, busy=False)]
    (row,) = facts(engine, pieces, made=[fact(350)])
    assert (row["planned_ms"], row["planned_down_ms"], row["run_ms"], row["produced"]) == (
        3_600_000,
        1_800_000,
        1_800_000,
        350,
    )
    assert shown([row]) == [
        (1.0, pytest.approx(350 * 6 / 1800), 1.0, pytest.approx(350 * 6 / 1800))
    ]  # above 1 is shown raw


def test_production_outside_of_the_calendar_is_counted_apart(engine):
    pieces = [piece(T, T + 30 * MINUTE), piece(T + 30 * MINUTE, T + H, shift=None, busy=False)]
    rows = facts(engine, pieces, made=[fact(10), fact(4, shift=None)])
    assert [(row["shift"], row["planned_ms"], row["calendar_ms"], row["produced"]) for row in rows] == [
        (None, 0, 1_800_000, 4),
        ("1", 1_800_000, 1_800_000, 10),
    ]
    assert len(shown(rows)) == 1  # no calendar: no OEE


def test_no_planned_time_nothing_applies(engine):
    rows = facts(engine, [piece(T, T + H, busy=False)])
    assert shown(rows) == [(None, None, None, None)]


def test_planned_time_without_output_is_worth_nothing(engine):
    rows = facts(engine, [piece(T, T + H)], stood=[stop(T, T + H, "stop")])
    for view in VIEWS:
        assert shown(rows, view) == [(0.0, None, None, 0.0)]


def test_no_signal_of_quality_is_not_bad_quality(engine):
    rows = facts(engine, [piece(T, T + H)], made=[fact(300, "unknown")])
    assert shown(rows) == [(1.0, 0.5, None, None)]
    assert rows[0]["unclassified"] == 300


def test_without_an_ideal_cycle_only_availability_and_quality_apply(engine):
    rows = facts(engine, [piece(T, T + H)], made=[fact(90), fact(10, "rework")], ideal=())
    assert shown(rows) == [(1.0, None, 0.9, None)]  # rework is not good


def test_every_moment_is_counted_once(engine):
    """A stop that reaches beyond the planned time is clipped, wherever its ends lie."""
    pieces = [
        piece(T, T + 20 * MINUTE),
        piece(T + 20 * MINUTE, T + 40 * MINUTE, busy=False),
        piece(T + 40 * MINUTE, T + H),
    ]
    (row,) = facts(
        engine,
        pieces,
        stood=[
            stop(T - H, T + 5 * MINUTE, "stop"),
            stop(T + 15 * MINUTE, T + 50 * MINUTE, "external"),
            stop(T + 55 * MINUTE, T + 9 * H, "stop"),
        ],
    )
    assert (row["stop_ms"], row["external_ms"], row["run_ms"], row["planned_down_ms"]) == (
        600_000,
        900_000,
        900_000,
        1_200_000,
    )


GAPS_S = st.lists(st.sampled_from([1, 5, 29, 31, 59, 61, 250, 301, 900]), min_size=1, max_size=12)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps_s=GAPS_S, one_s=st.integers(1, 400), two_s=st.integers(1, 400), break_min=st.integers(0, 30))
def test_a_moved_limit_of_micro_stops_changes_the_split_and_never_the_oee(
    engine, ordered, gaps_s, one_s, two_s, break_min
):
    at, made = T, [(T, 0, "A", 1.0)]
    for number, gap in enumerate(gaps_s, start=1):
        at += (gap + 1) * S
        if at < T + H:
            made.append((at, number, "A", 1.0))
    cut = T + break_min * MINUTE
    pieces = [piece(T, cut, busy=False), piece(cut, T + H)] if break_min else [piece(T, T + H)]
    busy = [("M1", *row[2:4]) for row in pieces if row[6]]
    seen = []
    for limit in (one_s, two_s):
        limits = engine.rows(stops.LIMITS, [("M1", limit * S, max(limit, 300) * S)])
        ideal = engine.rows(IDEAL, [("M1", "A", T, 6 * S)])
        spans = engine.rows({"machine": "string", "piece_start": "long", "piece_end": "long"}, busy)
        stood = engine.fetch(stops.stops_of_gaps(stops.gaps(ordered(made), limit * S), spans, ideal, limits))
        (row,) = facts(engine, pieces, stood=stood, made=[fact(len(made))])
        pbt = row["planned_ms"] - row["planned_down_ms"] - row["unknown_ms"]
        assert row["run_ms"] + sum(row[name] for name in LOSSES) == pbt
        ((availability, _, _, whole),) = shown([row])
        assert 0 <= availability <= 1
        seen.append(whole)
    assert seen[0] == seen[1]


def test_a_told_stop_over_a_change_of_product_is_lost_by_each_in_its_own_time(engine):
    change = T + 20 * MINUTE
    rows = facts(
        engine,
        [piece(T, T + H)],
        in_force=[("M1", 0, "A", change), ("M1", change, "B", 2**62)],
        stood=[stop(T + 10 * MINUTE, T + 40 * MINUTE, "external")],
    )
    assert [(row["product"], row["external_ms"], row["run_ms"]) for row in rows] == [
        ("A", 600_000, 600_000),
        ("B", 1_200_000, 1_200_000),
    ]
