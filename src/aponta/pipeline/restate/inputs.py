"""The inputs of a machine's facts beside its files - calendar, ideal cycles, limits, reassignments - and where two
of them differ.

Only the values that `facts` and `refine` read of the configuration, and only their meaning: a comment, another order, a
shift written in another way are no difference.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from aponta.config import Factory
from aponta.config.calendar_file import CalendarRules
from aponta.config.master import IdealCycle, Machine
from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import HOUR_US, ONE_DAY, from_us, shifts, with_fixed_holidays
from aponta.pipeline.context import NEVER_BEFORE
from aponta.pipeline.facts.ideal_cycles import applicable_cycles, best_match

TotalRule = tuple[str, int | None, int | None]  # a running total's name, restart_below, rollover


class MachineInputs(BaseModel):
    """At one time. Recorded as JSON, so that the next change can be compared with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: str
    line: str
    calendar: CalendarRules  # holidays as dates
    ideal_cycles: tuple[IdealCycle, ...]
    micro_stop_after_s: float | None
    stop_after_s: float | None
    restart_below: int | None = None
    rollover: int | None = None
    totals: tuple[TotalRule, ...] = ()
    reassignments: tuple[Reassignment, ...] = ()


def machine_inputs_of(
    factory: Factory, now: datetime, reassignments: Mapping[str, tuple[Reassignment, ...]]
) -> dict[str, MachineInputs]:
    """The inputs of each machine. reassignments: in force, by machine. Raises ConfigError `config.no_holidays`."""
    # The years of every item there may be: an earlier one is refused, and none is made after next year.
    calendar = with_fixed_holidays(factory.calendar, NEVER_BEFORE.date(), date(now.year + 1, 12, 31))
    return {
        name: MachineInputs(
            timezone=factory.settings.factory.timezone,
            line=machine.line,
            calendar=calendar,
            ideal_cycles=tuple(line for line in factory.ideal_cycles if line.machine in ("*", name)),
            micro_stop_after_s=machine.micro_stop_after_s,
            stop_after_s=machine.stop_after_s,
            reassignments=reassignments.get(name, ()),
            **_counter(factory, machine),
        )
        for name, machine in factory.machines.items()
    }


def _counter(factory: Factory, machine: Machine) -> dict[str, Any]:
    layout = factory.layouts[machine.layout]
    counter = layout.fields.get("counter")
    if counter is not None:
        return {"restart_below": counter.restart_below, "rollover": counter.rollover}
    rules = ((name, layout.fields[name].restart_below, layout.fields[name].rollover) for name in layout.totals)
    return {"totals": tuple(rule for rule in rules if rule[1:] != (None, None))}


Since = tuple[int, int | None]  # start and end; None: no end


def changes(
    machine: str, old: MachineInputs, new: MachineInputs, hours: tuple[int, int], made: Collection[str] | None
) -> Mapping[str, Since]:
    """Cause -> the time within the machine's hours (first, last) whose facts it may change.

    made: its products; None: unknown.
    """
    first, last = hours
    since: dict[str, int | None] = {}
    until: dict[str, int] = {}
    if old.timezone != new.timezone:
        since["timezone"] = first
    else:
        zone = ZoneInfo(new.timezone)
        if (old.line, old.calendar) != (new.line, new.calendar):
            since["calendar"] = _shifts_differ(old, new, zone, first, last)
        since["ideal_cycles"] = _cycles_differ(machine, old, new, zone, made)
    if (old.micro_stop_after_s, old.stop_after_s) != (new.micro_stop_after_s, new.stop_after_s):
        since["limits"] = first
    for cause in ("restart_below", "rollover", "totals"):
        if getattr(old, cause) != getattr(new, cause):
            since[cause] = first
    differing = set(old.reassignments) ^ set(new.reassignments)
    if differing:
        since["reassigned"] = min(one.since for one in differing)
        until["reassigned"] = max(one.until for one in differing)
    return {
        cause: (start, until.get(cause))
        for cause, start in since.items()
        if start is not None and start < last + HOUR_US and until.get(cause, first + 1) > first
    }


def _shifts_differ(old: MachineInputs, new: MachineInputs, zone: ZoneInfo, first: int, last: int) -> int | None:
    """Start of the first shift that only one of the two has, or has so."""
    days = from_us(first).astimezone(zone).date() - ONE_DAY, from_us(last + HOUR_US).astimezone(zone).date()
    one, other = (set(shifts(each.calendar, zone, each.line, *days)) for each in (old, new))
    return min((shift.start for shift in one ^ other if shift.end > first), default=None)


def _cycles_differ(
    machine: str, old: MachineInputs, new: MachineInputs, zone: ZoneInfo, made: Collection[str] | None
) -> int | None:
    """Start of the first line after which a product has another ideal cycle, or one where it had none."""
    named = {line.product for each in (old, new) for line in each.ideal_cycles}
    starts = []
    for product in {*named, "*"} if made is None else made:
        one, other = (applicable_cycles(each.ideal_cycles, zone, machine, product) for each in (old, new))
        begins = {since for _, since, _ in (*one, *other)}
        starts += [since for since in begins if best_match(one, since) != best_match(other, since)]
    return min(starts, default=None)
