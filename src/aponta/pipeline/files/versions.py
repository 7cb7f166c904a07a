"""What each arrival is - new, duplicate, version, quarantined - and which file of a name is in force.

Decided from the bytes, never from which came first. Pure arithmetic on few values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from aponta.contract.decoded import DecodedFile, HourOfFile
from aponta.contract.layout import Layout
from aponta.decode.choose import Choice
from aponta.pipeline.ledger.arrivals import Arrival
from aponta.pipeline.ledger.files import KnownFile

Status = Literal["new", "duplicate", "version", "quarantined", "retried"]
Name = tuple[str, str, int | None]  # machine, name, and the hour where the name does not tell one
FileName = tuple[str, str]  # and its folder
Key = tuple[str, str | None, int | None]  # sha256, and the machine and the hour the file is named after


@dataclass
class Resolution:
    statuses: dict[int, Status] = field(default_factory=dict)  # by arrival
    files: dict[str, DecodedFile] = field(default_factory=dict)  # what this batch found out, by sha256
    names: set[tuple[str, str, str, str]] = field(default_factory=set)  # sha256, machine, name, folder: new ones
    in_force: dict[str, bool] = field(default_factory=dict)  # of this batch's good files
    superseded: set[str] = field(default_factory=set)  # files of earlier batches, no longer in force
    reinstated: set[str] = field(default_factory=set)  # and in force again: the better version reads otherwise now
    reread: set[str] = field(default_factory=set)  # files of earlier batches that are read otherwise now
    # Hours that files of earlier batches speak for under a name they had not come under: sha256, machine, hour.
    newly_covered: set[tuple[str, str, int]] = field(default_factory=set)


def resolve_versions(
    arrivals: Sequence[Arrival],
    choices: Mapping[int, Choice],
    decoded: Mapping[Key, DecodedFile],
    known: Mapping[str, KnownFile],
    layouts: Mapping[str, Layout],
) -> Resolution:
    """arrivals in the order they came. choices by arrival. known: files of these bytes, and of these names."""
    settled = Resolution()
    read_as: dict[str, FileName] = {}  # the name that a file of this batch was decoded under
    good: dict[str, DecodedFile | KnownFile] = {sha: one for sha, one in known.items() if one.refused is None}
    groups: dict[Name, set[str]] = {}
    for sha, before_it in known.items():
        for machine, name, _ in before_it.names:
            groups.setdefault(_name(machine, name, before_it, layouts), set()).add(sha)
    for arrival in arrivals:
        choice = choices[arrival.id]
        found = decoded.get((arrival.sha256, choice.machine, choice.hour))
        before = good.get(arrival.sha256)
        if before is None and found is not None and found.refused is None:
            settled.files[arrival.sha256] = good[arrival.sha256] = found
            settled.in_force[arrival.sha256] = True
            read_as[arrival.sha256] = (arrival.name, arrival.folder)
        elif arrival.redecode != "no" and isinstance(before, KnownFile):
            settled.statuses[arrival.id] = "duplicate"
            if found is not None and _takes_its_place(arrival, found, before):
                now = found if arrival.redecode == "always" else _covering_as_before(found, before)
                settled.files[arrival.sha256] = good[arrival.sha256] = now
                settled.in_force[arrival.sha256] = True  # unless another of its names is better
                read_as[arrival.sha256] = (arrival.name, arrival.folder)
                settled.statuses[arrival.id] = "retried"
                settled.reread.add(arrival.sha256)
                for group in groups.values():
                    group.discard(arrival.sha256)
                for machine, name, _ in before.names:
                    groups.setdefault(_name(machine, name, now, layouts), set()).add(arrival.sha256)
            continue
        elif before is not None and found is not None and found.refused is None and found.machine == before.machine:
            named = (arrival.name, arrival.folder)
            if isinstance(before, DecodedFile):
                both = (before, found) if read_as[arrival.sha256] <= named else (found, before)
                settled.files[arrival.sha256] = good[arrival.sha256] = _combine_names(*both)
                read_as[arrival.sha256] = min(named, read_as[arrival.sha256])
            elif _rebuilds_under_lesser_name(arrival, choice, before):
                settled.files[arrival.sha256] = good[arrival.sha256] = _covering_as_before(found, before)
                settled.in_force[arrival.sha256] = before.in_force
                settled.reread.add(arrival.sha256)
                read_as[arrival.sha256] = named
            else:
                spoken = {hour.hour for hour in found.hours if hour.covers} - before.covered_hours
                settled.newly_covered |= {(arrival.sha256, str(found.machine), hour) for hour in spoken}
        if before is None and arrival.sha256 not in good:
            refused = known.get(arrival.sha256) or settled.files.get(arrival.sha256)
            if refused is not None and (found is None or _as_before(refused, found)):
                settled.statuses[arrival.id] = "duplicate"
            else:
                settled.statuses[arrival.id] = "quarantined"
                if found is not None:
                    settled.files[arrival.sha256] = found
            continue
        one = good[arrival.sha256]
        others: set[str] = set()
        if choice.refused is None and one.machine is not None and choice.machine in (None, one.machine):
            group = groups.setdefault(_name(one.machine, arrival.name, one, layouts), set())
            others = group - {arrival.sha256}
            if arrival.sha256 not in group:
                group.add(arrival.sha256)
                settled.names.add((arrival.sha256, one.machine, arrival.name, arrival.folder))
        settled.statuses[arrival.id] = "duplicate" if before is not None else "version" if others else "new"
    lost: set[str] = set()
    for group in filter(None, groups.values()):
        best = max(group, key=lambda sha: _rank(good[sha]))
        lost |= group - {best}
        for sha in group - {best}:
            if sha in settled.in_force:
                settled.in_force[sha] = False
            elif sha in known and known[sha].in_force:
                settled.superseded.add(sha)
    if any(arrival.redecode == "always" for arrival in arrivals):  # only then can one read worse than it did
        there = {sha for group in groups.values() for sha in group}
        settled.reinstated = {sha for sha in there - lost if sha not in settled.in_force and not known[sha].in_force}
    settled.newly_covered = {heard for heard in settled.newly_covered if heard[0] not in settled.superseded}
    return settled


def _as_before(refused: DecodedFile | KnownFile, found: DecodedFile) -> bool:
    return (refused.refused, refused.machine) == (found.refused, found.machine)


def _takes_its_place(arrival: Arrival, found: DecodedFile, before: KnownFile) -> bool:
    """Does what it says now take the place of what it said?"""
    if arrival.redecode == "always":
        return found.refused is None and found.machine == before.machine
    return _reads_more(found, before)


def _reads_more(found: DecodedFile, before: KnownFile) -> bool:
    """Nothing that was read from the file is lacking now: or it would be withdrawn from stock."""
    now = {hour.hour: hour.rows for hour in found.hours}
    same = found.refused is None and found.machine == before.machine
    return same and all(now.get(hour, 0) >= records for hour, records in before.rows_by_hour.items())


def _rebuilds_under_lesser_name(arrival: Arrival, choice: Choice, before: KnownFile) -> bool:
    """Times that are made anew depend on the hour in the name: of several names the least one counts, whichever came
    first.
    """
    names = [(name, folder) for machine, name, folder in before.names if machine == before.machine]
    rebuilds = choice.layout is not None and choice.layout.rebuilds
    return rebuilds and bool(names) and (arrival.name, arrival.folder) < min(names)


def _covering_as_before(found: DecodedFile, before: KnownFile) -> DecodedFile:
    """It still speaks for the hours of its other names."""
    hours = {hour.hour: hour for hour in found.hours}
    for hour in before.covered_hours:
        hours[hour] = replace(hours.get(hour, HourOfFile(hour, 0, True)), covers=True)
    own = max((hour for hour in (found.hour, before.hour) if hour is not None), default=None)
    return replace(found, hour=own, hours=tuple(hours[hour] for hour in sorted(hours)))


def _combine_names(one: DecodedFile, other: DecodedFile) -> DecodedFile:
    """The same bytes under two names: they speak for what either says. one: of the least name, whose records count."""
    hours = {hour.hour: hour for hour in one.hours}
    for hour in other.hours:
        if hour.covers:
            hours[hour.hour] = replace(hours.get(hour.hour, HourOfFile(hour.hour, 0, True)), covers=True)
    own = max((hour for hour in (one.hour, other.hour) if hour is not None), default=None)
    return replace(one, hour=own, hours=tuple(hours[hour] for hour in sorted(hours)))


def _name(machine: str, name: str, one: DecodedFile | KnownFile, layouts: Mapping[str, Layout]) -> Name:
    """A machine that gives every hour's file one name overwrites, it does not correct: there the hour is part of the
    name.
    """
    layout = layouts.get(one.layout or "")
    told = layout is not None and layout.hour is not None and layout.hour.origin.startswith(("name:", "path:"))
    return machine, name, None if told else one.hour


def _rank(one: DecodedFile | KnownFile) -> tuple[bool, int, str]:
    """Of two versions the one with the right trailer, then with more records and states, then with the greater hash."""
    return one.trailer == "right", one.records + one.states, one.sha256


def files_to_decode(
    arrivals: Iterable[Arrival], choices: Mapping[int, Choice], known: Mapping[str, KnownFile]
) -> dict[Key, Arrival]:
    """What is to be decoded, once for each machine and hour it is named after: bytes not seen yet; refused ones,
    whatever their name now; good ones whose name tells of an hour they have not spoken for.
    """
    found: dict[Key, Arrival] = {}
    for arrival in arrivals:
        choice, before = choices[arrival.id], known.get(arrival.sha256)
        if before is None or arrival.redecode != "no":
            anew = True
        elif before.refused is not None:
            anew = True  # the layout or the master data may have been mended since
        else:
            unheard = choice.hour is not None and choice.hour not in before.covered_hours
            anew = (
                (unheard or _rebuilds_under_lesser_name(arrival, choice, before))
                and before.in_force
                and choice.machine in (None, before.machine)
            )
        if anew:
            found.setdefault((arrival.sha256, choice.machine, choice.hour), arrival)
    return found
