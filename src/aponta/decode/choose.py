"""The layout that reads a file, by the pattern on its name and the machine's row in machines.csv."""

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
    """refused: the reason why no layout is certain. value: the text that the reason is about."""

    layout: Layout | None = None
    machine: str | None = None
    hour: int | None = None  # of the name; the rows decide
    # groups of the patterns on name and folder, as "name:machine"
    groups: Mapping[str, str | None] = field(default_factory=dict)
    machines: frozenset[str] = frozenset()  # whose files the layout reads
    refused: FileReason | None = None
    value: str | None = None


def choose_layout(
    name: str, folder: str, layouts: Mapping[str, Layout], machines: Mapping[str, Machine], zone: ZoneInfo
) -> Choice:
    """Refuses where a file fits no layout (no_layout), several (two_layouts) or an unknown machine (unknown_machine,
    wrong_machine). folder: below the source's root.
    """
    fitting = {}
    for candidate in layouts.values():
        if (groups := candidate.match(name, folder)) is not None:
            fitting[candidate.name] = groups
    if not fitting:
        return Choice(refused="no_layout", value=name)
    named = {_machine(groups) for groups in fitting.values()}
    known = [code for code in named if code is not None and code in machines]
    if len(fitting) > 1 and len(known) == 1 and machines[known[0]].layout in fitting:
        fitting = {machines[known[0]].layout: fitting[machines[known[0]].layout]}
    if len(fitting) > 1:
        return Choice(refused="two_layouts", value=", ".join(fitting))
    (layout_name, groups), *_ = fitting.items()
    layout, machine = layouts[layout_name], _machine(groups)
    if machine is not None:
        machine = _as_known(machine, machines)
        folder_machine = groups.get("path:machine")
        if folder_machine is not None and _as_known(folder_machine, machines) != machine:
            return Choice(layout, machine, refused="wrong_machine", value=folder_machine)
        if machine not in machines:
            return Choice(layout, refused="unknown_machine", value=machine)
        if machines[machine].layout != layout_name:
            return Choice(layout, refused="no_layout", value=f"{name} ({machine}: {machines[machine].layout})")
    machines_of_layout = frozenset(code for code, row in machines.items() if row.layout == layout_name)
    return Choice(layout, machine, _hour(layout, groups, zone), _with_machine(groups, machine), machines_of_layout)


def choose_known_layout(
    name: str, folder: str, layout: Layout, machine: str, machines: Mapping[str, Machine], zone: ZoneInfo
) -> Choice:
    """The choice for a file that this layout read before as this machine's: the machine may have another layout now."""
    groups = layout.match(name, folder) or {}
    machines_of_layout = frozenset(code for code, row in machines.items() if row.layout == layout.name) | {machine}
    named = machine if _machine(groups) else None
    return Choice(layout, named, _hour(layout, groups, zone), _with_machine(groups, named), machines_of_layout)


def _machine(groups: Mapping[str, str | None]) -> str | None:
    return groups.get("name:machine") or groups.get("path:machine")


def _as_known(machine: str, machines: Mapping[str, Machine]) -> str:
    """The machine as machines.csv writes it: a file system may have changed the case of the name."""
    alike = [known for known in machines if known.casefold() == machine.casefold()]
    return alike[0] if machine not in machines and len(alike) == 1 else machine


def _with_machine(groups: Mapping[str, str | None], machine: str | None) -> dict[str, str | None]:
    """The groups with the machine as machines.csv writes it: rows may take their machine from a group."""
    return {group: machine if text and group in MACHINE_GROUPS else text for group, text in groups.items()}


def _hour(layout: Layout, groups: Mapping[str, str | None], zone: ZoneInfo) -> int | None:
    if layout.hour is None:
        return None
    try:
        local = datetime.strptime(groups.get(layout.hour.origin) or "", layout.hour.format)
    except ValueError:
        return None  # the name is only a hint: the rows decide
    utc = local.replace(tzinfo=zone).astimezone(UTC)
    return hour_of(to_us(utc - HOUR if layout.hour.mark == "end" else utc))
