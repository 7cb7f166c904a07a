"""One machine's whole simulation: writes its files into the landing folder, returns its truth."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random

from aponta.lab import forms
from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour, deliver_normally
from aponta.lab.faults import every_fault, with_declared_faults
from aponta.lab.form import FileForm
from aponta.lab.plan import PlannedFault
from aponta.lab.simulation.machine import ComponentFailure, Event, MachinePause, SimulatedItem, machine_events
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR, SimulatedShift, hours_of_shifts, running_times, shifts_of
from aponta.lab.simulation.states import StateReport, reported_states
from aponta.lab.truth.observer import Observer
from aponta.lab.truth.truth import Row, instant, truth_of_machine

LEFT = 5  # rows
COUNTS = ("files", "refused", "set_aside", "flagged")


@dataclass(frozen=True)
class MachineTask:
    """Everything needed to simulate one machine; it may cross to another process."""

    landing: Path | None  # None: no text is written
    machine: SimulatedMachine
    machines: Sequence[SimulatedMachine]
    days: Sequence[date]
    seed: int
    planned: Mapping[int, PlannedFault]
    faults: Sequence[str] = ()  # that may befall any machine


@dataclass
class MachineRecord:
    truth: dict[str, list[Row]] = field(default_factory=dict)
    withheld: list[Row] = field(default_factory=list)
    faults: list[Row] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTS})
    bytes: int = 0


def record_machine(task: MachineTask) -> MachineRecord:
    """Simulates the machine's days hour by hour; the same task gives the same bytes."""
    return _Recorder(task).record()


class _Recorder:
    """One machine on its way through its hours: its counter, the faults that wait, what is known of it so far."""

    def __init__(self, task: MachineTask) -> None:
        self.task, self.machine = task, task.machine
        self.shifts = shifts_of(task.machine.line, task.days)
        self.faults = every_fault()
        self.form = with_declared_faults(forms.every_form()[task.machine.form], [self.faults[f] for f in task.faults])
        self.observer = Observer(task.machine, self.shifts, self.form.counters)
        self.result = MachineRecord()
        self.chance = Random(f"{task.seed}/{task.machine.code}/delivery")
        # The machine has made many items before.
        self.counter = self.form.counter_from + self.chance.randrange(self.form.counter_from)
        self.product = next(iter(task.machine.ideal_ms))
        self.waiting: list[PlannedFault] = []
        self.before: list[SimulatedHour] = []  # earlier hours of a fault that takes several

    def record(self) -> MachineRecord:
        pauses: list[MachinePause] = []
        failures: list[ComponentFailure] = []
        states = _states(self.form, self.machine, self.shifts, self.task.seed)
        events = machine_events(self.machine, self.shifts, self.task.seed)
        for hour, items in _by_hour(events, hours_of_shifts(self.shifts), pauses, failures):
            written = items if self.form.is_lossless else [self.form.as_written(self.machine, item) for item in items]
            self._record_hour(hour, written, [state for state in states if hour <= state.at_ms < hour + HOUR])
        self.observer.catch_up()
        self.result.truth = truth_of_machine(self.observer, pauses, failures, self.form.state_meanings) | {
            "withheld": self.result.withheld,
            "faults": self.result.faults,
        }
        return self.result

    def _record_hour(self, hour: int, items: list[SimulatedItem], states: list[StateReport]) -> None:
        planned = self._planned_fault(hour, items)
        fault = self.faults[planned.fault] if planned else None
        first, end = self.counter, self.counter + len(items)
        counters = fault.number(first, items, self.form.counters) if fault else range(first, end)
        self.product = items[0].product if items else self.product
        delivered = self._deliver(hour, counters, items, states, planned)
        self._observe(hour, counters, items, states, delivered)
        if items:
            self.counter, self.product = counters[-1] + 1, items[-1].product

    def _planned_fault(self, hour: int, items: Sequence[SimulatedItem]) -> PlannedFault | None:
        """The hour's fault, or one that waits; a fault that the hour has no room for waits for a later hour."""
        planned = self.task.planned.get(hour) or (self.waiting.pop(0) if self.waiting else None)
        if planned and not _has_room(self.faults[planned.fault], self.form, hour, items, self.task.days[0]):
            self.waiting.append(planned)
            return None
        return planned

    def _deliver(
        self,
        hour: int,
        counters: Sequence[int],
        items: Sequence[SimulatedItem],
        states: Sequence[StateReport],
        planned: PlannedFault | None,
    ) -> HourDelivery:
        """The hour's files, landed and counted; none where the simulation writes no text."""
        if not self.task.landing:
            return HourDelivery((), covered=bool(items) or self.form.writes_empty)
        rows = self.form.rows(self.machine.code, hour, counters, items)
        simulated = SimulatedHour(
            self.machine, self.form, hour, self.product, counters, items, rows, states, self.before
        )
        if planned:
            simulated = replace(simulated, last=planned.last, turn=planned.turn)
            delivered = _befall(self.faults[planned.fault], planned, simulated, self.task, self.result)
            self.before = [] if planned.last else [*self.before, simulated]
        else:
            delivered = deliver_normally(simulated, self.chance)
        _land_all(delivered, self.task.landing, self.result)
        return delivered

    def _observe(
        self,
        hour: int,
        counters: Sequence[int],
        items: Sequence[SimulatedItem],
        states: Sequence[StateReport],
        delivered: HourDelivery,
    ) -> None:
        known = [index for index in range(len(items)) if index not in delivered.withheld and delivered.covered]
        covered = delivered.covered and bool(known or states or not items)  # an hour withheld whole is unknown
        self.observer.covered_ahead.update(delivered.also_covers)
        if covered:
            self.observer.states += states if delivered.states is None else delivered.states
        self.observer.observe(
            hour,
            [counters[index] for index in known],
            [delivered.changed_items.get(index, items[index]) for index in known],
            covered=covered,
            withheld=delivered.stock_withheld,
            times_changed=bool(delivered.changed_items) or self.form.step_ms > 1,
        )


def _states(
    form: FileForm, machine: SimulatedMachine, shifts: Sequence[SimulatedShift], seed: int
) -> list[StateReport]:
    """The states that the machine reports, if its form has states: its life is simulated once more for them."""
    if form.state_row is None:
        return []
    events = [event for event in machine_events(machine, shifts, seed) if not isinstance(event, list)]
    pauses = [event for event in events if isinstance(event, MachinePause)]
    failures = [event for event in events if isinstance(event, ComponentFailure)]
    return reported_states(pauses, list(running_times(shifts)), failures)


def _has_room(fault: Fault, form: FileForm, hour: int, items: Sequence[SimulatedItem], first_day: date) -> bool:
    """Has the hour enough items for the fault? Some rows must be left if nothing else contains the hour."""
    left = 0 if form.names_hour or not fault.needs else LEFT
    return len(items) >= fault.needs + left and fault.fits(hour, first_day)


def _land_all(delivered: HourDelivery, landing: Path, result: MachineRecord) -> None:
    """Lands the files, and counts the statuses that they should get."""
    counts = result.counts
    for file in delivered.files:
        result.bytes += _land(landing, file)
        if file.status:
            counts["files"][file.status] += file.files
        for count, name in (("refused", file.reason), ("flagged", file.flags)):
            if name:
                counts[count][name] += 1
    counts["set_aside"].update(delivered.set_aside)


def _befall(
    fault: Fault, planned: PlannedFault, simulated: SimulatedHour, task: MachineTask, result: MachineRecord
) -> HourDelivery:
    """The fault's deliveries; the fault, and the items that it withholds, are recorded in the truth."""
    machine, hour = simulated.machine.code, simulated.start_ms
    peer = next((each for each in task.machines if each.code == planned.peer), None)
    simulated = replace(simulated, peer=peer)
    delivered = fault.deliver(simulated, Random(f"{task.seed}/{fault.name}/{machine}/{hour}"))
    row = {"machine": machine, "hour": instant(hour)}
    result.faults.append({"fault": fault.name, "number": planned.turn} | row)
    row["file"] = delivered.files[0].path if delivered.files else ""
    if not delivered.covered:
        items = len(simulated.items)
        result.withheld.append(row | {"counter": None, "items": items, "reason": fault.name})
    for index, reason in delivered.withheld.items():
        result.withheld.append(row | {"counter": simulated.counters[index], "items": 1, "reason": reason})
    return delivered


def _by_hour(
    events: Iterable[Event], hours: Sequence[int], pauses: list[MachinePause], failures: list[ComponentFailure]
) -> Iterator[tuple[int, list[SimulatedItem]]]:
    """Each working hour and its items, or none; pauses and failures are put into the lists."""
    coming = iter(hours)
    hour, items = next(coming), list[SimulatedItem]()
    for event in events:
        if isinstance(event, MachinePause):
            pauses.append(event)
        elif isinstance(event, ComponentFailure):
            failures.append(event)
        else:
            while event[0].produced_ms >= hour + HOUR:
                yield hour, items
                hour, items = next(coming), []
            items += event
    yield hour, items
    for hour in coming:
        yield hour, []


def _land(landing: Path, file: FileDelivery) -> int:
    """Writes the file with its time of delivery. Returns its size."""
    path = landing / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.data)
    os.utime(path, ns=(file.at_ms * 1_000_000, file.at_ms * 1_000_000))
    return len(file.data)
