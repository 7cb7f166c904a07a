"""Running totals: what is made is what they rose by, whichever way they fell, rolled over or stood in one moment."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponta.contract.table import Kind
from aponta.refine.silver import totals

H, S = 3_600_000_000, 1_000_000
T = 10 * H
ROW: dict[str, Kind] = {
    "machine": "string",
    "layout": "string",
    "produced_at": "long",
    "hour": "long",
    "identity": "long",
    "nth": "long",
    **dict.fromkeys(totals.QUALITIES, "long"),
    "flags": "string",
}


@pytest.fixture
def shown(engine):
    """rows: (second, good_total, scrap_total or none) -> (good, scrap, flags) of each in order of second and totals as
    given, and where the last hour leaves off. before: (good_total, scrap_total) of the hour before.
    """

    def show(rows, before=None, restart_below=None, rollover=None, flags=None):
        given = [
            ("M1", "l", T + at * S, T + at * S - at * S % H, identity, 1, good, scrap, None, flags)
            for identity, (at, good, scrap) in enumerate(rows)
        ]
        items = engine.rows(ROW, given)
        rules = engine.rows(totals.RULES, [("l", name, restart_below, rollover) for name in totals.QUALITIES])
        followed = engine.materialize(totals.with_previous(engine.materialize(totals.readings(items, rules))))
        left = {}
        for one in engine.fetch(totals.last_values(followed)):
            left.setdefault(one["hour"], {})[one["total"]] = one["highest"]
        known = {T - H: dict(zip(totals.QUALITIES, before, strict=False)) if before else {}} | left
        carried = [
            ("M1", hour + H, name, value)
            for hour, told in known.items()
            for name, value in told.items()
            if value is not None
        ]
        made = engine.fetch(totals.produced(items, followed, engine.rows(totals.HIGHEST, carried)))
        made.sort(key=lambda row: row["identity"])
        assert all(row["pieces"] == (row["good"] or 0) + (row["scrap"] or 0) for row in made)
        return [(row["good"], row["scrap"], row["flags"]) for row in made], left[max(left)]

    return show


def good(shown, values, **same):
    """Rows a minute apart of good_total alone -> what each shows, with its flag."""
    found, left = shown([(60 * n, value, None) for n, value in enumerate(values)], **same)
    assert all(scrap is None for _, scrap, _ in found)
    return [made if flag is None else (made, flag.removesuffix(":good_total")) for made, _, flag in found], left.get(
        "good_total"
    )


def test_what_a_total_rose_by_is_made(shown):
    assert good(shown, [1000, 1020, 1020, 1041], before=(990, None)) == ([10, 20, 0, 21], 1041)


def test_of_the_first_row_ever_nobody_knows_what_it_rose_by(shown):
    assert good(shown, [1000, 1020]) == ([(0, "first"), 20], 1020)


def test_a_fall_to_below_half_is_a_restart_and_the_new_total_was_made_since(shown):
    assert good(shown, [1000, 7, 9], before=(980, None)) == ([20, (7, "restart"), 2], 9)
    assert good(shown, [7, 9], before=(1000, None)) == ([(7, "restart"), 2], 9)
    assert good(shown, [0, 3], before=(1000, None)) == ([(0, "restart"), 3], 3)


def test_a_layout_may_say_below_what_a_fall_is_a_restart(shown):
    assert good(shown, [1000, 600, 610], before=(1000, None), restart_below=2000) == ([0, (600, "restart"), 10], 610)
    assert good(shown, [1000, 400, 1010], before=(1000, None), restart_below=100) == ([0, (0, "fell"), 10], 1010)


def test_after_a_smaller_fall_nothing_counts_twice(shown):
    assert good(shown, [1000, 990, 995, 1003], before=(1000, None)) == ([0, (0, "fell"), (0, "fell"), 3], 1003)
    assert good(shown, [990, 1003], before=(1000, None)) == ([(0, "fell"), 3], 1003)


def test_a_fall_that_lasts_over_an_hour_is_believed(shown):
    rows = [(0, 1000, None), (H // S, 600, None), (2 * H // S - 1, 700, None), (2 * H // S, 710, None)]
    found, left = shown(rows, before=(1000, None))
    assert [made for made, _, _ in found] == [0, 0, 0, 10]
    assert left == {"good_total": 710}


def test_a_total_that_rolls_over_goes_on(shown):
    assert good(shown, [65_530, 4, 20], before=(65_500, None), rollover=65_536) == ([30, 10, 16], 20)
    assert good(shown, [4, 20], before=(65_530, None), rollover=65_536) == ([10, 16], 20)
    assert good(shown, [65_530, 65_500, 4], before=(65_530, None), rollover=65_536) == ([0, (0, "fell"), 10], 4)
    assert good(shown, [30_000, 5], before=(30_000, None), rollover=65_536) == ([0, (5, "restart")], 5)


def test_each_total_is_followed_by_itself(shown):
    found, left = shown([(0, 100, 5), (60, 120, 4), (120, 140, 6), (180, 150, 0)], before=(90, 5))
    assert found == [(10, 0, None), (20, 0, "fell:scrap_total"), (20, 1, None), (10, 0, "restart:scrap_total")]
    assert left == {"good_total": 150, "scrap_total": 0}


def test_rows_of_one_moment_rise_whatever_their_order(shown):
    found, _ = shown([(0, 100, 5), (1, 103, 5), (1, 101, 5), (1, 102, 5)], before=(100, 5))
    assert [(made, flag) for made, _, flag in found] == [(0, None), (1, None), (1, None), (1, None)]


def test_a_restart_within_one_moment_comes_after_what_went_on(shown):
    """Else all that the machine ever made would be made again."""
    found, left = shown([(0, 1000, 5), (1, 0, 0), (1, 1001, 5), (2, 1, 0)], before=(1000, 5))
    assert [made for made, _, _ in found] == [0, 0, 1, 1]
    assert left == {"good_total": 1, "scrap_total": 0}


def test_what_was_odd_before_stays(shown):
    found, _ = shown([(0, 10, 0)], flags="range:heat_c,off_calendar")
    assert found == [(0, 0, "range:heat_c,off_calendar,first:good_total,first:scrap_total")]


def oracle(hours, before, restart_below, rollover):
    """The same rule, row by row."""
    made, left = [], before
    for rows in hours:
        high = left
        own: int | None = None  # the highest of this hour's rows since their last restart
        last: int | None = None
        level = None  # of this row, and
        top = None  # of the highest
        for value in rows:
            reference = last if last is not None else high
            if reference is None:
                made.append(0)
                level = top = value
                own = value
                own_level = value
            else:
                rise = value - reference
                if rollover and -rise > rollover / 2:
                    rise += rollover
                elif rollover and rise > rollover / 2:
                    rise -= rollover
                limit = reference / 2 if restart_below is None else restart_below
                if rise < 0 and value < limit:
                    made.append(value)
                    level = top = own_level = value
                    own = value
                else:
                    if last is None:
                        level = top = high
                        own_level = None
                    level += rise
                    made.append(max(level - top, 0))
                    top = max(top, level)
                    if own_level is None or level > own_level:
                        own, own_level = value, level
            last = value
        left = own if rows else left
    return made, left


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rises=st.lists(
        st.lists(st.sampled_from([0, 1, 5, 5, 30, -3, -40, "restart"]), min_size=1, max_size=6), min_size=1, max_size=3
    ),
    start=st.integers(0, 90),
    known=st.booleans(),
    restart_below=st.sampled_from([None, None, 20, 200]),
    rollover=st.sampled_from([None, None, 100]),
)
def test_what_is_made_is_as_a_clerk_would_count(shown, rises, start, known, restart_below, rollover):
    value, hours, rows = start, [], []
    for hour, of_hour in enumerate(rises):
        hours.append([])
        for n, rise in enumerate(of_hour):
            value = 2 if rise == "restart" else max(0, value + rise)
            value = value % rollover if rollover else value
            hours[-1].append(value)
            rows.append((hour * 3600 + 60 * n, value, None))
    before = start if known else None
    found, left = shown(rows, before=(start, None) if known else None, restart_below=restart_below, rollover=rollover)
    told, told_left = oracle(hours, before, restart_below, rollover)
    assert [made for made, _, _ in found] == told
    assert left == {"good_total": told_left}
