"""gold.clocks, worked out by hand; what status and doctor say of it; times that were made anew, in tables."""

import factory as small
import pytest
from factory import WEEK_LATER, content, deliver, name, run, text

from aponta.config import load
from aponta.usecases.doctor.checks import check_all
from aponta.usecases.read.published import query
from aponta.usecases.read.status import factory_status

RESET = "01/01/2000 00:00:01.000"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """M01's clock is 90 s ahead, but for one hour of eleven; M02's as much behind; N01's tells nothing."""
    factory = small.make(tmp_path_factory.mktemp("clocks"), **small.CLOCKLESS)
    for hour in range(11):
        skew = 400 if hour == 5 else 90 + hour
        deliver(
            factory, name("M01", hour), text("M01", [small.Item(hour * 3600 + 1800, hour)]), hour * 3600 + 1800 - skew
        )
    deliver(factory, name("M02", 0), text("M02", [small.Item(1800, 1)]), written=1890)
    made = [small.Item(900, 1), small.Item(0, 2, written=RESET), small.Item(0, 3, cycle="7,5", written="-")]
    deliver(factory, name("N01", 0), text("N01", made), written=3600)
    run(factory)
    return factory


def test_skew_is_the_median_and_jitter_what_one_odd_file_does_not_move(told):
    rows = query(told, "SELECT * FROM gold.clocks ORDER BY machine")
    # 90 91 92 93 94 96 97 98 99 100 400: the median, and the 10th of eleven minus the 2nd
    assert rows == [
        {"machine": "M01", "files": 11, "skew_ms": 96_000, "jitter_ms": 9_000, "rebuilt": 0},
        {"machine": "M02", "files": 1, "skew_ms": -90_000, "jitter_ms": 0, "rebuilt": 0},
        {"machine": "N01", "files": 0, "skew_ms": None, "jitter_ms": None, "rebuilt": 2},
    ]


def test_only_the_newest_files_count(told, tmp_path):
    factory = small.copy_to(told, tmp_path)
    for hour in range(200, 248):
        deliver(factory, name("M01", hour), text("M01", [small.Item(hour * 3600, hour)]), hour * 3600)
    run(factory, now=WEEK_LATER.replace(month=4))
    (row,) = query(factory, "SELECT files, skew_ms, jitter_ms FROM gold.clocks WHERE machine = 'M01'")
    assert row == {"files": 48, "skew_ms": 0, "jitter_ms": 0}


def test_status_and_doctor_tell_it(told):
    machines = {row["machine"]: (row["skew_ms"], row["jitter_ms"]) for row in factory_status(told)["machines"]}
    assert machines == {"M01": (96_000, 9_000), "M02": (-90_000, 0), "N01": (None, None)}
    said = {one.message: one.facts for one in check_all(told) if one.check == "machine_clock"}
    assert said.keys() == {"clock_ahead", "clock_rebuilt"}
    assert (said["clock_ahead"]["machine"], said["clock_ahead"]["skew_s"]) == ("M01", 96.0)
    assert (said["clock_rebuilt"]["machine"], said["clock_rebuilt"]["rebuilt"]) == ("N01", 2)


def test_items_say_which_times_were_made_anew_and_what_the_machine_wrote(told):
    rows = query(
        told,
        "SELECT date_diff('millisecond', hour, produced_at)::INT AS since, flags, produced_at_source AS wrote "
        "FROM silver.items WHERE machine = 'N01' ORDER BY produced_at",
    )
    assert [tuple(row.values()) for row in rows] == [
        (900_000, None, None),
        (905_000, "rebuilt", RESET),
        (912_500, "rebuilt", None),
    ]
    assert query(told, "SELECT rebuilt, flags, skew_ms FROM silver.files WHERE machine = 'N01'") == [
        {"rebuilt": 2, "flags": "rebuilt", "skew_ms": None}
    ]


def test_restating_keeps_them(told, tmp_path):
    factory = small.copy_to(told, tmp_path)
    before = content(factory, "silver.items")
    (factory.folder / "calendar.toml").write_text(small.CALENDAR.replace("07:00", "06:00"), encoding="utf-8")
    changed = load(tmp_path)
    run(changed)
    assert query(changed, "SELECT count(*) AS n FROM gold.restated_hours WHERE machine = 'N01'")[0]["n"] > 0
    assert content(changed, "silver.items") == before


def test_a_row_without_a_sound_time_in_files_of_two_hours_is_told_of(told, tmp_path):
    """Nothing in either file tells whose it is: it counts in both. Where one begins with sound rows it does not."""
    factory = small.copy_to(told, tmp_path)
    lost = [small.Item(0, n, written=f"01/01/2000 00:00:0{n}.000") for n in (7, 8)]
    deliver(factory, name("N01", 2), text("N01", lost), written=2 * 3600)
    deliver(factory, name("N01", 3), text("N01", [*lost, small.Item(3 * 3600 + 60, 9)]), written=3 * 3600)
    deliver(factory, name("M02", 2), text("M02", [small.Item(7205, 6), *lost]), written=2 * 3600)
    deliver(factory, name("M02", 3), text("M02", [small.Item(7205, 6), *lost, small.Item(10_860, 9)]), written=10_800)
    run(factory)
    found = {one.facts["machine"]: one.facts["items"] for one in check_all(factory) if one.message == "clock_twice"}
    assert found == {"N01": 2}
    rows = query(factory, "SELECT counter::INT AS n FROM silver.items WHERE machine = 'M02' AND counter > 5 ORDER BY n")
    assert [row["n"] for row in rows] == [6, 7, 8, 9], "each once"
