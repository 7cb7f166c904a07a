"""gold.completeness: which hours' files are there, by the clock; and what a person closes."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import factory as small
import pytest
from factory import START, name, run, steady, text
from sqlalchemy import insert, select

from aponta.errors import ConfigError
from aponta.ops.database import connect, transaction
from aponta.ops.tables import arrival, closure, file, file_hour, machine_hour
from aponta.usecases.correct.accept import accept_file
from aponta.usecases.correct.hour_board import HourBoard
from aponta.usecases.read.published import query

MONDAY = date(2026, 3, 2)
EVENING = START + timedelta(hours=13)  # an hour after the shift
HOUR_S = 3600


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


@pytest.fixture
def board(factory):
    """board(now): the board as it stands then."""
    engine = connect(factory.ops_url)
    yield lambda now=EVENING: HourBoard(engine, lambda: factory, lambda: now)
    engine.dispose()


def deliver(factory, hour, machine="M01", minutes=61, trailer=True, tail="", data=None):
    """Written so many minutes after the hour began."""
    data = text(machine, steady(hour), trailer) if data is None else data
    return small.deliver(factory, name(machine, hour, tail), data, hour * HOUR_S + minutes * 60)


def statuses(rows, machine="M01"):
    """Hours after START -> status."""
    return {(row.hour - START) // timedelta(hours=1): row.status for row in rows if row.machine == machine}


def test_each_hour_of_the_calendar_is_expected_once_the_machine_reports(factory, board):
    assert board().hours(MONDAY, MONDAY) == []
    for hour in (2, 3):
        deliver(factory, hour)
    run(factory, now=EVENING)
    assert statuses(board().hours(MONDAY, MONDAY)) == {2: "arrived", 3: "arrived"} | dict.fromkeys(
        range(4, 12), "missing"
    )
    assert {row.machine for row in board().hours(MONDAY, MONDAY)} == {"M01"}
    tuesday = MONDAY + timedelta(days=1)
    assert set(statuses(board().hours(tuesday, tuesday)).values()) == {"waiting"}
    assert board().hours(MONDAY + timedelta(days=5), MONDAY + timedelta(days=6)) == []  # Saturday and Sunday


def test_a_machine_that_was_installed_is_expected_though_it_never_reported(tmp_path, board):
    machines = small.MACHINES.replace("stock\n", "stock,installed_on\n").replace("finished\n", "finished,2026-01-01\n")
    factory = small.make(tmp_path, machines=machines.replace("intermediate\n", "intermediate,2026-03-03\n"))
    engine = connect(factory.ops_url)
    deliver(factory, 2)
    run(factory, now=EVENING)
    rows = HourBoard(engine, lambda: factory, lambda: EVENING).hours(MONDAY, MONDAY + timedelta(days=1))
    engine.dispose()
    assert statuses(rows, "M01")[2] == "arrived" and 1 not in statuses(
        rows, "M01"
    )  # not before the factory's first file
    assert min(statuses(rows, "N01")) == 2
    assert min(statuses(rows, "M02")) == 24  # installed on Tuesday


def test_an_hour_waits_until_it_is_due(factory, board):
    deliver(factory, 0)
    run(factory, now=START + timedelta(hours=1.1))
    due = START + timedelta(hours=2, minutes=15)
    for now, expected in ((due - timedelta(seconds=1), "waiting"), (due, "missing")):
        (row,) = [row for row in board(now).hours(MONDAY, MONDAY) if row.hour == START + timedelta(hours=1)]
        assert (row.status, row.due_at, row.expected, row.came_at) == (expected, due, True, None)


def test_late_is_what_was_written_after_it_was_due_not_what_aponta_took_later(factory, board):
    deliver(factory, 0, minutes=75)
    deliver(factory, 1, minutes=76)
    run(factory, now=EVENING)
    assert statuses(board().hours(MONDAY, MONDAY)) == {0: "arrived", 1: "late"} | dict.fromkeys(range(2, 12), "missing")
    late = board().hours(MONDAY, MONDAY)[1]
    assert late.came_at == START + timedelta(hours=2, minutes=16)


def test_where_a_source_has_no_right_clock_ours_counts(factory, board):
    small.deliver(factory, name("M01", 5), text("M01", steady(5)), written=-1_000_000)
    run(factory, now=EVENING)
    (row,) = [row for row in board().hours(MONDAY, MONDAY) if row.came_at]
    assert row.status == "late" and EVENING <= row.came_at <= EVENING + timedelta(seconds=1)


def test_of_several_versions_the_first_that_came_counts(factory, board):
    deliver(factory, 0, data=text("M01", steady(0, 6)))
    deliver(factory, 0, minutes=600)
    run(factory, now=EVENING)
    assert statuses(board().hours(MONDAY, MONDAY))[0] == "arrived"


def test_partial_until_a_person_accepts_or_a_whole_version_comes(factory, board):
    deliver(factory, 0, trailer=14)
    deliver(factory, 1, trailer=False)
    run(factory, now=EVENING)
    assert [statuses(board().hours(MONDAY, MONDAY))[hour] for hour in (0, 1)] == ["partial", "partial"]
    soon = board(START + timedelta(hours=2, minutes=5)).hours(MONDAY, MONDAY)
    assert statuses(soon)[1] == "waiting"  # it may still grow
    (lying,) = (row for row in small.content(factory, "silver.files") if row["trailer"] == "wrong")
    accept_file(factory, lying["file_sha256"])
    deliver(factory, 1)
    run(factory, now=EVENING)
    assert [statuses(board().hours(MONDAY, MONDAY))[hour] for hour in (0, 1)] == ["arrived", "arrived"]


def test_quarantined_is_an_hour_for_which_only_refused_files_came(factory, board):
    deliver(factory, 0)
    deliver(factory, 1, data=text("M02", steady(1)))
    deliver(factory, 2, data=b"")
    run(factory, now=EVENING)
    assert [statuses(board().hours(MONDAY, MONDAY))[hour] for hour in (1, 2)] == ["quarantined", "quarantined"]
    deliver(factory, 1, tail="_again")
    run(factory, now=EVENING)
    assert statuses(board().hours(MONDAY, MONDAY))[1] == "arrived"


def test_production_outside_the_calendar_has_its_row_and_is_never_late(factory, board):
    deliver(factory, 0)
    deliver(factory, 13, minutes=200)
    run(factory, now=EVENING + timedelta(days=1))
    rows = board().hours(MONDAY, MONDAY)
    (extra,) = [row for row in rows if not row.expected]
    assert (extra.hour, extra.status, extra.production_day) == (START + timedelta(hours=13), "arrived", MONDAY)


def test_a_person_closes_a_day_and_a_file_that_comes_wins(factory, board):
    deliver(factory, 0)
    run(factory, now=EVENING)
    before = small.everything(factory)
    closed = board().close("M01", MONDAY, "  switched\n off ", "ana")
    assert closed == [START + timedelta(hours=hour) for hour in range(1, 12)]
    rows = board().hours(MONDAY, MONDAY)
    assert statuses(rows) == {0: "arrived"} | dict.fromkeys(range(1, 12), "closed")
    assert {(row.closed_by, row.why, row.closed_at) for row in rows[1:]} == {("ana", "switched off", EVENING)}
    run(factory, now=EVENING)
    assert small.everything(factory) == before  # no number changes: the time stays unknown

    deliver(factory, 1)
    run(factory, now=EVENING)
    row = board().hours(MONDAY, MONDAY)[1]
    assert (row.status, row.closed_by) == ("arrived", "ana")
    with pytest.raises(ConfigError, match=r"pipeline\.nothing_to_close"):
        board().close("M01", [row.hour], "switched off", "ana")


def test_closing_can_be_undone_and_stays_on_record(factory, board):
    deliver(factory, 0)
    run(factory, now=EVENING)
    hours = [START + timedelta(hours=hour) for hour in (3, 4)]
    assert board().close("M01", hours, "no orders", "ana") == hours
    assert board().reopen("M01", hours[:1], "rui") == hours[:1]
    assert [statuses(board().hours(MONDAY, MONDAY))[hour] for hour in (2, 3, 4)] == ["missing", "missing", "closed"]
    with pytest.raises(ConfigError, match=r"pipeline\.nothing_to_reopen"):
        board().reopen("M01", hours[:1], "rui")
    assert board().reopen("M01", MONDAY, "rui") == hours[1:]
    with transaction(board().engine) as connection:
        kept = connection.execute(select(closure.c.who, closure.c.undone_by, closure.c.undone_at)).all()
    assert kept == [("ana", "rui", EVENING)] * 2


def test_what_makes_no_sense_is_refused(factory, board):
    deliver(factory, 0)
    run(factory, now=EVENING)
    for ask, code in (
        (lambda: board().hours(MONDAY, MONDAY, ["M99"]), "no_machine"),
        (lambda: board().hours(date(1, 1, 1), MONDAY), "no_day"),
        (lambda: board().hours(MONDAY, date(9999, 12, 31)), "no_day"),
        (lambda: board().close("M01", MONDAY, " \n", "ana"), "no_reason"),
        (lambda: board().close("M01", [START], "why", "ana"), "nothing_to_close"),
        (lambda: board().close("M01", [], "why", "ana"), "nothing_to_close"),
        (lambda: board().reopen("M01", MONDAY, "ana"), "nothing_to_reopen"),
    ):
        with pytest.raises(ConfigError, match=rf"pipeline\.{code}"):
            ask()


def test_hours_far_apart_are_not_closed_at_once(factory, board):
    """All is done in one transaction, during which nobody else writes."""
    for hour in (0, 24):
        deliver(factory, hour)
    run(factory, now=EVENING + timedelta(days=1))
    desk, far = board(EVENING + timedelta(days=1)), [START + timedelta(days=day) for day in range(500)]
    for action in (lambda: desk.close("M01", far, "off", "ana"), lambda: desk.reopen("M01", far, "ana")):
        with pytest.raises(ConfigError) as refused:
            action()
        assert refused.value.code == "pipeline.hours_apart"
        assert (refused.value.facts["first"], refused.value.facts["last"]) == ("2026-03-02", "2027-07-14")
    two = [START + timedelta(hours=hour) for hour in (5, 6, 24 + 5)]
    assert desk.close("M01", [*two, START], "off", "ana") == two, "an hour with its file is left as it is"
    assert desk.reopen("M01", two, "ana") == two


@pytest.mark.parametrize("year", [1, 1999, 2100, 9999])
def test_hours_of_no_year_of_ours_are_refused(factory, board, year):
    with pytest.raises(ConfigError) as refused:
        board().close("M01", [datetime(year, 1, 1, tzinfo=UTC)], "off", "ana")
    assert refused.value.code == "pipeline.no_day"


def test_a_night_shift_belongs_to_the_day_it_began(tmp_path):
    night = '[[shift]]\nname = "N"\nstart = "22:00"\nend = "06:00"\n'
    factory = small.make(tmp_path, calendar=night)
    deliver(factory, 14)  # 21:00, before the shift
    run(factory, now=EVENING + timedelta(days=2))
    engine = connect(factory.ops_url)
    board = HourBoard(engine, lambda: factory, lambda: EVENING + timedelta(days=2))
    monday = board.hours(MONDAY, MONDAY)
    assert statuses(monday) == {14: "arrived"} | dict.fromkeys(range(15, 23), "missing")
    assert board.close("M01", [START + timedelta(hours=20)], "off", "ana") == [START + timedelta(hours=20)]
    assert Counter(row.status for row in board.hours(MONDAY, MONDAY))["closed"] == 1
    engine.dispose()


def test_sql_has_the_last_35_days(factory, board):
    deliver(factory, 0)
    deliver(factory, 1, trailer=14)
    run(factory, now=EVENING)
    board().close("M01", [START + timedelta(hours=5)], "it's; off", "ana")
    asked = query(factory, "SELECT * FROM gold.completeness ORDER BY machine, hour", lambda: EVENING)
    rows = board().hours(MONDAY - timedelta(days=34), MONDAY)
    assert len(asked) == len(rows) == 12
    assert [(one["machine"], one["status"], one["expected"], one["why"]) for one in asked] == [
        (row.machine, row.status, row.expected, row.why) for row in rows
    ]
    assert asked[5]["hour"] == "2026-03-02T15:00:00Z" and asked[5]["production_day"] == "2026-03-02"
    joined = "SELECT count(*) AS n FROM gold.completeness c JOIN silver.hours h USING (machine, hour)"
    assert query(factory, joined, lambda: EVENING) == [{"n": 2}]
    later = query(factory, "SELECT min(hour) AS first FROM gold.completeness", lambda: EVENING + timedelta(days=40))
    assert later == [{"first": "2026-03-09T10:00:00Z"}]


def test_a_month_of_fifteen_machines(tmp_path):
    machines = [f"M{number:02d}" for number in range(1, 16)]
    rows = "".join(f"{machine},L{number % 3},counted,finished\n" for number, machine in enumerate(machines))
    factory = small.make(tmp_path, machines=f"machine,line,layout,stock\n{rows}")
    hours = [START + timedelta(days=day, hours=hour) for day in range(30) for hour in range(12)]
    worked = [hour for hour in hours if hour.weekday() < 5]
    engine = connect(factory.ops_url)
    files, arrivals, covered, known = [], [], [], []
    for number, (machine, hour) in enumerate((machine, hour) for machine in machines for hour in worked):
        sha256, came = f"{number:064x}", hour + timedelta(minutes=61)
        counts = {
            "rows": 9,
            "records": 9,
            "states": 0,
            "quarantined": 0,
            "skipped": 0,
            "trailer": "right",
            "in_force": True,
        }
        files.append({"sha256": sha256, "machine": machine, "layout": "counted", "hour": hour} | counts)
        of = {"sha256": sha256, "name": "a", "folder": "", "source": "b", "size": 1, "redecode": "no"}
        arrivals.append(of | {"modified_at": came, "received_at": came})
        covered.append({"sha256": sha256, "machine": machine, "hour": hour, "records": 9, "states": 0, "covers": True})
        known.append(
            {
                "machine": machine,
                "hour": hour,
                "items": 9,
                "had_items": True,
                "covered": True,
                "held": False,
                "stock_pending": False,
            }
        )
    with transaction(engine) as connection:
        for table, values in ((file, files), (arrival, arrivals), (file_hour, covered), (machine_hour, known)):
            connection.execute(insert(table), values)
    board = HourBoard(engine, lambda: factory, lambda: datetime(2026, 4, 1, tzinfo=UTC))
    found = board.hours(MONDAY, MONDAY + timedelta(days=29))
    engine.dispose()
    assert len(found) == 15 * len(worked) and {row.status for row in found} == {"arrived"}


def test_a_file_of_which_no_row_is_understood_covers_no_hour(factory, board):
    """That the machine stood would be a guess: no data is not stopped."""
    deliver(factory, 0)
    deliver(factory, 1, data=text("M01", steady(1)).replace(b"/2026", b"-2026"))
    run(factory, now=EVENING)
    assert statuses(board().hours(MONDAY, MONDAY))[1] == "quarantined"
    hours = "SELECT DISTINCT hour FROM kpi.oee WHERE machine = 'M01'"
    assert query(factory, hours) == [{"hour": "2026-03-02T10:00:00Z"}]
    deliver(factory, 1)
    run(factory, now=EVENING)
    assert statuses(board().hours(MONDAY, MONDAY))[1] == "arrived"
