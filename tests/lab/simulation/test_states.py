"""What a machine tells of itself, on a morning that is made by hand, and on a life."""

from datetime import date
from itertools import pairwise

from aponta.lab.forms.packml import FORM
from aponta.lab.simulation.machine import ComponentFailure, MachinePause, machine_events
from aponta.lab.simulation.plant import build_plant
from aponta.lab.simulation.shifts import running_times, shifts_of, working_days
from aponta.lab.simulation.states import StateReport, reported_states

S, MIN = 1000, 60_000
RUNS = [(0, 60 * MIN), (75 * MIN, 120 * MIN)]  # a break between


def test_a_pause_passes_through_states_and_then_it_runs_on() -> None:
    pauses = [
        MachinePause(0, 20 * S, "start"),
        MachinePause(10 * MIN, 20 * MIN, "no material"),
        MachinePause(75 * MIN, 76 * MIN, "start"),
    ]
    assert reported_states(pauses, RUNS) == [
        StateReport(0, "Starting"),
        StateReport(20 * S, "Execute"),
        StateReport(10 * MIN, "Suspending", "no material"),
        StateReport(11 * MIN, "Suspended", "no material"),
        StateReport(19 * MIN, "Unsuspending", "no material"),
        StateReport(20 * MIN, "Execute"),
        StateReport(60 * MIN, "Idle"),
        StateReport(75 * MIN, "Starting"),
        StateReport(76 * MIN, "Execute"),
        StateReport(120 * MIN, "Idle"),
    ]


def test_what_is_repaired_in_a_break_does_not_run_after_it() -> None:
    states = reported_states(
        [MachinePause(50 * MIN, 70 * MIN, "failure")], RUNS, [ComponentFailure(50 * MIN, 70 * MIN, "drive")]
    )
    assert [one.reason for one in states] == ["drive", "drive", "drive", "", ""]
    assert [(one.at_ms // MIN, one.state) for one in states] == [
        (50, "Aborting"), (50, "Aborted"), (68, "Clearing"), (70, "Idle"), (120, "Idle"),
    ]  # fmt: skip


def test_a_pause_right_behind_another_one() -> None:
    states = reported_states([MachinePause(MIN, 2 * MIN, "jam"), MachinePause(2 * MIN, 3 * MIN, "cleaning")], RUNS)
    assert [one.state for one in states][:4] == ["Held", "Unholding", "Stopping", "Stopped"]


def test_states_of_a_life_are_in_order_and_the_machine_makes_nothing_while_it_stands() -> None:
    (machine,) = build_plant(1, 300, [FORM]).machines
    shifts = shifts_of("L1", working_days(date(2026, 3, 2), 5))
    events = list(machine_events(machine, shifts, 1))
    states = reported_states([one for one in events if isinstance(one, MachinePause)], list(running_times(shifts)))
    assert all(one.at_ms < other.at_ms for one, other in pairwise(states))
    assert {FORM.state_meanings[one.state] for one in states} == {"run", "stop", "external", "changeover", "failure"}
    made = [item.produced_ms for one in events if isinstance(one, list) for item in one]
    for one, other in pairwise(states):
        if FORM.state_meanings[one.state] != "run":
            assert not any(one.at_ms < at < other.at_ms for at in made)
