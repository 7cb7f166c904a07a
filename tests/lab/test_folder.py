import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aponta.config import load
from aponta.errors import ConfigError
from aponta.factory_calendar import shifts
from aponta.lab import forms
from aponta.lab.folder import Simulation, simulate_factory
from aponta.lab.forms.press import FORM
from aponta.lab.simulation.machine import MachinePause, machine_events
from aponta.lab.simulation.nature import STOPS
from aponta.lab.simulation.plant import build_plant
from aponta.lab.simulation.shifts import shifts_of, stoppages, working_days

Truth = Callable[[Path], dict[str, Any]]
Records = Callable[[Path], list[list[str]]]


def prints(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file's hash, and the time it landed."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns * name.startswith("landing/"))
        for name, path in files.items()
    }


def test_the_same_arguments_give_the_same_bytes_in_any_number_of_processes(
    faulty: Path, small: dict[str, Any], tmp_path: Path
) -> None:
    again = simulate_factory(tmp_path / "again", Simulation(**small, faults=["all"]), processes=2).folder
    assert prints(again) == prints(faulty)


def test_all_layouts_too(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"machines": 12, "days": 2, "items_per_hour": 60, "layouts": ["all"], "faults": ["all"]}
    simulation = Simulation(**arguments, as_fits=True)
    alone, together = (
        simulate_factory(tmp_path / name, simulation, processes=processes)
        for name, processes in (("alone", 1), ("together", 2))
    )
    assert prints(alone.folder) == prints(together.folder)
    written = load(alone.folder)
    assert set(written.layouts) == {f"{name}_v1" for name in forms.every_form()}
    assert Counter(each.layout for each in written.machines.values()) == dict.fromkeys(written.layouts, 2)


def test_another_seed_gives_other_bytes(faultless: Path, small: dict[str, Any], tmp_path: Path) -> None:
    other = simulate_factory(tmp_path / "other", Simulation(**(small | {"seed": 8}))).folder
    text = {each for each in prints(faultless).items() if each[0].startswith("landing")}
    assert not set(prints(other).items()) & text


def test_a_file_of_the_case_weighs_about_a_megabyte(tmp_path: Path) -> None:
    simulated = simulate_factory(tmp_path / "full", Simulation(machines=1, days=1), processes=1)
    sizes = sorted(path.stat().st_size for path in (tmp_path / "full" / "landing").iterdir())
    assert len(sizes) == simulated.files == 12
    assert 900_000 < sizes[-1] < 1_100_000


def test_every_machine_has_a_file_for_every_hour(faultless: Path) -> None:
    names = {path.name for path in (faultless / "landing").iterdir()}
    assert names == {
        f"M{number:02d}_202603{day:02d}_{hour:02d}.txt"
        for number in range(1, 5)
        for day in (2, 3, 4)
        for hour in range(7, 19)
    }


def test_the_text_tells_what_the_truth_tells(faultless: Path, truth_of: Truth, records: Records) -> None:
    quality = {"A": "good", "R": "scrap", "T": "rework"}
    told: Counter[tuple[str, str, str]] = Counter()
    counters = 0
    for path in (faultless / "landing").iterdir():
        for machine, counter, _, product, code, *_ in records(path):
            told[machine, product, quality[code]] += 1
            counters += int(counter)
    true: Counter[tuple[str, str, str]] = Counter()
    for row in truth_of(faultless)["production"]:
        true[row["machine"], row["product"], row["quality"]] += row["pieces"]
    assert told == true
    assert counters == truth_of(faultless)["totals"]["counter_sum"]


def test_without_faults_the_stops_are_those_that_were_put_in(
    faultless: Path, truth_of: Truth, small: dict[str, Any]
) -> None:
    days = working_days(date(2026, 3, 2), small["days"])
    truth = truth_of(faultless)
    long = {*STOPS, "failure"}
    for machine in build_plant(small["machines"], small["items_per_hour"], [FORM]).machines:
        events = machine_events(machine, shifts_of(machine.line, days), small["seed"])
        put_in = Counter(event.reason for event in events if isinstance(event, MachinePause))
        found = Counter(stop["reason"] for stop in truth["stops"] if stop["machine"] == machine.code)
        assert found["changeover"] == put_in["changeover"]
        assert {reason: found[reason] for reason in long} == {reason: put_in[reason] for reason in long}
        assert found.total() <= put_in.total() and None not in found


def test_planned_time_is_spent_to_the_millisecond(faulty: Path, truth_of: Truth) -> None:
    for row in truth_of(faulty)["oee"]:
        spent = ("planned_down_ms", "run_ms", "setup_ms", "stop_ms", "micro_stop_ms", "unknown_ms")
        assert row["planned_ms"] == sum(row[each] for each in spent) and min(row[each] for each in spent) >= 0


def of(truth: dict[str, Any], mark: str) -> set[tuple[str, str]]:
    return {(row["machine"], row["hour"]) for row in truth["hours"] if row[mark]}


def test_what_faults_withhold_is_what_the_faultless_factory_has_more(
    faulty: Path, faultless: Path, truth_of: Truth
) -> None:
    with_faults, without = truth_of(faulty), truth_of(faultless)
    assert with_faults["totals"]["items"] + with_faults["totals"]["withheld"] == without["totals"]["items"]
    unknown = [row for row in with_faults["hours"] if not row["covered"]]
    held = {row["fault"] for row in with_faults["faults"] if (row["machine"], row["hour"]) in of(with_faults, "held")}
    assert held == {"checksum_lies", "lying_trailer"}
    # an unknown hour at the end of all leaves no row
    assert sum(row["unknown_ms"] for row in with_faults["oee"]) <= len(unknown) * 3_600_000
    assert sum(with_faults["refused"].values()) == with_faults["files"]["quarantined"]


def test_the_folder_is_one_that_aponta_reads(tmp_path: Path) -> None:
    simulate_factory(tmp_path / "five", Simulation(machines=5, days=5, items_per_hour=60))
    factory = load(tmp_path / "five")
    assert [machine.stock for machine in factory.machines.values()] == [
        "finished", "finished", "finished", "intermediate", "finished",
    ]  # fmt: skip
    assert factory.machines["M01"].name == "Prensa nº 1"
    assert factory.settings.factory.name == "Aurora Utensílios"
    assert list(factory.layouts) == ["press_v1"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"machines": 0}, "lab.machines"),
        ({"machines": 100}, "lab.machines"),
        ({"days": 0}, "lab.days"),
        ({"items_per_hour": 1}, "lab.items_per_hour"),
        ({"faults": ["flood"]}, "lab.fault"),
        ({"layouts": ["clay"]}, "lab.layout"),
        ({"layouts": []}, "lab.no_layouts"),
        ({"faults": ["state_again"]}, "lab.fault_layout"),
        ({"layouts": ["logger", "packml"], "machines": 1, "faults": ["state_again"]}, "lab.fault_layout"),
        ({"machines": 1, "faults": ["all"]}, "lab.no_room"),
        ({"facts": True, "faults": ["late_hour"]}, "lab.facts_faults"),
    ],
)
def test_what_cannot_be_simulated_is_refused_before_a_file_is_written(
    wrong: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as raised:
        simulate_factory(tmp_path / "new", Simulation(**wrong))
    assert raised.value.code == code
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(faultless: Path) -> None:
    with pytest.raises(ConfigError, match=r"lab\.not_empty"):
        simulate_factory(faultless, Simulation(machines=1, days=1))


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulation = Simulation(machines=2, days=1, items_per_hour=60)
    simulate_factory(tmp_path / "reported", simulation, progress=lambda *done: seen.append(done))
    assert seen == [(1, 2), (2, 2)]


def test_the_calendar_that_is_written_is_the_one_the_machines_lived_by(tmp_path: Path) -> None:
    month = Simulation(machines=1, days=24, items_per_hour=20, start=date(2026, 3, 30))
    simulated = simulate_factory(tmp_path / "month", month)
    factory = load(simulated.folder)
    assert len(stoppages(simulated.days)) == 3 and date(2026, 4, 3) not in simulated.days  # Good Friday
    for line in ("L1", "L2"):
        written = shifts(factory.calendar, factory.zone, line, simulated.days[0], simulated.days[-1])
        assert [(each.name, each.production_day, each.start, each.end, each.down) for each in written] == [
            (
                each.name,
                each.day,
                each.start_ms * 1000,
                each.end_ms * 1000,
                tuple((a * 1000, b * 1000) for a, b in each.idle),
            )
            for each in shifts_of(line, simulated.days)
        ]
