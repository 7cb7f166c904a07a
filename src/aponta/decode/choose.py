"""Which layout reads a file: the pattern on its name, and the machine's row in machines.csv."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aponta.config.master import Machine
from aponta.contract.decoded import FileReason
from aponta.contract.layout import Layout
from aponta.factory_calendar import hour_of, to_us

HOUR = timedelta(hours=1)
MACHINE_GROUPS = ("name:machine", "path:machine")


@dataclass(frozen=True)
class Choice:
    """`refused` is the reason when no layout can be told for sure; `value` what it stumbled over."""

    layout: Layout | None = None
    machine: str | None = None
    hour: int | None = None  # as the name hints
    groups: Mapping[str, str | None] = field(
        default_factory=dict
    )  # of the patterns on name and folder, as "name:machine"
    known: frozenset[str] = frozenset()  # the machines whose files the layout reads
    refused: FileReason | None = None
    value: str | None = None


def choose_layout(
    name: str, folder: str, layouts: Mapping[str, Layout], machines: Mapping[str, Machine], zone: ZoneInfo
) -> Choice:
    """Never guesses: reasons are no_layout, two_layouts, unknown_machine. folder: below the source's root."""
    fitting = {layout.name: found for layout in layouts.values() if (found := layout.match(name, folder)) is not None}
    if not fitting:
        return Choice(refused="no_layout", value=name)
    named = {_machine(groups) for groups in fitting.values()}
    known = [machine for machine in named if machine is not None and machine in machines]
    if len(fitting) > 1 and len(known) == 1 and machines[known[0]].layout in fitting:
        fitting = {machines[known[0]].layout: fitting[machines[known[0]].layout]}
    if len(fitting) > 1:
        return Choice(refused="two_layouts", value=", ".join(fitting))
    (layout_name, groups), *_ = fitting.items()
    layout, machine = layouts[layout_name], _machine(groups)
    if machine is not None:
        machine = _as_known(machine, machines)
        beside = groups.get("path:machine")
        if beside is not None and _as_known(beside, machines) != machine:
            return Choice(layout, machine, refused="wrong_machine", value=beside)
        if machine not in machines:
            return Choice(layout, refused="unknown_machine", value=machine)
        if machines[machine].layout != layout_name:
            return Choice(layout, refused="no_layout", value=f"{name} ({machine}: {machines[machine].layout})")
    known_here = frozenset(name for name, one in machines.items() if one.layout == layout_name)
    return Choice(layout, machine, _hour(layout, groups, zone), _named(groups, machine), known_here)


def choose_known_layout(
    name: str, folder: str, layout: Layout, machine: str, machines: Mapping[str, Machine], zone: ZoneInfo
) -> Choice:
    """For a file that this layout has read as this machine's: the machine may have another layout by now."""
    groups = layout.match(name, folder) or {}
    known = frozenset(name for name, one in machines.items() if one.layout == layout.name) | {machine}
    told = machine if _machine(groups) else None
    return Choice(layout, told, _hour(layout, groups, zone), _named(groups, told), known)


def _machine(groups: Mapping[str, str | None]) -> str | None:
    return groups.get("name:machine") or groups.get("path:machine")


def _as_known(machine: str, machines: Mapping[str, Machine]) -> str:
    """A file system may have changed the case of a name; machines.csv tells how the machine is written."""
    alike = [known for known in machines if known.casefold() == machine.casefold()]
    return alike[0] if machine not in machines and len(alike) == 1 else machine


def _named(groups: Mapping[str, str | None], machine: str | None) -> dict[str, str | None]:
    """The groups, the machine in them written as machines.csv does: rows may take it from there."""
    return {group: machine if text and group in MACHINE_GROUPS else text for group, text in groups.items()}


def _hour(layout: Layout, groups: Mapping[str, str | None], zone: ZoneInfo) -> int | None:
    if layout.hour is None:
        return None
    try:
        local = datetime.strptime(groups.get(layout.hour.origin) or "", layout.hour.format)
    except ValueError:
        return None  # only a hint: the rows tell
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return hour_of(to_us(moment - HOUR if layout.hour.mark == "end" else moment))
