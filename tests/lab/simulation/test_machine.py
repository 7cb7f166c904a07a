from collections import Counter
from datetime import date
from functools import cache
from itertools import pairwise
from statistics import mean

from aponta.lab.forms.press import FORM
from aponta.lab.simulation.machine import ComponentFailure, Event, MachinePause, SimulatedItem, machine_events
from aponta.lab.simulation.nature import MINUTE
from aponta.lab.simulation.plant import build_plant
from aponta.lab.simulation.shifts import HOUR, running_times, shifts_of, to_local, working_days

PLANT = build_plant(10, 300, [FORM])
DAY = 24 * HOUR
DAYS = working_days(date(2026, 3, 2), 10)


@cache
def life(number: int, seed: int = 1) -> list[Event]:
    machine = PLANT.machines[number - 1]
    return list(machine_events(machine, shifts_of(machine.line, DAYS), seed))


def items(events: list[Event]) -> list[SimulatedItem]:
    return [item for event in events if isinstance(event, list) for item in event]


def test_the_same_seed_is_the_same_life_and_another_seed_another() -> None:
    assert life(1) == life.__wrapped__(1)
    assert life(1) != life(1, seed=2)


def test_items_follow_each_other_and_lie_where_the_machine_may_run() -> None:
    events = life(2)
    assert all(item.produced_ms - item.cycle_ms >= before.produced_ms for before, item in pairwise(items(events)))
    spans = list(running_times(shifts_of("L2", DAYS)))
    runs = [event for event in events if isinstance(event, list)]
    assert all(any(begin < run[0].produced_ms and run[-1].produced_ms < end for begin, end in spans) for run in runs)


def test_a_running_machine_leaves_no_gap() -> None:
    for event in life(3):
        if isinstance(event, list):
            assert all(item.produced_ms - item.cycle_ms == before.produced_ms for before, item in pairwise(event))


def test_a_run_lies_in_one_hour() -> None:
    assert all(len({item.produced_ms // HOUR for item in event}) == 1 for event in life(1) if isinstance(event, list))


def test_cycles_are_near_the_ideal_and_some_are_faster() -> None:
    machine = PLANT.machines[0]
    pace = [item.cycle_ms / machine.ideal_ms[item.product] for item in items(life(1))]
    assert 1.01 < mean(pace) < 1.05
    assert 0.1 < sum(each < 1 for each in pace) / len(pace) < 0.3


def test_two_or_three_products_a_day_and_little_scrap() -> None:
    made = items(life(1))
    products = {(item.produced_ms // DAY, item.product) for item in made}
    a_day = Counter(day for day, _ in products)
    assert len(a_day) == len(DAYS) and set(a_day.values()) <= {1, 2, 3} and len(products) / len(DAYS) > 2
    share = sum(item.quality == "scrap" for item in made) / len(made)
    assert 0.01 < share < 0.025


def test_before_a_failure_the_failing_part_shows_itself() -> None:
    seen = 0
    for number in range(1, 11):
        events = life(number)
        made = items(events)
        for failure in (event for event in events if isinstance(event, ComponentFailure)):
            assert 30 <= (failure.repaired_ms - failure.failed_ms) / MINUTE <= 150
            before = [item for item in made if failure.failed_ms - HOUR < item.produced_ms < failure.failed_ms]
            after = [item for item in made if 2 * HOUR < item.produced_ms - failure.repaired_ms < 4 * HOUR]
            if before and after and to_local(before[0].produced_ms).hour > 9:  # the machine has warmed up
                warmer = mean(item.temperature for item in before) - mean(item.temperature for item in after)
                shakier = mean(item.vibration for item in before) / mean(item.vibration for item in after)
                assert warmer > 400 or shakier > 1.2, failure
                seen += 1
    assert seen >= 3


def test_every_pause_has_a_reason_and_a_length() -> None:
    pauses = [event for event in life(4) if isinstance(event, MachinePause)]
    assert all(pause.reason and pause.ended_ms > pause.started_ms for pause in pauses)
    assert {"changeover", "start", "jam"} <= {pause.reason for pause in pauses}
