"""The truth's arithmetic, on a morning small enough to be worked out by hand."""

from datetime import date
from typing import Any

from aponta.lab.simulation.machine import ComponentFailure, MachinePause, SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR, SimulatedShift
from aponta.lab.truth.observer import Observer
from aponta.lab.truth.truth import COUNTS, TIMES, instant, truth_of_machine, truth_of_plant

H = 492_346 * HOUR  # 2026-03-02 10:00 UTC
S, MIN = 1000, 60_000
DAY = date(2026, 3, 2)
SHIFTS = [
    SimulatedShift("1", DAY, H, H + 150 * MIN, ((H + 50 * MIN, H + 65 * MIN),)),  # its break spans two hours
    SimulatedShift("2", DAY, H + 150 * MIN, H + 240 * MIN, ()),
]


def machine(**limits: int) -> SimulatedMachine:
    return SimulatedMachine("M01", "Prensa", "L1", "", "", "press", "finished", {"A": 1000, "B": 2000}, **limits)


def item(at_ms: int, product: str, quality: str = "good") -> SimulatedItem:
    return SimulatedItem(H + at_ms, {"A": 1000, "B": 2000}[product], product, quality, 0, 0)


def morning(of: SimulatedMachine) -> dict[str, list[dict[str, Any]]]:
    observer = Observer(of, SHIFTS, 10**12)
    first = [item(61 * S, "A"), item(62 * S, "A", "scrap"), item(83 * S, "A"), item(45 * MIN, "A", "rework")]
    observer.observe(H, [10, 11, 12, 15], first)
    observer.observe(H + HOUR, [1], [item(70 * MIN, "B")])
    observer.observe(H + 2 * HOUR, [], [], covered=False)
    observer.observe(H + 3 * HOUR, [4], [item(181 * MIN, "B")], withheld=True)
    pauses = [
        MachinePause(H + 90 * S, H + 44 * MIN, "no material"),
        MachinePause(H + 50 * MIN, H + 66 * MIN, "changeover"),
    ]
    return truth_of_machine(observer, pauses, [ComponentFailure(H, H + MIN, "bearing")])


def test_stops() -> None:
    assert [(stop["started_at"], stop["ms"], stop["kind"], stop["reason"]) for stop in morning(machine())["stops"]] == [
        (instant(H), 60 * S, "micro_stop", None),
        # 20 s between 62 s and 82 s are no stop: the machine ran slowly
        (instant(H + 83 * S), 2616 * S, "stop", "no material"),
        (instant(H + 45 * MIN), (300 + 298) * S, "changeover", "changeover"),  # the break is cut out
        (instant(H + 70 * MIN), (3000 + 58) * S, "stop", None),  # so is the hour that never came
        (instant(H + 181 * MIN), 3540 * S, "stop", None),  # open to the end of the last hour
    ]
    assert morning(machine())["stops"][-1]["ended_at"] == "2026-03-02T14:00:00Z"


def test_a_machine_may_have_limits_of_its_own() -> None:
    kinds = [(stop["ms"], stop["kind"]) for stop in morning(machine(micro_stop_after_s=15, stop_after_s=59))["stops"]]
    assert kinds[:2] == [(60 * S, "stop"), (20 * S, "micro_stop")]
    # a stop is never shorter than a micro-stop
    assert [stop["ms"] // S for stop in morning(machine(micro_stop_after_s=600))["stops"]] == [2616, 3058, 3540]


def test_times_and_counts_per_product_hour_and_shift() -> None:
    rows = {(row["hour"], row["product"], row["shift"]): row for row in morning(machine())["oee"]}
    told = {key: {column: row[column] for column in (*TIMES, *COUNTS) if row[column]} for key, row in rows.items()}
    assert told == {
        (instant(H), "A", "1"): {
            "calendar_ms": 3600 * S, "planned_ms": 3600 * S, "planned_down_ms": 600 * S, "run_ms": 24 * S,
            "setup_ms": 300 * S, "stop_ms": 2616 * S, "micro_stop_ms": 60 * S,
            "ideal_ms_produced": 4 * S, "ideal_ms_good": 2 * S, "produced": 4, "good": 2, "scrap": 1, "rework": 1,
        },
        (instant(H + HOUR), "A", "1"): {
            "calendar_ms": 600 * S, "planned_ms": 600 * S, "planned_down_ms": 300 * S,
            "run_ms": 2 * S, "setup_ms": 298 * S,
        },
        (instant(H + HOUR), "B", "1"): {
            "calendar_ms": 3000 * S, "planned_ms": 3000 * S, "stop_ms": 3000 * S,
            "ideal_ms_produced": 2 * S, "ideal_ms_good": 2 * S, "produced": 1, "good": 1,
        },
        (instant(H + 2 * HOUR), "B", "1"): {"calendar_ms": 1800 * S, "planned_ms": 1800 * S, "unknown_ms": 1800 * S},
        (instant(H + 2 * HOUR), "B", "2"): {"calendar_ms": 1800 * S, "planned_ms": 1800 * S, "unknown_ms": 1800 * S},
        (instant(H + 3 * HOUR), "B", "2"): {
            "calendar_ms": 3600 * S, "planned_ms": 3600 * S, "run_ms": 2 * S, "stop_ms": 3598 * S,
            "ideal_ms_produced": 2 * S, "ideal_ms_good": 2 * S, "produced": 1, "good": 1,
        },
    }  # fmt: skip


def test_counters_tell_what_was_not_seen_and_a_restart_is_no_loss() -> None:
    hours = morning(machine())["hours"]
    assert [hour["unseen"] for hour in hours] == [2, 0, 0, 0]
    assert [hour["counter_sum"] for hour in hours] == [48, 1, 0, 4]
    assert [hour["covered"] for hour in hours] == [True, True, False, True]


def test_stock_is_good_and_scrap_of_hours_that_may_be_declared() -> None:
    truth = truth_of_plant(
        [morning(machine())], {"A": "a", "B": "b"}, {"finished": "F", "intermediate": "I", "scrap": "S"}
    )
    assert truth["stock"] == [
        {"product": "a", "location": "F", "pieces": 2},
        {"product": "a", "location": "S", "pieces": 1},
        {"product": "b", "location": "F", "pieces": 1},
    ]
    assert truth["totals"]["items"] == 6 and truth["totals"]["rework"] == 1


def test_a_machine_that_told_nothing_has_no_facts() -> None:
    observer = Observer(machine(), SHIFTS, 10**12)
    observer.observe(H, [], [], covered=False)
    told = truth_of_machine(observer, [], [])
    assert not told["oee"] and not told["stops"] and not told["stock"]
