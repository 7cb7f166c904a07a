"""One machine's whole simulation: its files written into the landing folder, its truth handed back."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random

from aponta.lab import forms
from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour, as_it_should
from aponta.lab.faults import as_declared, every_fault
from aponta.lab.form import Form
from aponta.lab.plan import Planned
from aponta.lab.simulation.machine import Event, Failure, Item, Pause, live
from aponta.lab.simulation.plant import Machine
from aponta.lab.simulation.shifts import HOUR, Shift, hours_of, running_times, shifts_of
from aponta.lab.simulation.states import Said, told
from aponta.lab.truth.truth import Row, instant, tell
from aponta.lab.truth.witness import Witness


@dataclass(frozen=True)
class Task:
    """All that is needed to simulate one machine; it may cross to another process."""

    landing: Path | None  # None: no text is written
    machine: Machine
    machines: Sequence[Machine]
    days: Sequence[date]
    seed: int
    planned: Mapping[int, Planned]
    faults: Sequence[str] = ()  # that may befall any machine


LEFT = 5  # rows
COUNTS = ("files", "refused", "set_aside", "flagged")


@dataclass
class Recorded:
    truth: dict[str, list[Row]] = field(default_factory=dict)
    withheld: list[Row] = field(default_factory=list)
    faults: list[Row] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTS})
    bytes: int = 0


def record(task: Task) -> Recorded:
    """Simulates the machine's days hour by hour; the same task gives the same bytes."""
    machine, shifts = task.machine, shifts_of(task.machine.line, task.days)
    faults = every_fault()
    form = as_declared(forms.every_form()[machine.form], [faults[name] for name in task.faults])
    witness, recorded = Witness(machine, shifts, form.counters), Recorded()
    pauses: list[Pause] = []
    failures: list[Failure] = []
    waiting: list[Planned] = []
    before: list[MachineHour] = []  # hours of a fault that takes several
    chance = Random(f"{task.seed}/{machine.code}/delivery")
    counter = form.counter_from + chance.randrange(form.counter_from)  # the machine has made many before
    said = _said(form, machine, shifts, task.seed)
    product = next(iter(machine.ideal_ms))
    for hour, items in _by_hour(live(machine, shifts, task.seed), hours_of(shifts), pauses, failures):
        planned = task.planned.get(hour) or (waiting.pop(0) if waiting else None)
        if planned and not _bears(faults[planned.fault], form, hour, items, task.days[0]):
            waiting.append(planned)
            planned = None
        fault = faults[planned.fault] if planned else None
        if not form.tells_all:
            items = [form.told(machine, item) for item in items]
        counters = fault.number(counter, items, form.counters) if fault else range(counter, counter + len(items))
        product = items[0].product if items else product
        delivered = Delivered((), covered=bool(items) or form.writes_empty)
        own = [one for one in said if hour <= one.at_ms < hour + HOUR]
        if task.landing:
            written = form.rows(machine.code, hour, counters, items)
            made = MachineHour(machine, form, hour, product, counters, items, written, own, before)
            if planned and fault:
                made = replace(made, last=planned.last, turn=planned.turn)
                delivered = _befall(fault, planned, made, task, recorded)
                before = [] if planned.last else [*before, made]
            else:
                delivered = as_it_should(made, chance)
            _receive(delivered, task.landing, recorded)
        known = [index for index in range(len(items)) if index not in delivered.withheld and delivered.covered]
        heard = delivered.covered and bool(known or own or not items)  # of one that is withheld whole nothing is known
        witness.spoken.update(delivered.also)
        if heard:
            witness.told += own if delivered.said is None else delivered.said
        witness.hear(
            hour,
            [counters[index] for index in known],
            [delivered.told.get(index, items[index]) for index in known],
            covered=heard,
            held=delivered.held,
            retold=bool(delivered.told) or form.step_ms > 1,
        )
        if items:
            counter, product = counters[-1] + 1, items[-1].product
    witness.catch_up()
    recorded.truth = tell(witness, pauses, failures, form.means) | {
        "withheld": recorded.withheld,
        "faults": recorded.faults,
    }
    return recorded


def _said(form: Form, machine: Machine, shifts: Sequence[Shift], seed: int) -> list[Said]:
    """What it tells of itself, if it does: it lives once more for that."""
    if form.says is None:
        return []
    events = [event for event in live(machine, shifts, seed) if not isinstance(event, list)]
    pauses = [event for event in events if isinstance(event, Pause)]
    failures = [event for event in events if isinstance(event, Failure)]
    return told(pauses, list(running_times(shifts)), failures)


def _bears(fault: Fault, form: Form, hour: int, items: Sequence[Item], first_day: date) -> bool:
    """Where only rows tell of an hour, some must be left of them."""
    left = 0 if form.names_hour or not fault.needs else LEFT
    return len(items) >= fault.needs + left and fault.fits(hour, first_day)


def _receive(delivered: Delivered, landing: Path, recorded: Recorded) -> None:
    """Lands the files, and notes what is to become of them."""
    counts = recorded.counts
    for file in delivered.files:
        recorded.bytes += _land(landing, file)
        if file.status:
            counts["files"][file.status] += file.files
        for count, name in (("refused", file.reason), ("flagged", file.flags)):
            if name:
                counts[count][name] += 1
    counts["set_aside"].update(delivered.set_aside)


def _befall(fault: Fault, planned: Planned, told: MachineHour, task: Task, recorded: Recorded) -> Delivered:
    """The fault's deliveries, and a note in the truth of it and of what it keeps from us."""
    machine, hour = told.machine.code, told.start_ms
    peer = next((each for each in task.machines if each.code == planned.peer), None)
    told = replace(told, peer=peer)
    delivered = fault.deliver(told, Random(f"{task.seed}/{fault.name}/{machine}/{hour}"))
    row = {"machine": machine, "hour": instant(hour)}
    recorded.faults.append({"fault": fault.name, "number": planned.turn} | row)
    row["file"] = delivered.files[0].path if delivered.files else ""
    if not delivered.covered:
        recorded.withheld.append(row | {"counter": None, "items": len(told.items), "reason": fault.name})
    for index, reason in delivered.withheld.items():
        recorded.withheld.append(row | {"counter": told.counters[index], "items": 1, "reason": reason})
    return delivered


def _by_hour(
    events: Iterable[Event], hours: Sequence[int], pauses: list[Pause], failures: list[Failure]
) -> Iterator[tuple[int, list[Item]]]:
    """Each working hour and its items, also none; what else happens is put into the lists."""
    coming = iter(hours)
    hour, items = next(coming), list[Item]()
    for event in events:
        if isinstance(event, Pause):
            pauses.append(event)
        elif isinstance(event, Failure):
            failures.append(event)
        else:
            while event[0].produced_ms >= hour + HOUR:
                yield hour, items
                hour, items = next(coming), []
            items += event
    yield hour, items
    for hour in coming:
        yield hour, []


def _land(landing: Path, file: Delivery) -> int:
    """Writes the file as of its moment of delivery. Returns its size."""
    path = landing / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.data)
    os.utime(path, ns=(file.at_ms * 1_000_000, file.at_ms * 1_000_000))
    return len(file.data)
