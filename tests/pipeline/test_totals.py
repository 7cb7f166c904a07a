"""Rows that tell running totals: what was made, when it stood, what stock is told - whatever came first."""

import tempfile
from pathlib import Path

import factory as small
import pytest
import totals
from hypothesis import strategies as st
from laws import law, same
from totals import Reading, deliver, minutes

from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import HOUR_US, to_us
from aponta.usecases.correct import backfill, reassign
from aponta.usecases.correct.retry import request_decode
from aponta.usecases.read.explain import explain_fact, explain_file
from aponta.usecases.read.published import query

GOOD, SCRAP = ("SKU-P", "finished"), ("SKU-P", "scrap")


@pytest.fixture
def factory(tmp_path):
    return totals.make(tmp_path)


def made(factory):
    """(hour, product, quality) -> pieces; hours count from START."""
    rows = small.content(factory, "gold.production")
    hours = {(row["hour"] - to_us(small.START)) // HOUR_US: row["hour"] for row in rows}
    return {
        (hour, row["product"], row["quality"]): row["pieces"]
        for row in rows
        for hour, start in hours.items()
        if row["hour"] == start
    }


def stood(factory):
    """(since, until, kind) in seconds after START."""
    rows = small.content(factory, "silver.stops")
    start = to_us(small.START)
    return sorted(((row["started_at"] - start) / 1e6, (row["ended_at"] - start) / 1e6, row["kind"]) for row in rows)


def kpi(factory, *columns):
    rows = small.content(factory, "kpi.oee")
    return [tuple(row[name] for name in columns) for row in sorted(rows, key=lambda row: (row["hour"], row["product"]))]


def test_an_hour_counted_by_hand(factory):
    """1042 good and 17 scrap so far, of which nobody knows since when; 22 and 1 more; then an order of B from 0."""
    deliver(
        factory,
        [
            Reading(0, 1042, 17),
            Reading(60, 1052, 17),
            Reading(120, 1063, 18),
            Reading(180, 1063, 18),  # nothing
            Reading(1200, 1064, 18),
            Reading(1500, 0, 0, "B"),  # the order's end
            Reading(1560, 6, 2, "B"),
            Reading(1620, 5, 2, "B"),  # a correction, or a row out of order
            Reading(1680, 9, 2, "B"),
        ],
    )
    report = small.run(factory)
    assert report.counts.items["new"] == 9
    assert made(factory) == {(0, "P", "good"): 22, (0, "P", "scrap"): 1, (0, "B", "good"): 9, (0, "B", "scrap"): 2}
    flags = {row["row_no"]: row["flags"] for row in small.content(factory, "silver.items") if row["flags"]}
    assert flags == {
        1: "first:good_total,first:scrap_total",
        6: "restart:good_total,restart:scrap_total",
        8: "fell:good_total",
    }
    # 12 pieces of 5 s fill the minute before 07:02; the one of 07:20 took 5 s; B's eight and three took 2 s each.
    assert stood(factory) == [
        (120, 1195, "stop"),
        (1200, 1544, "changeover"),
        (1560, 1674, "micro_stop"),
        (1680, 3600, "stop"),
    ]
    assert small.on_hand(factory) == {GOOD: 22, SCRAP: 1}, "B is counted in boxes"
    assert kpi(factory, "product", "produced", "good", "scrap", "ideal_ms_good") == [
        ("B", 11, 9, 2, 18_000),
        ("P", 23, 22, 1, 110_000),
    ]


def test_a_row_a_minute_that_counts_on_is_no_stop_and_ten_without_are_one(factory):
    rows = minutes(0)
    stand = [Reading(at, rows[29].good) for at in range(30 * 60, 40 * 60, 60)]
    deliver(factory, [*rows[:30], *stand, *minutes(0, first=rows[29].good - 39 * 12)[40:]])
    deliver(factory, minutes(1, first=rows[29].good + 20 * 12 + 12))
    small.run(factory)
    assert [row for row in stood(factory) if row[2] != "micro_stop"] == [(29 * 60, 39 * 60, "stop")]


def test_a_late_hour_takes_what_the_one_after_it_showed(factory):
    """The sum stays, and stock is told both."""
    deliver(factory, minutes(0))
    deliver(factory, minutes(2))
    small.run(factory)
    assert made(factory) == {(0, "P", "good"): 708, (2, "P", "good"): 1440}
    before = small.on_hand(factory)
    deliver(factory, minutes(1))
    assert small.run(factory).counts.items == {"new": 60, "known": 0, "changed": 0, "repeated": 0, "withdrawn": 0}
    assert made(factory) == {(0, "P", "good"): 708, (1, "P", "good"): 720, (2, "P", "good"): 720}
    assert small.on_hand(factory) == before == {GOOD: 2148}
    told = small.content(factory, "gold.restatements")
    start = to_us(small.START)
    assert sorted(
        ((row["hour"] - start) // HOUR_US, row["old_pieces"], row["new_pieces"], row["cause"]) for row in told
    ) == [(1, 0, 720, "late"), (2, 1440, 720, "late")]
    assert [row["unknown_ms"] for row in small.content(factory, "kpi.oee")] == [0, 0, 0]


def test_an_hour_in_which_nothing_was_made_is_gone_on_from(factory):
    """Its stop goes through it, from the last piece before to the first one after."""
    deliver(factory, minutes(0)[:30])
    deliver(factory, [Reading(3600 + at, 29 * 12) for at in range(0, 3600, 60)])
    small.run(factory)
    deliver(factory, minutes(2, first=29 * 12))
    small.run(factory)
    assert made(factory) == {(0, "P", "good"): 348, (2, "P", "good"): 708}
    assert (29 * 60, 7200, "stop") in stood(factory)
    deliver(factory, [Reading(3600 + 30, 29 * 12), Reading(3600 + 90, 29 * 12)], tail="_b")
    small.run(factory)
    assert (29 * 60, 7200, "stop") in stood(factory)
    assert query(factory, "SELECT sum(produced)::INT AS n, sum(stop_ms)::INT AS ms FROM kpi.oee") == [
        {"n": 1056, "ms": (7200 - 29 * 60) * 1000 - 15 * 60_000}  # without the break
    ]


def test_the_same_row_told_twice_is_one(factory):
    rows = [Reading(0, 10), Reading(60, 22), Reading(60, 22), Reading(120, 30)]
    deliver(factory, rows)
    deliver(factory, rows[2:], tail="_again")
    counts = small.run(factory).counts.items
    assert counts == {"new": 3, "known": 2, "changed": 0, "repeated": 1, "withdrawn": 0}
    assert made(factory) == {(0, "P", "good"): 20}


def test_a_quality_put_right_moves_the_pieces_and_taken_back_they_are_back(factory):
    deliver(factory, [Reading(0, 10, 1), Reading(60, 22, 1), Reading(120, 30, 3), Reading(180, 35, 3)])
    small.run(factory)
    as_told = small.facts(factory)
    moments = [to_us(small.START) + at * 1_000_000 for at in (0, 150)]
    wrong = Reassignment(0, "T01", *moments, None, "good", None, "rework")
    number = reassign.reassign(factory, wrong, "ana", "burr", lambda: small.WEEK_LATER)
    small.run(factory)
    assert made(factory) == {(0, "P", "good"): 5, (0, "P", "rework"): 20, (0, "P", "scrap"): 2}
    assert small.on_hand(factory) == {GOOD: 5, SCRAP: 2}
    all_of_it = Reassignment(0, "T01", *moments, None, None, "B", "unknown")
    other = reassign.reassign(factory, all_of_it, "ana", "setup sheet", lambda: small.WEEK_LATER)
    small.run(factory)
    assert made(factory) == {(0, "P", "good"): 5, (0, "B", "unknown"): 22}
    for one in (number, other):
        reassign.undo_reassignment(factory, one, "rui", lambda: small.WEEK_LATER)
    small.run(factory)
    same(small.facts(factory), as_told)


def test_another_rule_makes_the_hours_anew_and_corrects_stock(factory):
    """1000, then 700: a correction, until the layout says that any fall is a restart."""
    deliver(factory, [Reading(0, 990), Reading(60, 1000), Reading(120, 700), Reading(180, 710)])
    deliver(factory, [Reading(3600, 1010), Reading(3700, 1020)])
    small.run(factory)
    assert made(factory) == {(0, "P", "good"): 10, (1, "P", "good"): 20}
    again = totals.make(
        factory.folder,
        totals.LAYOUT.replace("good_total = { column = 4 }", "good_total = { column = 4, restart_below = 5000 }"),
    )
    report = small.run(again)
    assert report.restated["T01"].causes == ("totals",)
    assert made(again) == {(0, "P", "good"): 720, (1, "P", "good"): 310}
    assert small.on_hand(again) == {GOOD: 1030}
    told = small.content(again, "gold.restatements")
    assert {(row["old_pieces"], row["new_pieces"], row["cause"]) for row in told} == {
        (10, 720, "totals"),
        (20, 310, "totals"),
    }


def test_back_to_the_rows_from_a_fact_and_from_a_file(factory):
    deliver(factory, [Reading(0, 10, 1), Reading(60, 22, 1), Reading(120, 30, 3), Reading(180, 30, 3)])
    small.run(factory)
    told = explain_fact(factory, "gold.production", ["quality=scrap"])
    assert [(one["items"], one["first_row"], one["last_row"]) for one in told["files"]] == [(1, 3, 3)]
    assert told["rows"][0]["text"] == Reading(120, 30, 3).row
    file = explain_file(factory, small.name("T01", 0))
    assert [(one["quality"], one["items"], one["pieces"]) for one in file["hours"]] == [
        ("good", 2, 20),
        ("scrap", 1, 2),
        (None, 2, 0),
    ]
    assert {(one["quality"], one["pieces"]) for one in file["facts"]} == {("good", 20), ("scrap", 2)}
    assert {(one["quality"], one["pieces"]) for one in file["stock"]} == {("good", 20), ("scrap", 2)}


def test_a_backfill_changes_nothing(factory):
    for hour in (0, 1, 2):
        deliver(factory, minutes(hour, count=5))
    small.run(factory)
    before = small.facts(factory)
    shown = backfill.preview_backfill(factory, lambda: small.WEEK_LATER, small.START, small.WEEK_LATER, None)
    assert not shown.changed
    request_decode(
        factory,
        [row["file_sha256"] for row in query(factory, "SELECT file_sha256 FROM silver.files")],
        redecode="always",
    )
    while backfill.backfill_remaining(factory):
        small.run(factory)
    same(small.facts(factory), before)


def test_a_late_file_goes_on_from_an_hour_that_another_file_shares_with_it(factory):
    """Which is not touched, though that file is read again."""
    rows = [Reading(0, 500), Reading(3700, 510), Reading(3800, 520), Reading(3900, 530)]
    deliver(factory, rows[:3], hour=1)
    small.run(factory)
    deliver(factory, rows[3:], tail="_b")
    small.run(factory)
    assert made(factory) == {(1, "P", "good"): 30}


# -- laws

RISES = (0, 0, 1, 3, 12, 40, "restart", "restart", -1, -30)


@st.composite
def written(draw):
    """What a machine wrote over some hours: totals that rise, begin anew, are put back, roll over."""
    rolls = draw(st.booleans())
    good, scrap, at, rows = draw(st.integers(0, 999)), draw(st.integers(0, 20)), 0, []
    for _ in range(draw(st.integers(1, 10))):
        at += draw(st.sampled_from([0, 1, 60, 60, 400, 1500, 4000]))
        rise = draw(st.sampled_from(RISES))
        product = rows[-1].product if rows else "P"
        if rise == "restart":
            good, scrap, product = draw(st.integers(0, 5)), 0, draw(st.sampled_from("PB"))
        else:
            good, scrap = max(0, good + rise), max(0, scrap + draw(st.sampled_from([0, 0, 0, 1, -1])))
            good = good % 1000 if rolls else good
        rows.append(Reading(at, good, scrap, product))
    return rows, totals.ROLLS if rolls else totals.LAYOUT


@st.composite
def late_files(draw):
    """A file an hour, some with rows of the next; all at once, and in another order, some again, over two passes."""
    rows, layout = draw(written())
    hours = sorted({row.hour for row in rows})
    spill = draw(st.booleans())
    files = [[row for row in rows if row.hour == at or (spill and row.hour == at + 1)] for at in hours]
    order = draw(st.permutations(files + draw(st.lists(st.sampled_from(files), max_size=1))))
    first = draw(st.integers(0, len(order)))
    return [files], [order[:first], order[first:]], layout


@st.composite
def cuts(draw):
    """A file an hour; and cut and joined anywhere at line ends, with overlaps, over two passes."""
    rows, layout = draw(written())
    hourly = [[row for row in rows if row.hour == hour] for hour in sorted({row.hour for row in rows})]
    ends = sorted({*draw(st.lists(st.integers(1, len(rows)), max_size=4)), len(rows)})
    starts = [max(0, end - draw(st.sampled_from([0, 0, 1, 3]))) for end in [0, *ends[:-1]]]
    pieces = draw(st.permutations([rows[start:end] for start, end in zip(starts, ends, strict=True)]))
    first = draw(st.integers(0, len(pieces)))
    return [hourly], [pieces[:first], pieces[first:]], layout


def outcome(passes, layout):
    with tempfile.TemporaryDirectory() as folder:
        factory = totals.make(Path(folder), layout)
        for files in passes:
            for rows in files:  # a name tells which rows: versions are another test's
                deliver(factory, rows, tail=f"_{rows[0].at}_{rows[-1].at}_{len(rows)}_{hash(tuple(rows))}")
            small.run(factory)
        return small.facts(factory)


def any_order(drawn):
    together, passes, layout = drawn
    same(outcome(together, layout), outcome(passes, layout))


def any_cut(drawn):
    """But which hours a file speaks for depends on where it begins, and with it what stood."""
    hourly, passes, layout = drawn
    one, other = outcome(hourly, layout), outcome(passes, layout)
    for table in ("silver.items", "silver.runs", "gold.production", "on hand"):
        assert one[table] == other[table], table


test_files_in_any_order = law(12, late_files(), any_order, first=4)
test_files_in_any_order_at_length = pytest.mark.slow(pytest.mark.timeout(1800)(law(12, late_files(), any_order)))
test_rows_cut_and_joined_at_line_ends = law(12, cuts(), any_cut, first=4)
test_rows_cut_and_joined_at_line_ends_at_length = pytest.mark.slow(pytest.mark.timeout(1800)(law(12, cuts(), any_cut)))
