"""A file of no byte: the machine stood the whole hour, where its layout says so; else it is quarantined."""

from datetime import date, timedelta

import factory as small
import pytest
from factory import START, deliver, name, run, steady, text

from aponta.config import load
from aponta.ops.database import connect
from aponta.usecases.correct import retry
from aponta.usecases.correct.hour_board import HourBoard
from aponta.usecases.doctor.verify import verify_receipts
from aponta.usecases.read.published import query

EVENING = START + timedelta(hours=13)


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path, **small.STOPPED)


def files(factory):
    rows = query(factory, "SELECT name, status, reason, in_force FROM silver.files ORDER BY arrival")
    return [tuple(row.values()) for row in rows]


def stops(factory, machine="M01"):
    """(seconds after START it began, milliseconds, kind)"""
    rows = query(
        factory,
        "SELECT date_diff('second', TIMESTAMPTZ '2026-03-02 10:00:00+00', started_at)::INT AS since, ms, kind "
        f"FROM silver.stops WHERE machine = '{machine}' ORDER BY started_at",
    )
    return [tuple(row.values()) for row in rows]


def times(factory, hour, machine="M01"):
    (row,) = query(
        factory,
        "SELECT sum(planned_ms)::BIGINT AS planned, sum(stop_ms)::BIGINT AS stop, sum(unknown_ms)::BIGINT AS unknown "
        f"FROM kpi.oee WHERE machine = '{machine}' AND hour = TIMESTAMPTZ '{START + timedelta(hours=hour)}'",
    )
    return row


def test_the_hour_is_a_stop_and_nothing_is_set_aside(factory):
    for hour in (0, 2, 3, 4):
        made = [small.Item(hour * 3600 + s, hour * 99 + s) for s in (5, 3599)]
        data = text("M01", made) if hour < 3 else b""
        deliver(factory, name("M01", hour), data, written=hour * 3600 + 3660)
    report = run(factory, now=EVENING)
    assert report.counts.files["new"] == 4 and report.counts.files["quarantined"] == 0
    assert query(factory, "SELECT count(*) AS n FROM silver.quarantine") == [{"n": 0}]
    # Hour 1 is a break of 15 minutes, and unknown: nothing came. 3 and 4 were planned, and the machine stood.
    assert times(factory, 3) == times(factory, 4) == {"planned": 3_600_000, "stop": 3_600_000, "unknown": 0}
    assert stops(factory)[-1] == (2 * 3600 + 3599, 2 * 3_600_000 + 1_000, "stop")
    engine = connect(factory.ops_url)
    told = HourBoard(engine, lambda: factory, lambda: EVENING).hours(date(2026, 3, 2), date(2026, 3, 2), ["M01"])
    engine.dispose()
    assert [one.status for one in told if one.came_at] == ["arrived"] * 4, "an empty file lacks no trailer"


def test_without_the_declaration_each_is_set_aside(tmp_path):
    factory = small.make(tmp_path)
    for machine, hour in (("M01", 3), ("M01", 4), ("M02", 4)):
        deliver(factory, name(machine, hour), b"")
    run(factory)
    assert files(factory) == [
        ("M01_20260302_10.txt", "quarantined", "empty", False),
        ("M01_20260302_11.txt", "quarantined", "empty", False),
        ("M02_20260302_11.txt", "quarantined", "empty", False),
    ]
    assert query(factory, "SELECT count(*) AS n FROM silver.hours") == [{"n": 0}]


def test_one_empty_file_is_told_from_another_by_its_name(factory):
    deliver(factory, name("M01", 0), b"")
    deliver(factory, name("M02", 0), b"")
    deliver(factory, name("M02", 1), b"")
    run(factory, now=EVENING)
    deliver(factory, name("M01", 0), text("M01", steady(0)))  # the machine had only opened it
    run(factory, now=EVENING)
    assert [(row[1], row[3]) for row in files(factory)] == [
        ("new", False),
        ("new", True),
        ("new", True),
        ("version", True),
    ]
    hours = query(factory, "SELECT machine, items FROM silver.hours ORDER BY machine, hour")
    assert [tuple(row.values()) for row in hours] == [("M01", 12), ("M02", 0), ("M02", 0)]
    assert verify_receipts(factory).faults == ()


def test_of_a_name_that_tells_no_hour_it_tells_nothing(tmp_path):
    nameless = {
        one: layout.replace(r"(?P<hour>\d{8}_\d{2})", r"\d+_\d+").replace("hour = {", "#")
        for one, layout in small.STOPPED.items()
    }
    factory = small.make(tmp_path, **nameless)
    deliver(factory, name("M01", 0), b"")
    run(factory)
    assert files(factory) == [("M01_20260302_07.txt", "quarantined", "empty", False)]


def test_what_was_set_aside_counts_once_the_layout_says_so(tmp_path):
    factory = small.make(tmp_path)
    for hour in (3, 4):
        deliver(factory, name("M01", hour), b"")
    run(factory)
    (tmp_path / "layouts" / "counted.toml").write_text(small.STOPPED["counted"], encoding="utf-8")
    changed = load(tmp_path)
    assert retry.request_decode(changed, retry.quarantined_files(changed)) == 2
    run(changed)
    assert times(changed, 3) == times(changed, 4) == {"planned": 3_600_000, "stop": 3_600_000, "unknown": 0}
    assert query(changed, "SELECT status, count(*)::INT AS n FROM silver.quarantine GROUP BY ALL") == [
        {"status": "solved", "n": 2}
    ]
