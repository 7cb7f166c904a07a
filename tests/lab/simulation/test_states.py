"""What a machine tells of itself, on a morning that is made by hand, and on a life."""

from datetime import date
from itertools import pairwise

from aponta.lab.forms.packml import FORM
from aponta.lab.simulation.machine import Failure, Pause, live
from aponta.lab.simulation.plant import build
from aponta.lab.simulation.shifts import running_times, shifts_of, working_days
from aponta.lab.simulation.states import Said, told

S, MIN = 1000, 60_000
RUNS = [(0, 60 * MIN), (75 * MIN, 120 * MIN)]  # a break between


def test_a_pause_passes_through_states_and_then_it_runs_on() -> None:
    pauses = [Pause(0, 20 * S, "start"), Pause(10 * MIN, 20 * MIN, "no material"), Pause(75 * MIN, 76 * MIN, "start")]
    assert told(pauses, RUNS) == [
        Said(0, "Starting"),
        Said(20 * S, "Execute"),
        Said(10 * MIN, "Suspending", "no material"),
        Said(11 * MIN, "Suspended", "no material"),
        Said(19 * MIN, "Unsuspending", "no material"),
        Said(20 * MIN, "Execute"),
        Said(60 * MIN, "Idle"),
        Said(75 * MIN, "Starting"),
        Said(76 * MIN, "Execute"),
        Said(120 * MIN, "Idle"),
    ]


def test_what_is_repaired_in_a_break_does_not_run_after_it() -> None:
    states = told([Pause(50 * MIN, 70 * MIN, "failure")], RUNS, [Failure(50 * MIN, 70 * MIN, "drive")])
    assert [one.reason for one in states] == ["drive", "drive", "drive", "", ""]
    assert [(one.at_ms // MIN, one.state) for one in states] == [
        (50, "Aborting"), (50, "Aborted"), (68, "Clearing"), (70, "Idle"), (120, "Idle"),
    ]  # fmt: skip


def test_a_pause_right_behind_another_one() -> None:
    states = told([Pause(MIN, 2 * MIN, "jam"), Pause(2 * MIN, 3 * MIN, "cleaning")], RUNS)
    assert [one.state for one in states][:4] == ["Held", "Unholding", "Stopping", "Stopped"]


def test_states_of_a_life_are_in_order_and_the_machine_makes_nothing_while_it_stands() -> None:
    (machine,) = build(1, 300, [FORM]).machines
    shifts = shifts_of("L1", working_days(date(2026, 3, 2), 5))
    events = list(live(machine, shifts, 1))
    states = told([one for one in events if isinstance(one, Pause)], list(running_times(shifts)))
    assert all(one.at_ms < other.at_ms for one, other in pairwise(states))
    assert {FORM.means[one.state] for one in states} == {"run", "stop", "external", "changeover", "failure"}
    made = [item.produced_ms for one in events if isinstance(one, list) for item in one]
    for one, other in pairwise(states):
        if FORM.means[one.state] != "run":
            assert not any(one.at_ms < at < other.at_ms for at in made)
