"""What was told changes: late hours, better versions, hours that fall away. Facts are restated, stock is corrected."""

from dataclasses import replace

import factory as small
import pytest

from aponta.errors import ConfigError
from aponta.factory_calendar import HOUR_US, to_us

FINISHED, SCRAP = ("SKU-P", "finished"), ("SKU-P", "scrap")


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


def hour(number):
    return to_us(small.START) + number * HOUR_US


def pass_over(factory, files):
    """Delivers M01's files, as (hour, data), and runs; the report's counts of items."""
    for at, data in files:
        small.deliver(factory, small.name("M01", at), data)
    return small.run(factory).counts


def hours(factory):
    return [(row["items"], row["covered"]) for row in small.content(factory, "silver.hours")]


def restated(factory):
    columns = ("hour", "quality", "old_pieces", "new_pieces", "cause")
    return [tuple(row[name] for name in columns) for row in small.content(factory, "gold.restatements")]


def declared(factory):
    rows = small.content(factory, "gold.stock_declarations")
    return sorted((row["hour"], row["quality"], row["revision"], row["pieces"], row["state"]) for row in rows)


def gap_after_first_hour(factory):
    """(until when, how long it stood) since the last of hour 0's `steady` items."""
    stops = {row["started_at"]: row for row in small.content(factory, "silver.stops")}
    stop = stops[hour(0) + 3_200_000_000]
    return stop["ended_at"], stop["ms"]


def test_a_late_hour_is_told_with_its_cause_and_added_to_stock(factory):
    pass_over(factory, [(at, small.text("M01", small.steady(at))) for at in (0, 2)])
    assert gap_after_first_hour(factory) == (hour(2) + 5_000_000, 405_000), "of unknown hours it is not said they stood"
    assert [row["unknown_ms"] for row in small.content(factory, "kpi.oee")] == [0, 3_600_000, 0]
    late = small.text("M01", small.steady(1))
    assert pass_over(factory, [(1, late)]).items["new"] == 12
    assert restated(factory) == [(hour(1), "good", 0, 12, "late")]
    assert [row["unknown_ms"] for row in small.content(factory, "kpi.oee")] == [0, 0, 0]
    assert gap_after_first_hour(factory) == (hour(1) + 5_000_000, 405_000)
    assert declared(factory) == [(hour(at), "good", 1, 12, "acknowledged") for at in range(3)]
    assert small.on_hand(factory) == {FINISHED: 36}
    (receipt,) = (body for _, _, body in small.receipts(factory)[2:])
    assert '"hours_restated":["2026-03-02T11:00:00Z"]' in receipt


def test_a_better_version_withdraws_what_it_does_not_hold(factory):
    made = small.steady(0)
    wrong = [*made[:10], replace(made[10], counter=99), replace(made[11], counter=100)]
    assert pass_over(factory, [(0, small.text("M01", wrong, trailer=False))]).files["new"] == 1
    assert small.on_hand(factory) == {FINISHED: 12}
    right = [replace(item, quality="R") if item.counter < 3 else item for item in made]
    counts = pass_over(factory, [(0, small.text("M01", right))])
    assert counts.files["version"] == 1
    assert counts.items == {"new": 2, "known": 8, "changed": 2, "repeated": 0, "withdrawn": 2}
    assert restated(factory) == [(hour(0), "good", 12, 10, "version"), (hour(0), "scrap", 0, 2, "version")]
    assert declared(factory) == [
        (hour(0), "good", 1, 12, "acknowledged"),
        (hour(0), "good", 2, -2, "acknowledged"),
        (hour(0), "scrap", 1, 2, "acknowledged"),
    ]
    assert small.on_hand(factory) == {FINISHED: 10, SCRAP: 2}
    in_force = {row["size"]: row["in_force"] for row in small.content(factory, "silver.files")}
    assert sorted(in_force.values()) == [False, True]
    pass_over(factory, [(0, small.text("M01", made[:4]))])
    assert small.on_hand(factory) == {FINISHED: 10, SCRAP: 2}, "a lesser version changes nothing, whenever it comes"


@pytest.mark.parametrize("wrong_first", [True, False])
def test_hours_that_only_a_withdrawn_version_spoke_for_fall_away(factory, tmp_path_factory, wrong_first):
    """The stop after the last item ends where the last reported hour ends: not in an hour that nothing speaks for."""
    made = small.steady(0)
    far = [replace(item, at=item.at + 3 * 3600) for item in made[-3:]]
    wrong, right = small.text("M01", made[:4] + far, trailer=False), small.text("M01", made)
    for data in (wrong, right) if wrong_first else (right, wrong):
        pass_over(factory, [(0, data)])
    other = small.make(tmp_path_factory.mktemp("other"))
    pass_over(other, [(0, right)])
    assert small.facts(factory) == small.facts(other)


@pytest.mark.parametrize("passes", [[(1, 2)], [(1,), (2,)], [(2,), (1,)]])
def test_idle_hours_with_the_same_bytes_are_each_spoken_for(factory, passes):
    """The bytes were seen before; that the second hour was idle as well, its name alone tells."""
    nothing = small.text("M01", [])
    pass_over(factory, [(at, small.text("M01", small.steady(at))) for at in (0, 3)])
    for idle in passes:
        pass_over(factory, [(at, nothing) for at in idle])
    assert hours(factory) == [(12, True), (0, True), (0, True), (12, True)]
    assert [row["unknown_ms"] for row in small.content(factory, "kpi.oee")] == [0] * 4
    again = pass_over(factory, [(2, nothing)])  # in another folder: a file without a record is known by both
    assert (again.files["version"], again.rows["skipped"]) == (1, 2)
    assert hours(factory) == [(12, True), (0, True), (0, True), (12, True)]


def test_an_hour_of_which_only_the_file_before_holds_an_item(factory):
    first = [*small.steady(0), small.Item(3601, 13)]
    pass_over(factory, [(0, small.text("M01", first))])
    assert hours(factory) == [(12, True), (1, False)]
    pass_over(factory, [(1, small.text("M01", []))])
    assert hours(factory) == [(12, True), (1, True)]
    assert small.on_hand(factory) == {FINISHED: 13}


def test_a_row_cut_off_is_set_aside_until_the_file_has_grown(factory):
    whole = small.text("M01", small.steady(0), trailer=False)
    cut = pass_over(factory, [(0, whole[:-9])])
    assert (cut.rows["records"], cut.rows["quarantined"]) == (11, 1)
    assert small.on_hand(factory) == {FINISHED: 11}
    grown = pass_over(factory, [(0, whole)])
    assert (grown.files["version"], grown.items["new"], grown.items["known"]) == (1, 1, 11)
    assert [row["status"] for row in small.content(factory, "silver.quarantine")] == ["solved"]
    assert small.on_hand(factory) == {FINISHED: 12}


def test_a_sensor_that_was_taken_out_of_the_layout_keeps_its_values(tmp_path):
    """In the hours that another hour's file comes beside, and in those that are made anew from the items known."""
    bare = small.FILES["layouts/counted.toml"]
    sensing = bare + "[sensors]\nheat_c = { column = 6 }\n"
    pass_over(small.make(tmp_path, counted=sensing), [(at, small.text("M01", small.steady(at))) for at in (0, 1)])
    pass_over(small.make(tmp_path, counted=bare), [(2, small.text("M01", small.steady(2)))])
    kept = {(hour(0), 5.0), (hour(1), 5.0), (hour(2), None)}

    def heat():
        rows = small.content(small.make(tmp_path, counted=sensing), "silver.items")
        assert len(rows) == 36
        return {(row["hour"], row["heat_c"]) for row in rows}

    assert heat() == kept
    shorter = small.make(tmp_path, counted=bare, calendar=small.CALENDAR.replace("07:00", "08:00"))
    assert small.run(shorter).restated["M01"].hours == 3
    assert heat() == kept


COUNTED = small.FILES["layouts/counted.toml"]
NEXT_SOFTWARE = {
    "layouts/counted_v2.toml": COUNTED.replace('"counted"', '"counted_v2"').replace("_(?P<hour>", "_v2_(?P<hour>"),
    "machines.csv": small.MACHINES.replace("M01,L1,counted", "M01,L1,counted_v2"),
}


def with_next_software(factory, **changed):
    """M01's first hour has come; then its form of file changes, and the new one's file overlaps with that hour."""
    made = small.steady(0)
    pass_over(factory, [(0, small.text("M01", made))])
    for path, content in (NEXT_SOFTWARE | changed).items():
        (factory.folder / path).unlink() if content is None else (factory.folder / path).write_text(content)
    name = small.name("M01", 1).replace("_", "_v2_", 1)
    small.deliver(factory, name, small.text("M01", [*made[10:], *small.steady(1)]))
    return small.load(factory.folder)


def test_a_file_that_is_needed_again_is_read_by_the_layout_that_read_it(factory):
    changed = with_next_software(factory)
    assert small.run(changed).counts.items == {"new": 12, "known": 2, "changed": 0, "repeated": 0, "withdrawn": 0}
    assert small.on_hand(factory) == {FINISHED: 24}


GONE = {
    "layouts/counted.toml": None,
    "machines.csv": "\n".join(line for line in small.MACHINES.split("\n") if "M02" not in line).replace(
        "M01,L1,counted", "M01,L1,counted_v2"
    ),
}
OTHERWISE = {"layouts/counted.toml": COUNTED.replace("columns = 6", "columns = 7")}


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        pytest.param(GONE, "pipeline.layout_gone", id="its layout is gone"),
        pytest.param(OTHERWISE, "pipeline.read_otherwise", id="its layout was changed"),
    ],
)
def test_a_file_that_would_be_read_otherwise_withdraws_nothing(factory, edit, code):
    changed = with_next_software(factory, **edit)
    with pytest.raises(ConfigError) as refused:
        small.run(changed)
    assert refused.value.code == code
    assert small.on_hand(factory) == {FINISHED: 12}
    for path in edit:
        (factory.folder / path).write_text((small.FILES | NEXT_SOFTWARE)[path])
    small.run(small.load(factory.folder))
    assert small.on_hand(factory) == {FINISHED: 24}, "once that is undone it goes on"
