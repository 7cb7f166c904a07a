"""A file that holds no record, and is the same bytes whoever writes it: a bare trailer, a row of columns' names."""

from datetime import timedelta

import factory as small
import pytest
from factory import START, copy_to, deliver, facts, name, run, steady, text

from aponta.usecases.correct import retry
from aponta.usecases.doctor.verify import verify_receipts
from aponta.usecases.read.published import query

BARE = b"# end 0\r\n"
EVENING = START + timedelta(hours=13)
IDLE = (("M01", 3), ("M01", 4), ("M02", 4))  # machine and hour of its bare files


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """M01 made something in its first hour; then both stood."""
    factory = small.make(tmp_path_factory.mktemp("idle"))
    deliver(factory, name("M01", 0), text("M01", steady(0)))
    for machine, hour in IDLE:
        deliver(factory, name(machine, hour), BARE, written=hour * 3600 + 3660)
    run(factory, now=EVENING)
    return factory


@pytest.fixture
def factory(idle, tmp_path):
    return copy_to(idle, tmp_path)


def statuses(factory):
    return [row["status"] for row in query(factory, "SELECT status FROM silver.files ORDER BY arrival")]


def covered(factory):
    """(machine, hours after START) that a file speaks for."""
    since = f"date_diff('hour', TIMESTAMPTZ '{START}', hour)"
    rows = query(factory, f"SELECT machine, {since} FROM silver.hours WHERE covered ORDER BY ALL")
    return [tuple(row.values()) for row in rows]


def test_each_speaks_for_its_own_machine_and_hour(idle):
    assert statuses(idle) == ["new"] * 4
    assert covered(idle) == [("M01", 0), *IDLE]
    assert verify_receipts(idle).faults == ()


def test_a_better_version_of_one_leaves_the_others_in_force(factory):
    deliver(factory, name("M01", 3), text("M01", steady(3)))
    run(factory, now=EVENING)
    assert statuses(factory)[-1] == "version"
    assert covered(factory) == [("M01", 0), *IDLE]
    (row,) = query(factory, "SELECT count(*)::INT AS n FROM silver.files WHERE in_force")
    assert row["n"] == 4


def test_under_its_name_it_is_a_duplicate(factory):
    (factory.folder / "landing" / "0" / name("M02", 4)).touch()
    run(factory, now=EVENING)
    assert statuses(factory)[-1] == "duplicate"


def test_what_holds_a_record_is_a_duplicate_under_any_name(factory):
    deliver(factory, name("M01", 5), text("M01", steady(0)))
    run(factory, now=EVENING)
    assert statuses(factory)[-1] == "duplicate"


def test_read_again_it_says_the_same(factory):
    before = facts(factory)
    shas = [row["file_sha256"] for row in query(factory, "SELECT file_sha256 FROM silver.files")]
    assert retry.request_decode(factory, shas, redecode="always") == 4
    run(factory, now=EVENING)
    assert facts(factory) == before


def test_the_order_in_which_they_come_does_not_matter(idle, tmp_path):
    other = small.make(tmp_path)
    for machine, hour in reversed(IDLE):
        deliver(other, name(machine, hour), BARE, written=hour * 3600 + 3660)
        run(other, now=EVENING)
    deliver(other, name("M01", 0), text("M01", steady(0)))
    run(other, now=EVENING)
    assert facts(other) == facts(idle)
