"""Which hours of which machines a fault falls on: disjoint ones, drawn from the seed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from aponta.errors import ConfigError
from aponta.lab.delivery import Fault
from aponta.lab.plant import Machine
from aponta.lab.shifts import hours_of, shifts_of

WEEK_DAYS = 5
LAST_HOURS = 3  # of the simulation take no fault that may have to wait for a busier hour


@dataclass(frozen=True)
class Planned:
    fault: str
    turn: int
    peer: str | None = None


Plan = Mapping[str, Mapping[int, Planned]]  # machine -> hour -> what befalls it


def plan(faults: Sequence[Fault], machines: Sequence[Machine], days: Sequence[date], seed: int) -> Plan:
    """Each fault in its measure. Raises ConfigError `lab.no_room` if the hours do not suffice for one of each."""
    chance = Random(f"{seed}/faults")
    by_day = {machine.code: [hours_of(shifts_of(machine.line, [day])) for day in days] for machine in machines}
    free = {(code, hour) for code, each in by_day.items() for hours in each for hour in hours}
    plans: dict[str, dict[int, Planned]] = {machine.code: {} for machine in machines}
    for fault in sorted(faults, key=lambda fault: ("day", "pair", "hour").index(fault.span)):
        wished = max(fault.at_least, round(fault.per_week * len(machines) * len(days) / WEEK_DAYS))
        places = _places(fault, by_day)
        chance.shuffle(places)
        turn = 0
        for place in places:
            if turn < wished and free.issuperset(place):
                free.difference_update(place)
                for code, hour in place:
                    peer = next((other for other, _ in place if other != code), None)
                    plans[code][hour] = Planned(fault.name, turn, peer)
                turn += 1
        if turn < fault.at_least:
            raise ConfigError("lab.no_room", fault=fault.name, machines=len(machines), days=len(days))
    return plans


def _places(fault: Fault, by_day: Mapping[str, list[list[int]]]) -> list[tuple[tuple[str, int], ...]]:
    """Everywhere this fault could fall, each place as the machine-hours it takes."""
    if fault.span == "day":
        return [tuple((code, hour) for hour in hours) for code, days in by_day.items() for hours in days]
    if fault.span == "pair":
        codes = list(by_day)
        return [
            ((code, hour), (other, hour))
            for code, other in zip(codes, codes[1:], strict=False)
            for hour in sorted(set(_all(by_day[code])) & set(_all(by_day[other])))
        ]
    return [((code, hour),) for code, days in by_day.items() for hour in _all(days)[:-LAST_HOURS]]


def _all(days: Iterable[list[int]]) -> list[int]:
    return [hour for hours in days for hour in hours]
