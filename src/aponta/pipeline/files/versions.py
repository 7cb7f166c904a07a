"""Versions: whether an arrival is new, a duplicate, a version or quarantined, and which file of a name is in force.

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
Name = tuple[str, str, int | None]  # machine, name, and the hour where the name has none
FileName = tuple[str, str]  # and its folder
Key = tuple[str, str | None, int | None]  # sha256, and the machine and the hour the file is named after


@dataclass
class Resolution:
    """The outcome of the files of a batch, and its effect on earlier files."""

    statuses: dict[int, Status] = field(default_factory=dict)  # by arrival
    files: dict[str, DecodedFile] = field(default_factory=dict)  # as this batch decoded them, by sha256
    names: set[tuple[str, str, str, str]] = field(default_factory=set)  # new ones: sha256, machine, name, folder
    in_force: dict[str, bool] = field(default_factory=dict)  # of this batch's good files
    superseded: set[str] = field(default_factory=set)  # files of earlier batches that are no longer in force
    reinstated: set[str] = field(default_factory=set)  # and in force again: the better version reads otherwise now
    reread: set[str] = field(default_factory=set)  # files of earlier batches that this batch decoded again
    # Hours that files of earlier batches cover under a name they had not come under: sha256, machine, hour.
    newly_covered: set[tuple[str, str, int]] = field(default_factory=set)


def resolve_versions(
    arrivals: Sequence[Arrival],
    choices: Mapping[int, Choice],
    decoded: Mapping[Key, DecodedFile],
    known: Mapping[str, KnownFile],
    layouts: Mapping[str, Layout],
) -> Resolution:
    """arrivals in the order they came. choices by arrival. known: files of these bytes, and of these names."""
    resolver = _Resolver(known, layouts)
    for arrival in arrivals:
        choice = choices[arrival.id]
        resolver.take(arrival, choice, decoded.get((arrival.sha256, choice.machine, choice.hour)))
    # Only a file that is decoded again in any case can be a worse version than it was.
    resolver.rank(worse_too=any(arrival.redecode == "always" for arrival in arrivals))
    return resolver.resolution


class _Resolver:
    """Takes a batch's arrivals one by one: reading by hash first, then names, then which file of a name is best."""

    def __init__(self, known: Mapping[str, KnownFile], layouts: Mapping[str, Layout]) -> None:
        self.known, self.layouts = known, layouts
        self.resolution = Resolution()
        self.good: dict[str, DecodedFile | KnownFile] = {
            sha256: file for sha256, file in known.items() if file.refused is None
        }
        self.decoded_as: dict[str, FileName] = {}  # the name under which this batch decoded a file
        self.versions: dict[Name, set[str]] = {}  # of each name
        for sha256, file in known.items():
            self._add_names(sha256, file, file)

    def take(self, arrival: Arrival, choice: Choice, decoded: DecodedFile | None) -> None:
        """decoded: the arrival's file as it reads under this name, where it was decoded."""
        before = self.good.get(arrival.sha256)
        is_good = decoded is not None and decoded.refused is None
        if before is None and not is_good:
            self._refuse(arrival, decoded)
        elif arrival.redecode != "no" and isinstance(before, KnownFile):
            self._reread(arrival, decoded, before)
        else:
            if decoded is not None and is_good:
                if before is None:
                    self._set_reading(arrival, decoded, in_force=True)
                elif decoded.machine == before.machine:
                    self._add_reading(arrival, choice, decoded, before)
            others = self._name(arrival, choice, self.good[arrival.sha256])
            status: Status = "duplicate" if before is not None else "version" if others else "new"
            self.resolution.statuses[arrival.id] = status

    def rank(self, *, worse_too: bool) -> None:
        """Puts the best version of each name in force."""
        resolution, lost = self.resolution, set[str]()
        for group in filter(None, self.versions.values()):
            best = max(group, key=lambda sha256: _rank(self.good[sha256]))
            lost |= group - {best}
            for sha256 in group - {best}:
                if sha256 in resolution.in_force:
                    resolution.in_force[sha256] = False
                elif sha256 in self.known and self.known[sha256].in_force:
                    resolution.superseded.add(sha256)
        if worse_too:
            best_of_a_name = {sha256 for group in self.versions.values() for sha256 in group} - lost
            resolution.reinstated = {
                sha256
                for sha256 in best_of_a_name
                if sha256 not in resolution.in_force and not self.known[sha256].in_force
            }
        resolution.newly_covered = {
            covered for covered in resolution.newly_covered if covered[0] not in resolution.superseded
        }

    def _refuse(self, arrival: Arrival, decoded: DecodedFile | None) -> None:
        refused = self.known.get(arrival.sha256) or self.resolution.files.get(arrival.sha256)
        if refused is not None and (decoded is None or _refused_as_before(refused, decoded)):
            self.resolution.statuses[arrival.id] = "duplicate"
            return
        self.resolution.statuses[arrival.id] = "quarantined"
        if decoded is not None:
            self.resolution.files[arrival.sha256] = decoded

    def _reread(self, arrival: Arrival, decoded: DecodedFile | None, before: KnownFile) -> None:
        """A file of an earlier batch is decoded again."""
        if decoded is None or not _takes_its_place(arrival, decoded, before):
            self.resolution.statuses[arrival.id] = "duplicate"
            return
        now = decoded if arrival.redecode == "always" else _covering_as_before(decoded, before)
        self._set_reading(arrival, now, in_force=True)  # unless another of its names is better
        self.resolution.statuses[arrival.id] = "retried"
        self.resolution.reread.add(arrival.sha256)
        for group in self.versions.values():
            group.discard(arrival.sha256)
        self._add_names(arrival.sha256, before, now)

    def _set_reading(self, arrival: Arrival, file: DecodedFile, *, in_force: bool) -> None:
        self.resolution.files[arrival.sha256] = self.good[arrival.sha256] = file
        self.resolution.in_force[arrival.sha256] = in_force
        self.decoded_as[arrival.sha256] = (arrival.name, arrival.folder)

    def _add_reading(
        self, arrival: Arrival, choice: Choice, decoded: DecodedFile, before: DecodedFile | KnownFile
    ) -> None:
        """The same bytes under a further name."""
        sha256, name = arrival.sha256, (arrival.name, arrival.folder)
        if isinstance(before, DecodedFile):
            both = (before, decoded) if self.decoded_as[sha256] <= name else (decoded, before)
            self.resolution.files[sha256] = self.good[sha256] = _combine_names(*both)
            self.decoded_as[sha256] = min(name, self.decoded_as[sha256])
        elif _rebuilds_under_lesser_name(arrival, choice, before):
            self._set_reading(arrival, _covering_as_before(decoded, before), in_force=before.in_force)
            self.resolution.reread.add(sha256)
        else:
            covered = {hour.hour for hour in decoded.hours if hour.covers} - before.covered_hours
            self.resolution.newly_covered |= {(sha256, str(decoded.machine), hour) for hour in covered}

    def _name(self, arrival: Arrival, choice: Choice, file: DecodedFile | KnownFile) -> set[str]:
        """Adds the arrival's name to the file. Returns the other versions of that name."""
        if choice.refused is not None or file.machine is None or choice.machine not in (None, file.machine):
            return set()
        group = self.versions.setdefault(_version_name(file.machine, arrival.name, file, self.layouts), set())
        others = group - {arrival.sha256}
        if arrival.sha256 not in group:
            group.add(arrival.sha256)
            self.resolution.names.add((arrival.sha256, file.machine, arrival.name, arrival.folder))
        return others

    def _add_names(self, sha256: str, known: KnownFile, file: DecodedFile | KnownFile) -> None:
        """The names under which a known file came; file: as it reads now."""
        for machine, name, _ in known.names:
            self.versions.setdefault(_version_name(machine, name, file, self.layouts), set()).add(sha256)


def _refused_as_before(refused: DecodedFile | KnownFile, decoded: DecodedFile) -> bool:
    return (refused.refused, refused.machine) == (decoded.refused, decoded.machine)


def _takes_its_place(arrival: Arrival, decoded: DecodedFile, before: KnownFile) -> bool:
    """Does the new reading take the place of the earlier one? Unless it does so in any case, it may lack no row: rows
    that are lacking would be withdrawn from stock.
    """
    if decoded.refused is not None or decoded.machine != before.machine:
        return False
    rows = {hour.hour: hour.rows for hour in decoded.hours}
    return arrival.redecode == "always" or all(
        rows.get(hour, 0) >= rows_before for hour, rows_before in before.rows_by_hour.items()
    )


def _rebuilds_under_lesser_name(arrival: Arrival, choice: Choice, before: KnownFile) -> bool:
    """Rebuilt times depend on the hour in the name: of several names the least one counts, whichever came first."""
    names = [(name, folder) for machine, name, folder in before.names if machine == before.machine]
    rebuilds = choice.layout is not None and choice.layout.rebuilds
    return rebuilds and bool(names) and (arrival.name, arrival.folder) < min(names)


def _covering_as_before(decoded: DecodedFile, before: KnownFile) -> DecodedFile:
    """The file still covers the hours of its other names."""
    return _covering(decoded, before.covered_hours, before.hour)


def _combine_names(least: DecodedFile, other: DecodedFile) -> DecodedFile:
    """The same bytes under two names cover the hours of both. least: of the least name, whose records count."""
    return _covering(least, (hour.hour for hour in other.hours if hour.covers), other.hour)


def _covering(file: DecodedFile, further: Iterable[int], own_hour: int | None) -> DecodedFile:
    hours = {hour.hour: hour for hour in file.hours}
    for hour in further:
        hours[hour] = replace(hours.get(hour, HourOfFile(hour, 0, True)), covers=True)
    own = max((hour for hour in (file.hour, own_hour) if hour is not None), default=None)
    return replace(file, hour=own, hours=tuple(hours[hour] for hour in sorted(hours)))


def _version_name(machine: str, name: str, file: DecodedFile | KnownFile, layouts: Mapping[str, Layout]) -> Name:
    """A machine that gives every hour's file one name overwrites it: there the hour is part of the name."""
    layout = layouts.get(file.layout or "")
    hour_in_name = layout is not None and layout.hour is not None and layout.hour.origin.startswith(("name:", "path:"))
    return machine, name, None if hour_in_name else file.hour


def _rank(file: DecodedFile | KnownFile) -> tuple[bool, int, str]:
    """The better version has the right trailer, then more records and states, then the greater hash."""
    return file.trailer == "right", file.records + file.states, file.sha256


def files_to_decode(
    arrivals: Iterable[Arrival], choices: Mapping[int, Choice], known: Mapping[str, KnownFile]
) -> dict[Key, Arrival]:
    """The arrivals to decode, once for each machine and hour that a file is named after: bytes not seen yet; refused
    ones, whatever their name now; good ones whose name has an hour that they do not cover yet.
    """
    todo: dict[Key, Arrival] = {}
    for arrival in arrivals:
        choice = choices[arrival.id]
        if _is_to_decode(arrival, choice, known.get(arrival.sha256)):
            todo.setdefault((arrival.sha256, choice.machine, choice.hour), arrival)
    return todo


def _is_to_decode(arrival: Arrival, choice: Choice, before: KnownFile | None) -> bool:
    if before is None or arrival.redecode != "no" or before.refused is not None:
        return True  # of a refused file the layout or the master data may have been corrected since
    newly_covers = choice.hour is not None and choice.hour not in before.covered_hours
    return (
        (newly_covers or _rebuilds_under_lesser_name(arrival, choice, before))
        and before.in_force
        and choice.machine in (None, before.machine)
    )
