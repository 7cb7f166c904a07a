"""When a line is planned to work: every moment of every hour falls in exactly one piece."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponta.config.calendar_file import CalendarRules
from aponta.errors import ConfigError
from aponta.factory_calendar import HOUR_US, busy_hours, calendar_pieces, from_us, holidays_of, hour_of, shifts, to_us

PAULO = ZoneInfo("America/Sao_Paulo")
BERLIN = ZoneInfo("Europe/Berlin")
DAY_SHIFT = '[[shift]]\nname = "1"\nstart = "07:00"\nend = "19:00"\nbreaks = ["12:00-13:00"]\n'
NIGHT = '[[shift]]\nname = "N"\nstart = "22:00"\nend = "06:00"\nbreaks = ["23:45-00:15", "03:00-03:30"]\n'
MONDAY = date(2026, 3, 2)


def rules(text):
    return CalendarRules.model_validate(tomllib.loads(text))


def instant(text, zone=PAULO):
    return to_us(datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC))


def clock(moment, zone=PAULO):
    return f"{from_us(moment).astimezone(zone):%d %H:%M}"


def told(text, first, last, line="L1", zone=PAULO):
    """The shifts as (name, production day, "day hour:minute - day hour:minute", downtimes)."""
    return [
        (
            one.name,
            one.production_day.day,
            f"{clock(one.start, zone)} - {clock(one.end, zone)}",
            [f"{clock(a, zone)[3:]}-{clock(b, zone)[3:]}" for a, b in one.down],
        )
        for one in shifts(rules(text), zone, line, first, last)
    ]


def days(text, first, last, line="L1"):
    return [one.production_day.day for one in shifts(rules(text), PAULO, line, first, last)]


def test_a_working_week():
    found = told(DAY_SHIFT, MONDAY, MONDAY + timedelta(days=7))
    assert [row[1] for row in found] == [2, 3, 4, 5, 6, 9]
    assert found[0] == ("1", 2, "02 07:00 - 02 19:00", ["12:00-13:00"])


def test_a_shift_over_midnight_belongs_to_the_day_it_began():
    assert told(NIGHT, MONDAY, MONDAY) == [("N", 2, "02 22:00 - 03 06:00", ["23:45-00:15", "03:00-03:30"])]
    friday = MONDAY + timedelta(days=4)
    assert told(NIGHT, friday, friday + timedelta(days=2)) == [
        ("N", 6, "06 22:00 - 07 06:00", ["23:45-00:15", "03:00-03:30"])
    ]


def test_a_shift_may_last_a_whole_day():
    assert told('[[shift]]\nname = "A"\nstart = "06:00"\nend = "06:00"\n', MONDAY, MONDAY) == [
        ("A", 2, "02 06:00 - 03 06:00", [])
    ]
    assert told('[[shift]]\nname = "A"\nstart = "00:00"\nend = "24:00"\n', MONDAY, MONDAY) == [
        ("A", 2, "02 00:00 - 03 00:00", [])
    ]


def test_breaks_are_clipped_to_the_shift_and_merged():
    text = '[[shift]]\nname = "1"\nstart = "07:00"\nend = "15:00"\n'
    text += 'breaks = ["06:30-07:15", "10:00-10:30", "10:15-11:00", "14:50-15:30"]\n'
    assert told(text, MONDAY, MONDAY)[0][3] == ["07:00-07:15", "10:00-10:30", "10:30-11:00", "14:50-15:00"]


@pytest.mark.parametrize(
    ("holidays", "free"),
    [
        ("", []),
        ('country = "BR"\n', [21]),  # Tiradentes
        ('country = "BR"\nstate = "SP"\nalso = [2026-04-23]\n', [21, 23]),
        ('country = "BR"\nstate = "RJ"\n', [21, 23]),  # São Jorge
    ],
)
def test_holidays(holidays, free):
    worked = days(DAY_SHIFT + f"[holidays]\n{holidays}", date(2026, 4, 20), date(2026, 4, 24))
    assert sorted({20, 21, 22, 23, 24} - set(worked)) == free


def test_a_holiday_of_sao_paulo_alone():
    july = DAY_SHIFT + '[holidays]\ncountry = "BR"\n'
    assert days(july, date(2026, 7, 9), date(2026, 7, 9)) == [9]
    assert days(july + 'state = "SP"\n', date(2026, 7, 9), date(2026, 7, 9)) == []


def test_overtime_works_on_free_days_and_only_on_its_lines():
    text = (
        DAY_SHIFT
        + '[[exception]]\ndate = 2026-03-07\nlines = ["L1"]\nkind = "overtime"\nstart = "07:00"\nend = "12:00"\n'
    )
    saturday = date(2026, 3, 7)
    assert told(text, saturday, saturday) == [("overtime", 7, "07 07:00 - 07 12:00", [])]
    assert told(text, saturday, saturday, "L2") == []


def test_overtime_beside_a_shift_never_counts_an_hour_twice():
    text = DAY_SHIFT + '[[exception]]\ndate = 2026-03-02\nkind = "overtime"\nstart = "18:00"\nend = "21:00"\n'
    assert [row[:3] for row in told(text, MONDAY, MONDAY)] == [
        ("1", 2, "02 07:00 - 02 19:00"),
        ("overtime", 2, "02 19:00 - 02 21:00"),
    ]


def test_a_stoppage_is_planned_downtime():
    text = (
        DAY_SHIFT
        + '[[exception]]\ndate = 2026-03-02\nlines = ["L1"]\nkind = "stoppage"\nstart = "11:30"\nend = "14:00"\n'
    )
    assert told(text, MONDAY, MONDAY)[0][3] == ["11:30-14:00"]
    assert told(text, MONDAY, MONDAY, "L2")[0][3] == ["12:00-13:00"]


def test_a_stoppage_over_midnight_reaches_into_the_night_shift():
    text = NIGHT + '[[exception]]\ndate = 2026-03-02\nkind = "stoppage"\nstart = "23:00"\nend = "01:00"\n'
    assert told(text, MONDAY, MONDAY)[0][3] == ["23:00-01:00", "03:00-03:30"]


def test_a_rule_is_valid_from_its_day():
    text = DAY_SHIFT + '[[shift]]\nname = "1"\nstart = "06:00"\nend = "14:00"\nvalid_from = 2026-03-04\n'
    assert [row[2] for row in told(text, MONDAY, date(2026, 3, 4))] == [
        "02 07:00 - 02 19:00",
        "03 07:00 - 03 19:00",
        "04 06:00 - 04 14:00",
    ]
    ended = DAY_SHIFT + '[[shift]]\nname = "1"\ndays = "sun"\nstart = "06:00"\nend = "14:00"\nvalid_from = 2026-03-04\n'
    assert days(ended, MONDAY, date(2026, 3, 6)) == [2, 3]


def test_a_line_has_its_own_shifts():
    text = DAY_SHIFT + '[[shift]]\nname = "1"\nlines = ["L2"]\nstart = "08:00"\nend = "12:00"\n'
    assert told(text, MONDAY, MONDAY, "L1")[0][2] == "02 07:00 - 02 19:00"
    assert [row[2] for row in told(text, MONDAY, MONDAY, "L2")] == ["02 08:00 - 02 12:00"]


def test_no_calendar_no_shift():
    assert told("", MONDAY, MONDAY) == []
    (only,) = calendar_pieces(rules(""), PAULO, "L1", instant("2026-03-02T10:00"), instant("2026-03-02T10:00"))
    assert (only.shift, only.busy, only.end - only.start, only.production_day) == (None, False, HOUR_US, MONDAY)


def cut(text, first, last, zone=PAULO):
    return [
        (clock(one.start, zone), clock(one.end, zone)[3:], one.shift, one.production_day.day, one.busy)
        for one in calendar_pieces(rules(text), zone, "L1", instant(first, zone), instant(last, zone))
    ]


def test_two_shifts_in_one_hour():
    text = '[[shift]]\nname = "1"\nstart = "06:00"\nend = "14:20"\n'
    text += '[[shift]]\nname = "2"\nstart = "14:20"\nend = "22:00"\nbreaks = ["14:50-15:05"]\n'
    assert cut(text, "2026-03-02T14:00", "2026-03-02T15:00") == [
        ("02 14:00", "14:20", "1", 2, True),
        ("02 14:20", "14:50", "2", 2, True),
        ("02 14:50", "15:00", "2", 2, False),
        ("02 15:00", "15:05", "2", 2, False),
        ("02 15:05", "16:00", "2", 2, True),
    ]


def test_the_night_shift_after_midnight_is_of_the_day_before():
    assert cut(NIGHT, "2026-03-03T00:00", "2026-03-03T00:00") == [
        ("03 00:00", "00:15", "N", 2, False),
        ("03 00:15", "01:00", "N", 2, True),
    ]
    assert cut(NIGHT, "2026-03-03T06:00", "2026-03-03T06:00") == [("03 06:00", "07:00", None, 3, False)]


def test_outside_of_shifts_the_day_is_the_local_one():
    (only,) = cut(DAY_SHIFT, "2026-03-02T23:00", "2026-03-02T23:00")  # in UTC it is the 3rd
    assert only == ("02 23:00", "00:00", None, 2, False)


def test_the_night_the_clock_goes_forward_or_back():
    night = '[[shift]]\nname = "N"\ndays = "mon-sun"\nstart = "22:00"\nend = "06:00"\n'
    lengths = {
        day: [
            (one.end - one.start) // HOUR_US
            for one in shifts(rules(night), BERLIN, "L", date.fromisoformat(day), date.fromisoformat(day))
        ]
        for day in ("2026-03-27", "2026-03-28", "2026-10-24")
    }
    assert lengths == {"2026-03-27": [8], "2026-03-28": [7], "2026-10-24": [9]}


SHIFTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from("ABC"),
            "days": st.sampled_from(["mon-fri", "mon-sun", "sat,sun", "fri-mon"]),
            "start": st.integers(0, 95),
            "end": st.integers(0, 96),
            "breaks": st.lists(st.tuples(st.integers(0, 95), st.integers(0, 95)), max_size=3),
        }
    ),
    max_size=4,
)
EXCEPTIONS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["overtime", "stoppage"]), st.integers(0, 95), st.integers(0, 95)),
    max_size=3,
)


def quarter(number):
    return f"{number // 4:02}:{number % 4 * 15:02}"


@settings(max_examples=60, deadline=None)
@given(
    given_shifts=SHIFTS,
    exceptions=EXCEPTIONS,
    zone=st.sampled_from([PAULO, BERLIN, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns")]),
    first=st.integers(0, 90),
    count=st.integers(1, 60),
)
def test_pieces_cover_every_hour_once_whatever_the_window(given_shifts, exceptions, zone, first, count):
    calendar = CalendarRules.model_validate(
        {
            "shift": [
                one
                | {
                    "start": quarter(one["start"]),
                    "end": quarter(one["end"]),
                    "breaks": [f"{quarter(a)}-{quarter(b)}" for a, b in one["breaks"]],
                }
                for one in given_shifts
            ],
            "exception": [
                {"date": date(2026, 3, 27) + timedelta(days=day), "kind": kind, "start": quarter(a), "end": quarter(b)}
                for day, kind, a, b in exceptions
            ],
        }
    )
    start = to_us(datetime(2026, 3, 27, tzinfo=UTC)) + first * HOUR_US  # around a change of clocks
    end = start + (count - 1) * HOUR_US
    found = list(calendar_pieces(calendar, zone, "L1", start, end))
    assert found[0].start == start and found[-1].end == end + HOUR_US
    assert all(one.end == two.start for one, two in zip(found, found[1:], strict=False))
    for one in found:
        assert one.start < one.end and hour_of(one.start) == one.hour and one.end <= one.hour + HOUR_US
        assert not (one.busy and one.shift is None)
    alone = [
        one for hour in range(start, end + 1, HOUR_US) for one in calendar_pieces(calendar, zone, "L1", hour, hour)
    ]
    assert state_by_minute(alone) == state_by_minute(found)


def state_by_minute(found):
    """The state of every quarter of an hour: where a piece is cut does not matter."""
    return [
        (at, one.shift, one.production_day, one.busy) for one in found for at in range(one.start, one.end, HOUR_US // 4)
    ]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda one: one.replace(tzinfo=UTC)))
def test_times_are_whole_microseconds(moment):
    assert from_us(to_us(moment)) == moment


@pytest.mark.parametrize(("country", "state"), [("XX", None), ("BR", "ZZ")])
def test_holidays_of_nowhere_are_an_error_of_the_configuration(country, state):
    with pytest.raises(ConfigError) as raised:
        holidays_of(country, state, 2026)
    assert raised.value.code == "config.no_holidays"


@pytest.mark.parametrize("text", [DAY_SHIFT, NIGHT, DAY_SHIFT + NIGHT])
@pytest.mark.parametrize("zone", [PAULO, BERLIN])
def test_busy_hours_are_those_with_a_busy_piece(text, zone):
    first, last = date(2026, 3, 26), date(2026, 4, 2)  # the clocks of Berlin change between
    start, end = (to_us(datetime.combine(day, datetime.min.time(), zone)) for day in (first, last + timedelta(days=2)))
    expected = {}
    for piece in calendar_pieces(rules(text), zone, "L1", hour_of(start) - 24 * HOUR_US, end):
        if piece.busy:
            expected.setdefault(piece.hour, piece.production_day)
    wanted = {hour: day for hour, day in expected.items() if first <= day <= last}
    assert busy_hours(rules(text), zone, "L1", first, last) == wanted
    assert len(wanted) > 30
