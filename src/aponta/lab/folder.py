"""A simulated factory folder: master data, the machines' files as they landed, and what is true of them."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from aponta.errors import ConfigError
from aponta.lab import facts as hourly_facts
from aponta.lab import forms, masterdata
from aponta.lab.delivery import Fault
from aponta.lab.faults import as_declared, faults_named
from aponta.lab.form import Form
from aponta.lab.plan import plan
from aponta.lab.recording import COUNTS, Recorded, Task, record
from aponta.lab.simulation.plant import build
from aponta.lab.simulation.shifts import working_days
from aponta.lab.truth.truth import whole

WORTH_PROCESSES = 300_000  # items from which on it pays to start more processes


@dataclass(frozen=True)
class Simulated:
    """What was written."""

    folder: Path
    files: int
    bytes: int
    items: int
    days: tuple[date, ...]
    faults: dict[str, int]  # how many of each
    left_out: tuple[str, ...]  # asked for, and there was no room for them


def simulate(
    folder: Path,
    *,
    machines: int = 10,
    days: int = 5,
    seed: int = 1,
    items_per_hour: int = 14_500,
    layouts: Sequence[str] = (forms.USUAL,),
    faults: Sequence[str] = (),
    start: date = date(2026, 3, 2),
    facts: bool = False,
    as_fits: bool = False,
    progress: Callable[[int, int], None] | None = None,
    processes: int | None = None,
) -> Simulated:
    """Writes a factory of `days` working days from `start` into `folder`, which must be new or empty. Its machines
    write in the forms of these `layouts` by turns.

    The same arguments give the same bytes, with any number of `processes`. `as_fits` leaves out faults that there
    are too few hours for, instead of refusing them all. `facts` writes hourly facts instead of the
    machines' text, for months. `progress` is told how many machines of how many are done. Raises ConfigError.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError("lab.not_empty", folder=folder)
    if days < 1:
        raise ConfigError("lab.days", days=days)
    writes = forms.forms_named(layouts)
    if not writes:
        raise ConfigError("lab.no_layouts", known=", ".join(forms.every_form()))
    plant = build(machines, items_per_hour, writes)
    chosen = _suiting(faults_named(faults), faults, writes[:machines])
    if facts and chosen:
        raise ConfigError("lab.facts_faults")
    dates = tuple(working_days(start, days))
    form_of = {form.name: as_declared(form, chosen) for form in writes[:machines]}
    plans = plan(chosen, plant.machines, form_of, dates, seed, as_fits=as_fits)
    folder.mkdir(parents=True, exist_ok=True)
    masterdata.write(folder, plant, dates, form_of)
    landing = folder / "landing"
    landing.mkdir()
    names = [fault.name for fault in chosen]
    tasks = [
        Task(None if facts else landing, machine, plant.machines, dates, seed, plans[machine.code], names)
        for machine in plant.machines
    ]
    if processes is None:
        processes = 1 if machines * days * items_per_hour * 12 < WORTH_PROCESSES else min(machines, os.cpu_count() or 1)
    recorded: list[Recorded] = []
    for each in _recorded(tasks, processes):
        recorded.append(each)
        if progress:
            progress(len(recorded), machines)
    truth = whole(
        [each.truth for each in recorded],
        {product.code: product.stock_code for product in plant.products},
        masterdata.LOCATIONS,
    )
    counts = {name: sum((each.counts[name] for each in recorded), Counter[str]()) for name in COUNTS}
    truth |= {name: dict(sorted(count.items())) for name, count in counts.items()}
    happened = Counter(name for name, _ in {(row["fault"], row["number"]) for row in truth["faults"]})
    truth["made_with"] = {
        "machines": machines,
        "days": days,
        "seed": seed,
        "items_per_hour": items_per_hour,
        "layouts": list(form_of),
        "faults": names,
        "start": str(start),
    }
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")
    if facts:
        hourly_facts.write(folder / "facts", truth)
    return Simulated(
        folder,
        counts["files"].total(),
        sum(each.bytes for each in recorded),
        truth["totals"]["items"],
        dates,
        dict(sorted(happened.items())),
        tuple(name for name in names if name not in happened),
    )


def _suiting(faults: Sequence[Fault], asked: Sequence[str], writes: Sequence[Form]) -> list[Fault]:
    """Of all faults those that suit one of the forms; one that was asked for by its name must."""
    found = [fault for fault in faults if any(map(fault.suits, writes))]
    for fault in faults:
        if fault not in found and fault.name in asked:
            raise ConfigError("lab.fault_layout", fault=fault.name, layouts=", ".join(form.name for form in writes))
    return found


def _recorded(tasks: Sequence[Task], processes: int) -> Iterator[Recorded]:
    if processes == 1:
        yield from map(record, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:  # a fork copies the threads' locks
        yield from pool.map(record, tasks)
