"""The machine hours that each fault falls on: disjoint, drawn from the seed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from random import Random

from aponta.errors import ConfigError
from aponta.lab.delivery import Fault
from aponta.lab.form import FileForm
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import hours_of_shifts, shifts_of

WEEK_DAYS = 5
SPANS = ("day", "pair", "two", "hour")  # the larger ones first: they find room the least easily
LAST_HOURS = 3  # of the simulation take no fault that may have to wait for a busier hour


@dataclass(frozen=True)
class PlannedFault:
    fault: str
    turn: int
    peer: str | None = None
    last: bool = True  # of the machine's hours that this one fault takes


Place = tuple[tuple[str, int], ...]  # (machine, hour): what one fault takes
Plan = Mapping[str, Mapping[int, PlannedFault]]  # machine -> hour -> what befalls it


def plan_faults(
    faults: Sequence[Fault],
    machines: Sequence[SimulatedMachine],
    forms: Mapping[str, FileForm],
    days: Sequence[date],
    seed: int,
    *,
    as_fits: bool = False,
) -> Plan:
    """Each fault in its measure, first the least of each, on machines whose form of file it suits. Raises ConfigError
    `lab.no_room` if the hours do not suffice for that; `as_fits` leaves out what they do not suffice for.
    """
    chance = Random(f"{seed}/faults")
    by_day = {machine.code: [hours_of_shifts(shifts_of(machine.line, [day])) for day in days] for machine in machines}
    free = {(code, hour) for code, each in by_day.items() for hours in each for hour in hours}
    plans: dict[str, dict[int, PlannedFault]] = {machine.code: {} for machine in machines}
    form_of = {machine.code: forms[machine.form] for machine in machines}
    tries = []
    for fault in sorted(faults, key=lambda one: SPANS.index(one.span)):
        suited = {code: hours for code, hours in by_day.items() if fault.suits(form_of[code])}
        tries.append((fault, len(suited), _places(fault, suited, form_of, days[0])))
    for *_, places in tries:
        chance.shuffle(places)
    turns: Counter[str] = Counter()
    for fault, _, places in tries:
        _fill(fault, fault.at_least, places, free, plans, turns)
        if turns[fault.name] < fault.at_least and not as_fits:
            raise ConfigError("lab.no_room", fault=fault.name, machines=len(machines), days=len(days))
    for fault, suited_machines, places in tries:
        _fill(fault, round(fault.per_week * suited_machines * len(days) / WEEK_DAYS), places, free, plans, turns)
    return plans


def _fill(
    fault: Fault,
    wished: int,
    places: Iterable[Place],
    free: set[tuple[str, int]],
    plans: Mapping[str, dict[int, PlannedFault]],
    turns: Counter[str],
) -> None:
    """Takes free places until there are so many of the fault."""
    for place in places:
        codes = {code for code, _ in place}
        again = fault.once and any(one.fault == fault.name for code in codes for one in plans[code].values())
        same_hour = (each[hour] for _, hour in place for each in plans.values() if hour in each)
        again |= fault.apart and any(one.fault == fault.name for one in same_hour)
        if turns[fault.name] < wished and free.issuperset(place) and not again:
            free.difference_update(place)
            last = dict(place)  # each machine's
            for code, hour in place:
                peer = next((other for other in codes if other != code), None)
                plans[code][hour] = PlannedFault(fault.name, turns[fault.name], peer, hour == last[code])
            turns[fault.name] += 1


def _places(
    fault: Fault, by_day: Mapping[str, list[list[int]]], form_of: Mapping[str, FileForm], first_day: date
) -> list[Place]:
    """Everywhere this fault could fall, each place as the machine-hours it takes."""
    if fault.span == "day":
        return [tuple((code, hour) for hour in hours) for code, days in by_day.items() for hours in days]
    if fault.span == "pair":
        codes = sorted(by_day, key=lambda code: form_of[code].name)  # two of one form
        return [
            ((code, hour), (other, hour))
            for code, other in pairwise(codes)
            if form_of[code].name == form_of[other].name
            for hour in sorted(set(_all(by_day[code])) & set(_all(by_day[other])))
        ]
    if fault.span == "two":
        return [
            ((code, hour), (code, following))
            for code, days in by_day.items()
            for hours in days
            for hour, following in pairwise(hours)
        ]
    return [
        ((code, hour),)
        for code, days in by_day.items()
        for hour in _all(days)[:-LAST_HOURS]
        if fault.fits(hour, first_day)
    ]


def _all(days: Iterable[list[int]]) -> list[int]:
    return [hour for hours in days for hour in hours]
