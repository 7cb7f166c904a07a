"""When a machine stood by its own word, worked out by hand. Of gaps: test_truth."""

from datetime import date

from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR, SimulatedShift
from aponta.lab.simulation.states import StateReport
from aponta.lab.truth.observer import Observer
from aponta.lab.truth.stops import TrueStop, busy_time, true_stops
from aponta.lab.truth.truth import instant, truth_of_machine

H = 492_346 * HOUR  # 2026-03-02 10:00 UTC
S, MIN = 1000, 60_000
DAY = date(2026, 3, 2)
SHIFTS = [SimulatedShift("1", DAY, H, H + 180 * MIN, ((H + 50 * MIN, H + 65 * MIN),))]
MEANS = {"Execute": "run", "Held": "stop", "Unholding": "stop", "Suspended": "external", "Aborted": "failure"}
MACHINE = SimulatedMachine("ENV1", "Embaladora", "L1", "", "", "packing", "finished", {"A": 1000, "B": 2000})


def at(minute: float, state: str, reason: str = "") -> StateReport:
    return StateReport(H + round(minute * MIN), state, reason)


def stood(*said: StateReport, lost: int | None = None) -> list[tuple[float, float, float, str, str | None, str]]:
    """From, to, net minutes, kind, reason, product. lost: an hour whose file never came."""
    found = true_stops(heard(*said, lost=lost), busy_time(heard(*said, lost=lost)), [], MEANS)
    return [tuple_of(stop) for stop in found]


def tuple_of(stop: TrueStop) -> tuple[float, float, float, str, str | None, str]:
    return (stop.start - H) / MIN, (stop.end - H) / MIN, stop.ms / MIN, stop.kind, stop.reason, stop.product


def heard(*said: StateReport, lost: int | None = None) -> Observer:
    observer = Observer(MACHINE, SHIFTS, 10**9)
    for hour, (minute, product) in enumerate(((10, "A"), (70, "B"), (130, "B"))):
        made = [SimulatedItem(H + minute * MIN, 1000, product, "good", 0, 0)] if hour != lost else []
        observer.observe(H + hour * HOUR, [hour + 1] * len(made), made, covered=hour != lost)
    observer.states += said
    return observer


def test_the_same_told_again_goes_on_and_another_code_of_the_same_meaning_too() -> None:
    told = [
        at(0, "Execute"),
        at(20, "Held", "jam"),
        at(22, "Held", "jam"),
        at(24, "Unholding", "jam"),
        at(26, "Execute"),
    ]
    assert stood(*told) == [(20, 26, 6, "stop", "jam", "A")]
    assert stood(*told[:2], at(21, "Held", "door"), *told[4:]) == [
        (20, 21, 1, "micro_stop", "jam", "A"), (21, 26, 5, "micro_stop", "door", "A"),
    ]  # fmt: skip


def test_breaks_and_hours_that_never_came_are_cut_out_and_the_last_state_ends_with_the_last_hour() -> None:
    told = [at(0, "Execute"), at(40, "Suspended"), at(125, "Execute"), at(170, "Aborted", "drive")]
    assert stood(*told) == [(40, 125, 70, "external", None, "A"), (170, 180, 10, "failure", "drive", "B")]
    assert stood(*told, lost=1) == [(40, 125, 15, "external", None, "A"), (170, 180, 10, "failure", "drive", "B")]


def test_where_no_state_is_known_gaps_count_as_a_whole() -> None:
    told = [at(20, "Execute"), at(30, "Manual"), at(34, "Execute"), at(100, "Held"), at(101, "Execute")]
    assert stood(*told) == [
        (0, 10 - 1 / 60, 10 - 1 / 60, "stop", None, "A"),
        (10, 20, 10, "changeover", None, "A"),  # of the gap from 10 to 70 these two are left: after them B is made
        (30, 34, 4, "changeover", None, "A"),
        (100, 101, 1, "micro_stop", None, "B"),
    ]


def test_times_are_those_of_its_word() -> None:
    told = [at(0, "Execute"), at(20, "Held", "jam"), at(26, "Suspended"), at(31, "Aborted"), at(33, "Execute")]
    truth = truth_of_machine(heard(*told), [], [], MEANS)
    (row,) = [row for row in truth["oee"] if row["hour"] == instant(H)]
    assert {name: row[name] // S for name in ("stop_ms", "external_ms", "failure_ms", "micro_stop_ms", "run_ms")} == {
        "stop_ms": 360, "external_ms": 300, "failure_ms": 120, "micro_stop_ms": 0, "run_ms": 3000 - 780,
    }  # fmt: skip
    assert [(row["code"], row["state"], row["reason"]) for row in truth["states"]][:2] == [
        ("Execute", "run", None), ("Held", "stop", "jam"),
    ]  # fmt: skip
