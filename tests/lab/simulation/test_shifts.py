from datetime import date

from aponta.lab.simulation.shifts import (
    HOUR,
    hours_of_shifts,
    running_times,
    shifts_of,
    stoppages,
    to_local,
    to_ms,
    working_days,
)

MONDAY = date(2026, 3, 2)


def test_weekends_and_holidays_are_no_working_days() -> None:
    # Good Friday 2026-04-03, then the weekend
    assert working_days(date(2026, 4, 2), 2) == [date(2026, 4, 2), date(2026, 4, 6)]
    # 9 July is a holiday of the state of Sao Paulo alone
    assert date(2026, 7, 9) not in working_days(date(2026, 7, 6), 5)


def test_a_day_has_twelve_hours_in_utc() -> None:
    hours = hours_of_shifts(shifts_of("L1", [MONDAY]))
    assert len(hours) == 12
    assert [to_local(hours[0]).hour, to_local(hours[-1]).hour] == [7, 18]
    assert to_ms(MONDAY, "07:00") == hours[0] == 1_772_445_600_000  # 10:00 UTC


def test_an_hour_of_line_2_holds_two_shifts_and_a_break_spans_two_hours() -> None:
    first, second = shifts_of("L2", [MONDAY])
    assert first.end_ms == second.start_ms == to_ms(MONDAY, "12:30")
    (rest,) = second.idle
    assert rest[0] // HOUR + 1 == rest[1] // HOUR


def test_machines_run_through_a_change_of_shift_and_rest_in_breaks() -> None:
    clock = [
        (f"{to_local(begin):%H:%M}", f"{to_local(end):%H:%M}")
        for begin, end in running_times(shifts_of("L1", [MONDAY]))
    ]
    assert clock == [("07:00", "09:50"), ("10:05", "16:00"), ("16:15", "19:00")]


def test_a_planned_stoppage_is_idle_time_of_its_line() -> None:
    days = working_days(MONDAY, 5)
    (stoppage,) = stoppages(days)
    span = to_ms(stoppage.day, stoppage.start), to_ms(stoppage.day, stoppage.end)
    assert [shift.day for shift in shifts_of("L2", days) if span in shift.idle] == [days[3]]
    assert not [shift for shift in shifts_of("L1", days) if span in shift.idle]
