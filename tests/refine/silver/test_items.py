"""silver.items: one row per item, whatever came how often in which order; its shift."""

import itertools

import narwhals.stable.v2 as nw
import pytest

from aponta.contract.decoded import staged_columns
from aponta.contract.table import Kind
from aponta.refine.silver.items import apply_reassignments, items_of_records, records_of_items

H, S = 3_600_000_000, 1_000_000
T = 10 * H
SENSORS = ("heat_c",)
PLACE: dict[str, Kind] = {
    "file": "long",
    "file_sha256": "string",
    "layout": "string",
    "received_at": "long",
    "hour": "long",
    "piece_start": "long",
    "piece_end": "long",
    "shift": "string",
    "production_day": "string",
}
FILES = [(0, "aa", "press_v1", 1), (1, "bb", "press_v1", 2), (2, "cc", "press_v1", 3)]
DAY = [(T, T, T + 1800 * S, "1", "1970-01-01"), (T, T + 1800 * S, T + H, None, "1970-01-01")]


def record(
    file=0,
    row_no=1,
    at=T,
    counter=7,
    quality="good",
    product="A",
    pieces=1,
    cycle_s=1.5,
    heat=20.0,
    flags=None,
    nth=1,
    repeat=False,
):
    return (
        file,
        row_no,
        "M1",
        counter,
        at,
        product,
        quality,
        cycle_s,
        pieces,
        *(None, None, None),
        heat,
        flags,
        at - at % H,
        counter,
        nth,
        repeat,
        2,
        None,
    )


def made(engine, records, contested=True, files=FILES):
    frame = engine.rows(staged_columns(SENSORS), records)
    places = engine.rows(PLACE, [(*file, *piece) for file in files for piece in DAY])
    return items_of_records(frame, places, SENSORS, contested=contested)


def test_an_item_has_its_shift_its_file_and_its_row(engine):
    found = made(engine, [record(row_no=9)], contested=False)
    assert engine.collect(
        found,
        "machine",
        "counter",
        "product",
        "quality",
        "pieces",
        "shift",
        "production_day",
        "file_sha256",
        "row_no",
        "flags",
    ) == [("M1", 7, "A", "good", 1, "1", "1970-01-01", "aa", 9, None)]


def test_what_is_made_outside_of_the_calendar_is_kept_and_flagged(engine):
    late = T + 1800 * S  # the shift's end is outside of it
    found = made(
        engine,
        [record(at=T + 1800 * S - 1), record(at=late, counter=8), record(at=late, counter=9, flags="range:heat_c")],
    )
    assert engine.collect(found, "counter", "shift", "flags") == [
        (7, "1", None),
        (8, None, "off_calendar"),
        (9, None, "range:heat_c,off_calendar"),
    ]


def test_files_out_of_force_bring_no_items(engine):
    found = made(engine, [record(file=0), record(file=1, counter=8)], files=FILES[:1])
    assert engine.collect(found, "counter") == [(7,)]


def test_two_items_of_one_instant_are_two(engine):
    found = made(engine, [record(counter=7), record(counter=8, row_no=2)])
    assert engine.collect(found, "produced_at", "counter") == [(T, 7), (T, 8)]


def test_one_counter_at_two_times_is_two_items(engine):
    found = made(engine, [record(), record(at=T + S, row_no=2)])
    assert engine.collect(found, "produced_at", "counter") == [(T, 7), (T + S, 7)]


def test_the_nth_same_row_is_an_item_of_its_own(engine):
    rows = [record(file=file, row_no=n, counter=-5, nth=n) for file in (0, 1) for n in (1, 2)]
    assert engine.collect(made(engine, rows), "identity", "nth", "file_sha256") == [(-5, 1, "aa"), (-5, 2, "aa")]


CLAIMS = [
    ([record(file=1, quality="good"), record(file=0, quality="scrap")], ("aa", 1, "scrap")),
    ([record(file=0, quality="rework"), record(file=1, quality="scrap")], ("bb", 1, "scrap")),
    ([record(file=0, quality="good"), record(file=1, quality="unknown")], ("bb", 1, "unknown")),
    ([record(file=0, product="B"), record(file=1, product="A")], ("bb", 1, "good")),
    ([record(file=0, cycle_s=1.5), record(file=1, cycle_s=None)], ("bb", 1, "good")),
    ([record(file=0, pieces=2), record(file=1, pieces=1)], ("bb", 1, "good")),
    ([record(file=0, heat=None), record(file=1, heat=-3.0)], ("aa", 1, "good")),
    ([record(file=2), record(file=1), record(file=0)], ("aa", 1, "good")),
    ([record(row_no=3, repeat=True), record(row_no=2)], ("aa", 2, "good")),
]


@pytest.mark.parametrize(("claims", "winner"), CLAIMS)
def test_of_rows_that_claim_one_item_the_cautious_wins_whichever_came_first(engine, claims, winner):
    for order in itertools.permutations(claims):
        assert engine.collect(made(engine, order), "file_sha256", "row_no", "quality") == [winner]


def test_items_give_back_the_records_they_were_made_from(engine):
    """What the calendar said of them is gone, what the machine said stays: also of a sensor named like the flag."""
    flags = (None, "quality_code", "range:off_calendar", "quality_code,range:off_calendar")
    within, outside = T, T + 2000 * S
    given = [
        record(row_no=at + number, at=at + number, counter=number, flags=flag)
        for at in (within, outside)
        for number, flag in enumerate(flags)
    ]
    staged = engine.rows(staged_columns(SENSORS), given)
    found = engine.materialize(
        items_of_records(staged, engine.rows(PLACE, [(*FILES[0], *piece) for piece in DAY]), SENSORS, contested=False)
    )
    assert [row["flags"] for row in engine.fetch(found) if row["shift"] is None].count("off_calendar") == 1
    back = records_of_items(apply_reassignments(found, ()).with_columns(file=nw.lit(0, nw.Int64)), SENSORS)
    columns = [name for name in staged_columns(SENSORS) if name != "repeat"]
    assert engine.collect(back, *columns) == engine.collect(staged, *columns)


def test_of_two_times_made_anew_for_one_item_the_later_is_its_time(engine):
    """The file that says so holds more of the hour above it. What says the time as written is the identity."""
    found = made(engine, [record(file=file, at=T + at, flags="rebuilt") for file, at in ((0, 30 * S), (1, 5 * S))])
    assert engine.collect(found, "produced_at", "file_sha256", "flags") == [(T + 30 * S, "aa", "rebuilt")]
    found = made(engine, [record(file=file, at=T + at) for file, at in ((0, 30 * S), (1, 5 * S))])
    assert len(engine.collect(found, "produced_at")) == 2, "times that were told are"
