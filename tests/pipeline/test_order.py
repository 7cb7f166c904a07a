"""The law of order: any order, any copies, any repeats of whole files give the same facts and the same stock."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import factory as small
import pytest
from hypothesis import strategies as st
from laws import law, same

from aponta.pipeline.facts import item_rows

MACHINES = ("M01", "M02", "N01")
GAPS = (0, 0.25, 5, 29, 36, 61, 200, 400, 1500, 4000)  # seconds: none, a cycle, about the limits of stops, over an hour


@dataclass(frozen=True)
class File:
    name: str
    data: bytes


@st.composite
def items(draw, clocks=(None,)):
    at, counter, made = 0.0, 0, []
    for gap in draw(st.lists(st.sampled_from(GAPS), min_size=1, max_size=14)):
        at += gap
        counter = draw(st.sampled_from([counter + 1] * 8 + [counter + 3, 1]))
        product, quality = draw(st.sampled_from("PPPQB-")), draw(st.sampled_from("AAARTX"))
        made.append(small.Item(at, counter, product, quality, draw(st.sampled_from(["5", "2,5", "-"]))))
        made[-1] = replace(made[-1], written=draw(st.sampled_from(clocks)))
    return made


@st.composite
def files(draw, clocks=(None,)):
    """Stretches of what machines made, in any overlap; several of one name, one under several; some say otherwise."""
    found = set()
    for machine in draw(st.sampled_from([("M01",), ("N01",), MACHINES])):
        made = draw(items(clocks))
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(made) - 1))
            rows = made[start : draw(st.integers(start, len(made)))]
            if rows and draw(st.booleans()):
                which = draw(st.integers(0, len(rows) - 1))
                rows[which] = replace(rows[which], quality=draw(st.sampled_from("ART")), cycle="7")
            data = small.text(machine, rows, draw(st.sampled_from([True, True, False, 99])))
            data = draw(st.sampled_from([data] * 7 + [b""]))  # none: the machine stood
            hours = sorted({row.hour for row in rows}) or [0, 1]
            for tail in draw(st.sampled_from([[""], [""], ["_b"], ["", "_copy"]])):
                found.add(File(small.name(machine, draw(st.sampled_from(hours)), tail), data))
    return sorted(found, key=lambda file: (file.name, file.data))


@st.composite
def deliveries(draw, clocks=(None,)):
    """The same files twice: once all together, once in another order, some again, over several passes."""
    all_together = draw(files(clocks))
    order = draw(st.permutations(all_together + draw(st.lists(st.sampled_from(all_together), max_size=2))))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=2)))
    passes = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    return [all_together], passes


def outcome(passes, layouts=small.STOPPED):
    with tempfile.TemporaryDirectory() as folder:
        factory = small.make(Path(folder), **layouts)
        for files in passes:
            for number, file in enumerate(files):
                small.deliver(factory, file.name, file.data, written=number)
            small.run(factory)
        return small.facts(factory)


def any_order(delivered):
    all_together, passes = delivered
    same(outcome(all_together), outcome(passes))


test_whole_files_in_any_order = law(12, deliveries(), any_order, first=5)
test_whole_files_in_any_order_at_length = pytest.mark.slow(pytest.mark.timeout(1800)(law(12, deliveries(), any_order)))


@st.composite
def late_hours(draw):
    """A file an hour, of few items of any product; some come late, several together, some again and longer."""
    hours = []
    for hour in range(draw(st.integers(3, 5))):
        moments = sorted(draw(st.sets(st.integers(1, 3599), min_size=0, max_size=3)))
        made = [
            small.Item(hour * 3600 + at, hour * 10 + n, draw(st.sampled_from("PQB"))) for n, at in enumerate(moments)
        ]
        name = small.name("M01", hour)
        hours.append([File(name, small.text("M01", made[:most])) for most in sorted({draw(st.integers(0, 3)), 3})])
    passes = [[], [], []]
    for versions in hours:
        for version, when in zip(versions, sorted(draw(st.integers(0, 2)) for _ in versions), strict=True):
            passes[when].append(version)
    return [[file for one in passes for file in one]], passes


test_hours_that_come_late_together = law(8, late_hours(), any_order, first=4)
test_hours_that_come_late_together_at_length = pytest.mark.slow(
    pytest.mark.timeout(1800)(law(8, late_hours(), any_order))
)


RESET = ("01/01/2000 00:00:01.000", "01/01/2000 00:00:02.000", "-")
BROKEN = (None, None, None, *RESET)


def made_anew_in_any_order(delivered):
    all_together, passes = delivered
    same(outcome(all_together, small.CLOCKLESS), outcome(passes, small.CLOCKLESS))


test_files_of_broken_clocks_in_any_order = law(10, deliveries(BROKEN), made_anew_in_any_order, first=5)
test_files_of_broken_clocks_in_any_order_at_length = pytest.mark.slow(
    pytest.mark.timeout(1800)(law(10, deliveries(BROKEN), made_anew_in_any_order))
)


def test_the_same_rows_without_a_clock_under_the_names_of_two_hours_count_once():
    """In the hour of the least name, whichever came first: their bytes do not tell."""
    data = small.text("M01", [small.Item(0, n, written=RESET[0]) for n in (1, 2, 3)])
    one, other = (File(small.name("M01", hour), data) for hour in (0, 1))
    found = outcome([[one], [other]], small.CLOCKLESS)
    same(found, outcome([[other], [one]], small.CLOCKLESS))
    same(found, outcome([[other, one]], small.CLOCKLESS))
    assert len(found["silver.items"]) == 3
    assert [(row["items"], row["covered"]) for row in found["silver.hours"]] == [(3, True), (0, True)]


def test_read_anew_under_a_lesser_name_a_file_still_speaks_for_the_hour_of_its_other_one():
    """Also where a row of its own spills into that hour, for which it does not speak by itself."""
    made = [small.Item(0, 1), small.Item(4000, 2), small.Item(4000, 3, written=RESET[0])]
    one, other = (File(small.name("M01", hour), small.text("M01", made, trailer=False)) for hour in (0, 1))
    found = outcome([[one, other]], small.CLOCKLESS)
    same(found, outcome([[other], [one]], small.CLOCKLESS))
    same(found, outcome([[one], [other]], small.CLOCKLESS))
    assert [row["covered"] for row in found["silver.hours"]] == [True, True]


def test_a_row_without_a_clock_in_two_files_of_one_hour_is_one_item():
    made = [small.Item(0, n, written=RESET[0]) for n in range(1, 9)]
    one, other = File(small.name("M01", 0), small.text("M01", made[:6])), small.text("M01", made[4:])
    files = [one, File(small.name("M01", 0, "_b"), other)]
    found = outcome([files], small.CLOCKLESS)
    same(found, outcome([files[1:], files[:1]], small.CLOCKLESS))
    assert sorted(row["counter"] for row in found["silver.items"]) == list(range(1, 9))


def steady_or_not(delivered):
    """Passing over the rows that go on steadily is faster, and changes nothing."""
    _, passes = delivered
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item_rows, "STEADY_US", 2**62)  # no limit of stops is as long: every row is looked at
        every = outcome(passes)
    same(every, outcome(passes))


test_steady_rows_may_be_passed_over = law(10, deliveries(), steady_or_not, first=5)
test_steady_rows_may_be_passed_over_at_length = pytest.mark.slow(
    pytest.mark.timeout(1800)(law(10, deliveries(), steady_or_not))
)


@st.composite
def cuts(draw):
    """What a machine that counts made: one file an hour; and cut and joined anywhere at line ends, with overlaps."""
    made = []
    for hour in range(draw(st.integers(1, 3))):
        moments = {0, 3500, *draw(st.lists(st.integers(0, 3500), max_size=5))}
        quality = draw(st.sampled_from("ART"))
        for at in sorted(moments):
            made.append(small.Item(hour * 3600 + at + 1, len(made) + 1, quality=quality))
    hourly = [[item for item in made if item.hour == hour] for hour in range(made[-1].hour + 1)]
    ends = sorted({*draw(st.lists(st.integers(1, len(made)), max_size=4)), len(made)})
    starts = [max(0, end - draw(st.sampled_from([0, 0, 1, 5]))) for end in [0, *ends[:-1]]]
    pieces = [made[start:end] for start, end in zip(starts, ends, strict=True)]
    return hourly, draw(st.permutations(pieces)), draw(st.integers(0, len(pieces)))


def any_cut(drawn):
    hourly, pieces, of_first_pass = drawn

    def files(parts, tail=""):
        tails = [tail and f"{tail}{part[0].counter}_{len(part)}" for part in parts]
        names = [small.name("M01", part[-1].hour, own) for part, own in zip(parts, tails, strict=True)]
        return [File(name, small.text("M01", part, trailer=False)) for name, part in zip(names, parts, strict=True)]

    cut = files(pieces, tail="_from")
    same(outcome([files(hourly)]), outcome([cut[:of_first_pass], cut[of_first_pass:]]))


test_files_cut_and_joined_at_line_ends = law(12, cuts(), any_cut, first=4)
test_files_cut_and_joined_at_line_ends_at_length = pytest.mark.slow(pytest.mark.timeout(1800)(law(12, cuts(), any_cut)))


def test_a_run_that_begins_in_the_first_moment_of_the_hour_after_stays():
    before = File(small.name("M01", 0), small.text("M01", [small.Item(60, 1)]))
    late = File(small.name("M01", 0, "_b"), small.text("M01", [small.Item(90, 2)]))
    items = [small.Item(3600, 3), small.Item(3600, 4, product="Q"), small.Item(3605, 5)]
    after = File(small.name("M01", 1), small.text("M01", items))
    same(outcome([[before, late, after]]), outcome([[before, after], [late]]))


def test_a_stop_before_the_first_item_stays_when_a_late_idle_hour_comes():
    """Its hours are idle ones before any item, and the late hour reaches back to the first items."""
    idle, late = (File(small.name("M01", at), small.text("M01", [])) for at in (0, 2))
    items = [File(small.name("M01", at), small.text("M01", [small.Item(at * 3600 + 1800, at)])) for at in (1, 4)]
    same(outcome([[idle, *items, late]]), outcome([[idle, *items], [late]]))


def test_a_version_that_holds_another_hour_than_the_one_it_replaces():
    name = small.name("M01", 0)
    first = File(name, small.text("M01", [small.Item(3700, 2)]))
    second = File(name, small.text("M01", [small.Item(60, 1), small.Item(90, 2)]))
    same(outcome([[first, second]]), outcome([[first], [second]]))


def test_the_product_in_force_goes_from_one_late_hour_through_one_that_was_there():
    late, there, late_too = (
        File(small.name("M01", hour), small.text("M01", [small.Item(hour * 3600 + 600, hour + 1, product)]))
        for hour, product in enumerate("BQP")
    )
    same(outcome([[late, there, late_too]]), outcome([[there], [late, late_too]]))
