import ast
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from source import REPO, tree

from aponta.errors import ConfigError
from aponta.lab import faults, forms
from aponta.lab.delivery import Fault
from aponta.lab.faults import every_fault, faults_named
from aponta.lab.plan import Plan
from aponta.lab.plan import plan_faults as planned_over
from aponta.lab.simulation.plant import SimulatedMachine, build_plant
from aponta.lab.simulation.shifts import HOUR, working_days

MONDAY = date(2026, 3, 2)
PRESS = forms.every_form()["press"]
FAULTS = {name for name, fault in every_fault().items() if fault.suits(PRESS)}


def presses(machines: int) -> tuple[SimulatedMachine, ...]:
    return build_plant(machines, 600, [PRESS]).machines


def plan(chosen: list[Fault], machines: tuple[SimulatedMachine, ...], days: list[date], seed: int, **how: Any) -> Plan:
    """Of those that suit one of the machines."""
    known = forms.every_form()
    suiting = [fault for fault in chosen if any(fault.suits(known[machine.form]) for machine in machines)]
    return planned_over(suiting, machines, known, days, seed, **how)


def test_the_folder_is_walked() -> None:
    folder = Path(faults.__file__).parent
    assert {path.stem for path in folder.rglob("*.py")} - {"__init__"} == set(every_fault())
    assert [fault.name for fault in faults_named(["late_hour", "duplicate"])] == ["duplicate", "late_hour"]
    assert [fault.name for fault in faults_named(["all"])] == list(every_fault())


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(ConfigError, match=r"lab\.fault.*name=flood"):
        faults_named(["flood"])


@pytest.mark.parametrize("seed", range(10))
def test_three_days_of_four_machines_have_one_of_each(seed: int) -> None:
    plans = plan(faults_named(["all"]), presses(4), working_days(MONDAY, 3), seed)
    hours = Counter(planned.fault for each in plans.values() for planned in each.values())
    assert set(hours) == FAULTS
    assert hours["cumulative"] == hours["packed_day"] == 12 and hours["swapped_names"] == hours["overlap"] == 2
    assert all(hours[name] >= every_fault()[name].at_least for name in FAULTS)


def test_ten_machines_of_two_days_have_room_for_each() -> None:
    plans = plan(faults_named(["all"]), presses(10), working_days(MONDAY, 2), 1)
    assert {planned.fault for each in plans.values() for planned in each.values()} == FAULTS


def test_what_there_is_no_room_for_is_left_out_where_that_is_asked_for() -> None:
    machines, days = presses(4), working_days(MONDAY, 1)
    with pytest.raises(ConfigError, match=r"lab\.no_room"):
        plan(faults_named(["all"]), machines, days, 1)
    plans = plan(faults_named(["all"]), machines, days, 1, as_fits=True)
    there = {planned.fault for each in plans.values() for planned in each.values()}
    assert 10 < len(there) < len(FAULTS)


def test_the_hour_after_one_whose_items_spill_into_it_is_the_same_faults() -> None:
    plans = plan(faults_named(["clock_skew", "duplicate"]), presses(1), working_days(MONDAY, 5), 1)
    (first, second) = sorted(hour for hour, planned in plans["M01"].items() if planned.fault == "clock_skew")
    assert second - first == HOUR and plans["M01"][second].last and not plans["M01"][first].last


def test_a_fault_that_may_come_once_comes_once_a_machine() -> None:
    plans = plan(faults_named(["midnight"]), presses(9), working_days(MONDAY, 20), 1)
    assert {len(each) for each in plans.values()} == {1}


def test_files_that_would_have_one_name_are_of_different_hours() -> None:
    for seed in range(5):
        plans = plan(faults_named(["unknown_machine"]), presses(40), working_days(MONDAY, 2), seed)
        hours = [hour for each in plans.values() for hour in each]
        assert len(hours) == len(set(hours)) > 3


def test_swapped_names_fall_on_the_same_hour_of_two_machines() -> None:
    plans = plan(faults_named(["swapped_names"]), presses(3), working_days(MONDAY, 5), 1)
    pairs = [(code, hour, planned) for code, each in plans.items() for hour, planned in each.items()]
    assert pairs
    for code, hour, planned in pairs:
        assert planned.peer is not None and plans[planned.peer][hour].peer == code


def test_a_week_of_ten_machines_has_about_one_of_each_per_machine() -> None:
    plans = plan(faults_named(["all"]), presses(10), working_days(MONDAY, 5), 1)
    hours = Counter(planned.fault for each in plans.values() for planned in each.values())
    assert hours["duplicate"] == hours["garbage_rows"] == 10


def test_one_machine_has_no_other_to_swap_names_with() -> None:
    with pytest.raises(ConfigError, match=r"lab\.no_room.*fault=swapped_names"):
        plan(faults_named(["swapped_names"]), presses(1), working_days(MONDAY, 1), 1)


@pytest.mark.parametrize("seed", range(3))
def test_a_week_of_all_layouts_has_each_fault_only_where_it_suits_and_many_of_each_layout(seed: int) -> None:
    known = forms.every_form()
    machines = build_plant(15, 600, list(known.values())).machines
    plans = plan(faults_named(["all"]), machines, working_days(MONDAY, 7), seed)
    befallen = {(machine.form, one.fault) for machine in machines for one in plans[machine.code].values()}
    assert {fault for _, fault in befallen} == set(every_fault())
    assert all(every_fault()[fault].suits(known[form]) for form, fault in befallen)
    assert min(Counter(form for form, _ in befallen).values()) >= 10


@pytest.mark.parametrize("seed", range(10))
def test_eight_machines_of_all_layouts_have_room_for_each_in_three_days(seed: int) -> None:
    machines = build_plant(8, 600, list(forms.every_form().values())).machines
    plans = plan(faults_named(["all"]), machines, working_days(MONDAY, 3), seed)
    assert {one.fault for each in plans.values() for one in each.values()} == set(every_fault())


def test_swapped_names_are_those_of_two_machines_of_one_layout() -> None:
    known = forms.every_form()
    machines = build_plant(9, 600, [known["press"], known["logger"], known["terminal"]]).machines
    plans = plan(faults_named(["swapped_names"]), machines, working_days(MONDAY, 5), 1)
    form_of = {machine.code: machine.form for machine in machines}
    pairs = {(form_of[code], form_of[one.peer or ""]) for code, each in plans.items() for one in each.values()}
    assert pairs and pairs <= {("press", "press"), ("terminal", "terminal")}


def test_the_docs_list_each_fault_in_its_own_words() -> None:
    page = (REPO / "docs" / "how-to" / "simulate-a-factory.md").read_text(encoding="utf-8")
    modules = {path.stem: path for path in Path(faults.__file__).parent.rglob("*.py")}
    for name in every_fault():
        said = ast.get_docstring(tree(modules[name])) or ""
        first = " ".join(said.strip().partition("\n\n")[0].split())
        assert f"\n| `{name}` | {first} |\n" in page
    assert page.count("\n| `") == len(every_fault()) + 5 + len(forms.every_form()), (
        "options and layouts have their rows too, and no fault that is gone"
    )
