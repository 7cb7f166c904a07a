"""The law of change: whatever facts rest on - calendar, ideal cycles, limits - a changed one gives the tables that it
would have given from the start. And nothing more is computed for it than it may change.
"""

import tempfile
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import factory as small
import pytest
from hypothesis import strategies as st
from laws import law, same
from sqlalchemy import delete, func, select

from aponta.cli.doctor import doctor
from aponta.cli.run import print_report
from aponta.config import load
from aponta.factory_calendar import HOUR_US, from_us, to_us
from aponta.lake.embedded import EmbeddedLake
from aponta.ops.database import connect, transaction
from aponta.ops.stock_tables import outbox
from aponta.ops.tables import batch, machine_hour, machine_inputs
from aponta.pipeline.restate import restatement

NAME_HOUR = 'hour = { from = "name:hour", format = "%Y%m%d_%H" }\n'
UTC_ROWS = {
    name: small.FILES[f"layouts/{name}.toml"].replace(NAME_HOUR, "").replace("[text]", '[text]\ntimezone = "UTC"')
    for name in ("counted", "uncounted")
}
TWO_SHIFTS = """
[[shift]]
name = "1"
start = "06:00"
end = "11:20"
breaks = ["08:00-08:20"]
[[shift]]
name = "2"
start = "11:20"
end = "02:00"
"""
CHANGES = {
    "shifts": {"calendar": TWO_SHIFTS},
    "no calendar any more": {"calendar": ""},
    "a break": {"calendar": small.CALENDAR.replace("08:30-08:45", "07:10-07:40")},
    "a shift that ends within the hours": {"calendar": small.CALENDAR.replace("19:00", "09:25")},
    "from the second day on": {
        "calendar": small.CALENDAR + '[[shift]]\nname = "1"\nstart = "08:00"\nend = "17:00"\nvalid_from = 2026-03-03\n'
    },
    "a holiday": {"calendar": small.CALENDAR + "[holidays]\nalso = [2026-03-03]\n"},
    "a planned stoppage": {
        "calendar": small.CALENDAR
        + '[[exception]]\ndate = 2026-03-02\nkind = "stoppage"\nstart = "08:50"\nend = "10:30"\n'
    },
    "of one line": {
        "calendar": small.CALENDAR + '[[shift]]\nname = "1"\nlines = ["L2"]\nstart = "09:00"\nend = "10:00"\n',
        "machines": small.MACHINES.replace("M01,L1", "M01,L2"),
    },
    "an ideal cycle": {"ideal_cycles": small.CYCLES.replace("*,P,5", "*,P,90")},
    "an ideal cycle of the second day": {
        "ideal_cycles": "machine,product,ideal_cycle_s,valid_from\n*,P,5,\nM01,Q,10,\n*,B,2,\nM01,*,60,2026-03-03\n"
    },
    "no ideal cycle": {"ideal_cycles": "machine,product,ideal_cycle_s\n"},
    "limits": {
        "machines": small.MACHINES.replace("stock\n", "stock,micro_stop_after_s,stop_after_s\n")
        .replace("M01,L1,counted,finished", "M01,L1,counted,finished,10,1000")
        .replace("intermediate", "intermediate,,")
        .replace("uncounted,finished", "uncounted,finished,290,")
    },
    "restart_below": {
        "counted": small.FILES["layouts/counted.toml"].replace("column = 2 }", "column = 2, restart_below = 2 }")
    },
    "rollover": {"counted": small.FILES["layouts/counted.toml"].replace("column = 2 }", "column = 2, rollover = 51 }")},
    "two at once": {
        "calendar": TWO_SHIFTS,
        "ideal_cycles": small.CYCLES.replace("*,P,5", "N01,P,7"),
    },
}


def hour(number):
    return to_us(small.START) + number * HOUR_US


def deliver(factory, second=False):
    """Two days of three machines; the second delivery brings a late hour, a better version and one that goes on."""
    M01 = {
        0: small.steady(0, 6),  # then it stands
        1: [],
        3: small.steady(3, 12, product="Q", cycle="-"),  # after an hour that nobody knows of
        4: [small.Item(4 * 3600 + at, counter) for at, counter in ((0, 49), (0, 50), (700, 3), (1800, 4), (1801, 1))],
        11: small.steady(11, 12, quality="X"),  # until the shift ends
        12: small.steady(12, 2),
        25: small.steady(25, 3),
        26: small.steady(26, 8, product="Q"),
    }
    later = {2: small.steady(2, 5), 26: small.steady(26, 9, product="Q"), 27: small.steady(27, 4, product="B")}
    for at, made in (later if second else M01).items():
        end = at != 26
        small.deliver(factory, small.name("M01", at), small.text("M01", made, trailer=end))
    if not second:
        idle_first = {0: [], 2: small.steady(2, 5, product="B"), 5: [], 24: small.steady(24, 5)}
        for at, made in idle_first.items():
            small.deliver(factory, small.name("N01", at), small.text("N01", made))
        spilling = [*small.steady(0, 12), small.Item(3601, 13)]
        small.deliver(factory, small.name("M02", 0), small.text("M02", spilling))


SOON = small.START + timedelta(hours=27, minutes=30)  # the last hours are still open


def passes(folder, *configurations, delivering=deliver, made=0):
    """A pass with each, after those that were made already; the facts they end with. The first two find new files."""
    for number, changed in enumerate(configurations, start=made):
        factory = small.make(folder, **changed)
        if number < 2:
            delivering(factory, second=number == 1)
        small.run(factory, SOON)
    return small.facts(factory)


def ever(folder, changed, *, delivering=deliver, second=True):
    """The facts of a configuration that was there from the start; `second`: all files came."""
    factory = small.make(folder, **changed)
    for late in [False, True][: 1 + second]:
        delivering(factory, second=late)
    small.run(factory, SOON)
    return small.facts(factory)


@pytest.fixture
def batches_of_few_hours(monkeypatch):
    monkeypatch.setattr(restatement, "AT_ONCE_HOURS", 6)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    return ever(tmp_path_factory.mktemp("unchanged"), {})


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A factory after its first pass."""
    folder = tmp_path_factory.mktemp("before")
    passes(folder, {})
    return load(folder)


@pytest.mark.parametrize("name", CHANGES)
def test_changed_is_as_if_it_had_been_so_from_the_start(tmp_path, batches_of_few_hours, before, unchanged, name):
    """The change is to be seen, and late files come with it."""
    small.copy_to(before, tmp_path / "changed")
    changed = passes(tmp_path / "changed", CHANGES[name], made=1)
    same(changed, ever(tmp_path / "ever", CHANGES[name]))
    assert changed != unchanged


@pytest.mark.parametrize("name", ["shifts", "an ideal cycle of the second day"])
def test_and_back_when_everything_has_come(tmp_path, batches_of_few_hours, unchanged, name):
    same(passes(tmp_path, CHANGES[name], {}, CHANGES[name], {}), unchanged)


def test_the_ledger_may_be_in_postgresql(tmp_path, batches_of_few_hours, postgres_database):
    there = {"aponta": small.SETTINGS + f'[ops]\nurl = "{postgres_database}"\n'}
    changed = passes(tmp_path / "changed", there, there | CHANGES["two at once"])
    same(changed, ever(tmp_path / "ever", CHANGES["two at once"]))


def test_another_zone_moves_shifts_and_days(tmp_path, batches_of_few_hours):
    """What a row's own time means was settled when it was read: here it says UTC."""
    new = UTC_ROWS | {"aponta": small.SETTINGS.replace('site = "T"', 'site = "T"\ntimezone = "Asia/Tokyo"')}
    same(passes(tmp_path / "changed", UTC_ROWS, new), ever(tmp_path / "ever", new))


def test_a_machine_that_only_its_rows_name(tmp_path, batches_of_few_hours):
    layout = (
        small.FILES["layouts/counted.toml"]
        .replace(NAME_HOUR, "")
        .replace(r"(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt", r"of_.*\.txt")
    )
    layout = layout.replace('"name:machine", "header:machine"', "")

    def delivering(factory, second=False):
        for at in (0, 1, 3):
            made = small.steady(at, 5 + second)
            small.deliver(factory, f"of_{at}_{second}.txt", small.text("M01", made).split(b"\r\n", 1)[1])

    def of(changed):
        return {"counted": layout} | changed

    old, new = of({}), of(CHANGES["two at once"])
    changed = passes(tmp_path / "changed", old, old, new, delivering=delivering)
    assert len(changed["silver.items"]) > 15
    same(changed, ever(tmp_path / "ever", new, delivering=delivering))


# -- the law at large


@st.composite
def configurations(draw):
    shifts = []
    for number in range(draw(st.integers(0, 3))):
        start, end = (
            draw(st.sampled_from(["05:00", "07:00", "07:30", "10:40"])),
            draw(st.sampled_from(["09:10", "19:00"])),
        )
        end = end if draw(st.integers(0, 4)) else "01:30"
        since = draw(st.sampled_from(["1970-01-01", "2026-03-02", "2026-03-03"]))
        name = draw(st.sampled_from(["1", "1", str(number)]))
        breaks = draw(st.sampled_from(["", '"08:30-08:45"', '"07:50-08:10", "18:00-18:30"']))
        shifts.append(
            f'[[shift]]\nname = "{name}"\nstart = "{start}"\nend = "{end}"\nbreaks = [{breaks}]\nvalid_from = {since}\n'
        )
    holidays = draw(st.sampled_from(["", "", "[holidays]\nalso = [2026-03-03]\n", '[holidays]\ncountry = "BR"\n']))
    lines = {
        (draw(st.sampled_from(["*", "M01", "N01"])), draw(st.sampled_from(["*", "P", "Q"])), day): draw(
            st.sampled_from([2, 30, 400])
        )
        for day in draw(st.lists(st.sampled_from(["", "2026-03-02", "2026-03-03"]), max_size=3))
    }
    cycles = "".join(f"{machine},{product},{s},{day}\n" for (machine, product, day), s in lines.items())
    limit = draw(st.sampled_from(["", "", "40", "600"]))
    return {
        "calendar": "".join(shifts) + holidays,
        "ideal_cycles": "machine,product,ideal_cycle_s,valid_from\n" + cycles,
        "machines": small.MACHINES.replace("stock\n", "stock,stop_after_s\n").replace("finished", f"finished,{limit}")
        .replace("intermediate", "intermediate,"),
    }  # fmt: skip


def any_change(drawn):
    old, new, at_once, second = drawn
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(restatement, "AT_ONCE_HOURS", at_once)
        changed = passes(Path(folder) / "changed", old, *([new] if second else [old, new]))
        same(changed, ever(Path(folder) / "ever", new))


drawn_changes = st.tuples(configurations(), configurations(), st.sampled_from([1, 2, 100]), st.booleans())
test_any_change = law(12, drawn_changes, any_change, first=3)
test_any_change_at_length = pytest.mark.slow(pytest.mark.timeout(1800)(law(12, drawn_changes, any_change)))


# -- only what may change


def restated(folder, *configurations, delivering=deliver):
    """What each pass restated: (machine, hours, causes)."""
    found = []
    for number, changed in enumerate(configurations):
        factory = small.make(folder, **changed)
        if number == 0:
            delivering(factory)
        report = small.run(factory, SOON)
        found.append([tuple(one.values()) for one in report.as_json()["restated"]])
    return found


MEANS_THE_SAME = [
    {"calendar": "# a word\n\n" + small.CALENDAR.replace('name = "1"\nstart = "07:00"', 'start="07:00"\nname="1"')},
    {"calendar": small.CALENDAR.replace("[[shift]]", '[[shift]]\ndays = "mon,tue,wed,thu,fri"')},
    {"calendar": '[[shift]]\nname = "9"\nlines = ["L9"]\nstart = "05:00"\nend = "06:00"\n' + small.CALENDAR},
    {"calendar": small.CALENDAR + "[holidays]\nalso = [2031-03-02, 2026-03-07]\n"},
    {"ideal_cycles": "product;machine;ideal_cycle_s\nB;*;2,0\nQ;M01;10\nP;*;5\n"},
    {"ideal_cycles": small.CYCLES + "*,NEW,9\n"},
    {"ideal_cycles": small.CYCLES + "M02,Q,10\n"},
    {"machines": small.MACHINES + "M07,L1,counted,finished\n"},
    {"products": small.PRODUCTS + "NEW,pc,1,\n"},
    {"aponta": small.SETTINGS.replace('name = "Test"', 'name = "Other"\nlanguage = "en"')},
]


def test_what_means_the_same_restates_nothing(tmp_path):
    assert restated(tmp_path, {}, *MEANS_THE_SAME) == [[]] * (1 + len(MEANS_THE_SAME))


def test_a_change_is_told_with_its_cause_and_once(tmp_path):
    first, second, third = restated(tmp_path, {}, CHANGES["two at once"], CHANGES["two at once"])
    assert (first, third) == ([], [])
    assert second == [
        ("M01", 8, ("calendar", "ideal_cycles")), ("M02", 2, ("calendar", "ideal_cycles")),
        ("N01", 4, ("calendar", "ideal_cycles")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("from the second day on", [("M01", 2, ("calendar",)), ("N01", 1, ("calendar",))]),
        ("a holiday", [("M01", 2, ("calendar",)), ("N01", 1, ("calendar",))]),
        ("a planned stoppage", [("M01", 8, ("calendar",)), ("M02", 2, ("calendar",)), ("N01", 4, ("calendar",))]),
        ("an ideal cycle of the second day", [("M01", 2, ("ideal_cycles",))]),
        (
            "an ideal cycle",
            [("M01", 8, ("ideal_cycles",)), ("M02", 2, ("ideal_cycles",)), ("N01", 4, ("ideal_cycles",))],
        ),
        ("limits", [("M01", 8, ("limits",)), ("N01", 4, ("limits",))]),
        ("restart_below", [("M01", 8, ("restart_below",)), ("M02", 2, ("restart_below",))]),
        ("rollover", [("M01", 8, ("rollover",)), ("M02", 2, ("rollover",))]),
    ],
)
def test_only_the_machines_and_the_days_that_it_may_change(tmp_path, name, told):
    assert restated(tmp_path, {}, CHANGES[name]) == [[], told]


def test_only_the_product_that_the_machine_makes(tmp_path):
    cycles = {"ideal_cycles": small.CYCLES.replace("*,B,2", "*,B,3")}
    assert restated(tmp_path, {}, cycles) == [[], [("N01", 4, ("ideal_cycles",))]]


def test_holidays_are_those_of_the_day_they_were_asked_for(tmp_path, monkeypatch):
    """A newer library that knows a day more restates from that day on, one that knows other days of no hour nothing."""
    monkeypatch.setattr(
        "aponta.factory_calendar.holidays_of", lambda country, state, year: frozenset({date(year, 1, 1)})
    )
    calendar = {"calendar": small.CALENDAR + '[holidays]\ncountry = "BR"\n'}
    assert restated(tmp_path, calendar) == [[]]
    days = [{(1, 1), (12, 24)}, {(1, 1), (3, 3)}]
    found = []
    for known in days:
        monkeypatch.setattr(
            "aponta.factory_calendar.holidays_of",
            lambda country, state, year, known=known: {date(year, *day) for day in known},
        )
        found.append(sorted((one.machine, one.hours) for one in small.run(load(tmp_path), SOON).restated.values()))
    assert found == [[], [("M01", 2), ("N01", 1)]]


def test_hours_of_which_nothing_was_kept_are_restated_once(tmp_path):
    factory = small.make(tmp_path)
    deliver(factory)
    small.run(factory, SOON)
    with opened(factory) as connection:
        connection.execute(delete(machine_inputs))
    told = [(one.machine, one.hours, one.causes) for one in small.run(factory, SOON).restated.values()]
    assert told == [("M01", 8, ("unknown",)), ("M02", 2, ("unknown",)), ("N01", 4, ("unknown",))]
    assert small.run(factory, SOON).restated == {}


def test_what_left_the_configuration_stays_as_it_was_told(tmp_path):
    gone = {"machines": small.MACHINES.replace("N01,L1,uncounted,finished\n", "")}
    both = gone | CHANGES["shifts"]
    assert restated(tmp_path, {}, gone, both, CHANGES["shifts"]) == [
        [], [], [("M01", 8, ("calendar",)), ("M02", 2, ("calendar",))], [("N01", 4, ("calendar",))]
    ]  # fmt: skip


# -- what does not move


@contextmanager
def opened(factory):
    engine = connect(factory.ops_url)
    try:
        with transaction(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def stock(factory):
    with opened(factory) as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.key)).all()
        compare = connection.scalars(select(func.count()).where(machine_hour.c.stock_pending)).one()
    return rows, compare, small.on_hand(factory), small.content(factory, "gold.stock_declarations")


def test_no_change_moves_stock_nor_counts(tmp_path):
    factory = small.make(tmp_path)
    deliver(factory)
    small.run(factory, SOON)
    before = stock(factory), small.content(factory, "gold.restatements")
    counts = pieces(factory)
    for changed in CHANGES.values():
        report = small.run(small.make(tmp_path, **changed), SOON)
        assert report.restated
        assert (report.shipped.prepared, report.shipped.acknowledged) == (0, 0)
        assert (stock(factory), small.content(factory, "gold.restatements")) == before
        assert pieces(factory) == counts


def pieces(factory):
    found = {}
    for row in small.content(factory, "gold.production"):
        key = tuple(row[name] for name in ("machine", "product", "hour", "quality", "provisional"))
        found[key] = found.get(key, 0) + row["pieces"]
    return found


# -- bounded, told, and safe


def test_batches_are_bounded_and_the_oldest_hours_come_first(tmp_path, monkeypatch):
    factory = small.make(tmp_path)
    deliver(factory)
    small.run(factory, SOON)
    monkeypatch.setattr(restatement, "AT_ONCE_ITEMS", 20)
    small.run(small.make(tmp_path, **CHANGES["shifts"]), SOON)
    with opened(factory) as connection:
        spans = [row.restates for row in connection.execute(select(batch).order_by(batch.c.id)) if row.restates]
        hours = connection.execute(select(machine_hour.c.machine, machine_hour.c.hour, machine_hour.c["items"])).all()
    assert len(spans) > 3
    until = 0
    for span in spans:
        within = [
            (to_us(at), items) for machine, at, items in hours
            if machine in span and span[machine][0] <= to_us(at) <= span[machine][1]
        ]  # fmt: skip
        assert sum(items for _, items in within) <= 20 or len(within) == 1
        assert min(at for at, _ in within) >= until
        until = max(at for at, _ in within)
    with opened(factory) as connection:
        assert connection.scalars(select(func.count()).where(machine_inputs.c.restate_from.is_not(None))).one() == 0


def test_it_is_said_before_and_after(tmp_path, capsys):
    english = {"aponta": small.SETTINGS.replace('name = "Test"', 'name = "Test"\nlanguage = "en"')}
    factory = small.make(tmp_path, **english)
    deliver(factory)
    small.run(factory, SOON)
    factory = small.make(tmp_path, **english, **CHANGES["an ideal cycle of the second day"])
    doctor(tmp_path)
    assert "!  2 hours of M01 will be restated by the next pass, because of: ideal cycles" in capsys.readouterr().out
    steps = []
    report = small.run(factory, SOON, progress=progress_into(steps))
    assert ("restate", 0, 2) in steps
    told = [(row["machine"], row["hour"], row["causes"]) for row in small.content(factory, "gold.restated_hours")]
    assert told == [("M01", hour(25), "ideal_cycles"), ("M01", hour(26), "ideal_cycles")]
    print_report(report)
    assert "2 hours of M01 restated, because of: ideal cycles." in capsys.readouterr().err
    doctor(tmp_path)
    assert "restated" not in capsys.readouterr().out


def progress_into(steps):
    from aponta.pipeline.report import Progress

    return Progress(step=lambda *told: steps.append(told))


class Interrupted(Exception):
    pass


def interrupted(folder, changed, table):
    """A pass that ends after it wrote a table."""
    inner = EmbeddedLake._commit

    def commit(self, of, *given):
        inner(self, of, *given)
        if of.name == table:
            raise Interrupted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmbeddedLake, "_commit", commit)
        with pytest.raises(Interrupted):
            small.run(small.make(folder, **changed), SOON)


@pytest.mark.parametrize(
    ("table", "last"),
    [("silver.items", "two at once"), ("silver.stops", "no calendar any more"), ("kpi.oee", "two at once")],
)
def test_a_change_while_a_change_was_being_worked_off(tmp_path, batches_of_few_hours, table, last):
    """Part of the batch was written with the second configuration, the rest with the third, or the first again."""
    deliver(small.make(tmp_path / "changed"))
    small.run(load(tmp_path / "changed"), SOON)
    interrupted(tmp_path / "changed", CHANGES["two at once"], table)
    interrupted(tmp_path / "changed", {}, "gold.production")
    factory = small.make(tmp_path / "changed", **CHANGES[last])
    small.run(factory, SOON)
    same(small.facts(factory), ever(tmp_path / "ever", CHANGES[last], second=False))


@pytest.mark.parametrize("name", ["shifts", "an ideal cycle", "limits"])
def test_a_change_while_files_were_being_worked_on(tmp_path, name):
    deliver(small.make(tmp_path / "changed"))
    interrupted(tmp_path / "changed", {}, "kpi.oee")
    factory = small.make(tmp_path / "changed", **CHANGES[name])
    small.run(factory, SOON)
    same(small.facts(factory), ever(tmp_path / "ever", CHANGES[name], second=False))


def test_a_machine_that_left_while_its_hours_were_made_anew(tmp_path):
    """It stays as it was told; when it comes back, what was begun is done."""
    deliver(small.make(tmp_path / "changed"))
    small.run(load(tmp_path / "changed"), SOON)
    interrupted(tmp_path / "changed", CHANGES["shifts"], "silver.items")
    nobody = {"machines": "machine,line,layout,stock\nM09,L1,counted,finished\n"}
    assert small.run(small.make(tmp_path / "changed", **CHANGES["shifts"], **nobody), SOON).restated == {}
    same(passes(tmp_path / "changed", CHANGES["shifts"]), ever(tmp_path / "ever", CHANGES["shifts"], second=False))


def test_a_change_that_was_taken_back_before_it_was_worked_off(tmp_path, unchanged):
    """Files that came in between rest on it."""
    deliver(small.make(tmp_path / "changed"))
    small.run(load(tmp_path / "changed"), SOON)
    factory = small.make(tmp_path / "changed", **CHANGES["two at once"])
    deliver(factory, second=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restatement, "plan_restatement", lambda *given: None)
        small.run(factory, SOON)
    factory = small.make(tmp_path / "changed")
    small.run(factory, SOON)
    same(small.facts(factory), unchanged)


def test_the_first_moment_of_a_change_is_its_own_hour(tmp_path):
    """06:30 in a zone of whole hours: the hour in which the shift begins is restated, the one before is not."""
    calendar = {
        "calendar": small.CALENDAR
        + '[[exception]]\ndate = 2026-03-03\nkind = "overtime"\nstart = "06:30"\nend = "07:00"\n'
    }
    assert from_us(hour(24)).hour == 10
    assert restated(tmp_path, {}, calendar)[1] == [("M01", 2, ("calendar",)), ("N01", 1, ("calendar",))]
