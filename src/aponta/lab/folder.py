"""A simulated factory folder: master data, the machines' files as they landed, and the truth about them."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from aponta.errors import ConfigError
from aponta.lab import facts as hourly_facts
from aponta.lab import forms, masterdata
from aponta.lab.delivery import Fault
from aponta.lab.faults import faults_named, with_declared_faults
from aponta.lab.form import FileForm
from aponta.lab.plan import plan_faults
from aponta.lab.recording import COUNTS, MachineRecord, MachineTask, record_machine
from aponta.lab.simulation.plant import SimulatedPlant, build_plant
from aponta.lab.simulation.shifts import working_days
from aponta.lab.truth.truth import truth_of_plant

WORTH_PROCESSES = 300_000  # items from which on it pays to start more processes


@dataclass(frozen=True)
class Simulation:
    """The parameters of a simulation: equal values give equal bytes.

    layouts: forms of file, which the machines take by turns. faults: names, or "all". start: the first of `days`
    working days. facts: hourly facts instead of the machines' text, for months. as_fits: faults that there are too few
    hours for are left out, instead of refused.
    """

    machines: int = 10
    days: int = 5
    seed: int = 1
    items_per_hour: int = 14_500
    layouts: Sequence[str] = (forms.USUAL,)
    faults: Sequence[str] = ()
    start: date = date(2026, 3, 2)
    facts: bool = False
    as_fits: bool = False


@dataclass(frozen=True)
class SimulatedFactory:
    """The folder that was written, and its counts."""

    folder: Path
    files: int
    bytes: int
    items: int
    days: tuple[date, ...]
    faults: dict[str, int]  # name -> how many
    left_out: tuple[str, ...]  # requested faults without room


def simulate_factory(
    folder: Path,
    simulation: Simulation,
    *,
    progress: Callable[[int, int], None] | None = None,
    processes: int | None = None,
) -> SimulatedFactory:
    """Writes a simulated factory into `folder`, which must be new or empty.

    The bytes do not depend on the number of `processes`. `progress` receives (machines done, machines). Raises
    ConfigError `lab.*` for a simulation that is impossible.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError("lab.not_empty", folder=folder)
    if simulation.days < 1:
        raise ConfigError("lab.days", days=simulation.days)
    written = forms.forms_named(simulation.layouts)
    if not written:
        raise ConfigError("lab.no_layouts", known=", ".join(forms.every_form()))
    plant = build_plant(simulation.machines, simulation.items_per_hour, written)
    faults = _suiting(faults_named(simulation.faults), simulation.faults, written[: simulation.machines])
    if simulation.facts and faults:
        raise ConfigError("lab.facts_faults")
    days = tuple(working_days(simulation.start, simulation.days))
    form_of = {form.name: with_declared_faults(form, faults) for form in written[: simulation.machines]}
    plans = plan_faults(faults, plant.machines, form_of, days, simulation.seed, as_fits=simulation.as_fits)
    folder.mkdir(parents=True, exist_ok=True)
    masterdata.write_master_data(folder, plant, days, form_of)
    landing = folder / "landing"
    landing.mkdir()
    names = [fault.name for fault in faults]
    tasks = [
        MachineTask(
            None if simulation.facts else landing,
            machine,
            plant.machines,
            days,
            simulation.seed,
            plans[machine.code],
            names,
        )
        for machine in plant.machines
    ]
    records: list[MachineRecord] = []
    for record in _records(tasks, processes or _processes(simulation)):
        records.append(record)
        if progress:
            progress(len(records), simulation.machines)
    counts = {name: sum((record.counts[name] for record in records), Counter[str]()) for name in COUNTS}
    truth = _truth(simulation, plant, records, counts, list(form_of), names)
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")
    if simulation.facts:
        hourly_facts.write_facts(folder / "facts", truth)
    happened = Counter(name for name, _ in {(row["fault"], row["number"]) for row in truth["faults"]})
    return SimulatedFactory(
        folder,
        counts["files"].total(),
        sum(record.bytes for record in records),
        truth["totals"]["items"],
        days,
        dict(sorted(happened.items())),
        tuple(name for name in names if name not in happened),
    )


def _truth(
    simulation: Simulation,
    plant: SimulatedPlant,
    records: Sequence[MachineRecord],
    counts: Mapping[str, Counter[str]],
    layouts: list[str],
    faults: list[str],
) -> dict[str, Any]:
    """The content of truth.json."""
    truth = truth_of_plant(
        [record.truth for record in records],
        {product.code: product.stock_code for product in plant.products},
        masterdata.LOCATIONS,
    )
    truth |= {name: dict(sorted(count.items())) for name, count in counts.items()}
    truth["made_with"] = {
        "machines": simulation.machines,
        "days": simulation.days,
        "seed": simulation.seed,
        "items_per_hour": simulation.items_per_hour,
        "layouts": layouts,
        "faults": faults,
        "start": str(simulation.start),
    }
    return truth


def _suiting(faults: Sequence[Fault], requested: Sequence[str], written: Sequence[FileForm]) -> list[Fault]:
    """The faults that suit one of the forms; a fault requested by its name must."""
    suiting = [fault for fault in faults if any(map(fault.suits, written))]
    for fault in faults:
        if fault not in suiting and fault.name in requested:
            raise ConfigError("lab.fault_layout", fault=fault.name, layouts=", ".join(form.name for form in written))
    return suiting


def _processes(simulation: Simulation) -> int:
    items = simulation.machines * simulation.days * simulation.items_per_hour * 12
    return 1 if items < WORTH_PROCESSES else min(simulation.machines, os.cpu_count() or 1)


def _records(tasks: Sequence[MachineTask], processes: int) -> Iterator[MachineRecord]:
    if processes == 1:
        yield from map(record_machine, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:  # a fork copies the threads' locks
        yield from pool.map(record_machine, tasks)
