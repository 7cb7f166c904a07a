from collections import Counter
from datetime import date

import pytest

from aponta.errors import ConfigError
from aponta.lab.faults import found, named
from aponta.lab.plan import plan
from aponta.lab.plant import build
from aponta.lab.shifts import working_days

MONDAY = date(2026, 3, 2)
FAULTS = {
    "corrected_version", "counter_restart", "cumulative", "duplicate", "garbage_rows", "late_hour", "lying_trailer",
    "renamed_copy", "swapped_names", "truncated_row",
}  # fmt: skip


def test_the_folder_is_walked() -> None:
    assert set(found()) == FAULTS
    assert [fault.name for fault in named(["late_hour", "duplicate"])] == ["duplicate", "late_hour"]
    assert len(named(["all"])) == len(FAULTS)


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(ConfigError, match=r"lab\.fault.*name=flood"):
        named(["flood"])


@pytest.mark.parametrize("seed", range(10))
def test_one_day_of_four_machines_has_one_of_each(seed: int) -> None:
    plans = plan(named(["all"]), build(4, 600).machines, working_days(MONDAY, 1), seed)
    hours = Counter(planned.fault for each in plans.values() for planned in each.values())
    assert set(hours) == FAULTS
    assert hours["cumulative"] == 12 and hours["swapped_names"] == 2 and hours["truncated_row"] == 2


def test_swapped_names_fall_on_the_same_hour_of_two_machines() -> None:
    plans = plan(named(["swapped_names"]), build(3, 600).machines, working_days(MONDAY, 5), 1)
    pairs = [(code, hour, planned) for code, each in plans.items() for hour, planned in each.items()]
    assert pairs
    for code, hour, planned in pairs:
        assert planned.peer is not None and plans[planned.peer][hour].peer == code


def test_a_week_of_ten_machines_has_about_one_of_each_per_machine() -> None:
    plans = plan(named(["all"]), build(10, 600).machines, working_days(MONDAY, 5), 1)
    hours = Counter(planned.fault for each in plans.values() for planned in each.values())
    assert hours["duplicate"] == hours["garbage_rows"] == 10


def test_one_machine_has_no_other_to_swap_names_with() -> None:
    with pytest.raises(ConfigError, match=r"lab\.no_room.*fault=swapped_names"):
        plan(named(["swapped_names"]), build(1, 600).machines, working_days(MONDAY, 1), 1)
