"""The impact of a batch: how each arrival is classified, which machine hours it touches, which earlier files also hold
them. Reads only.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from aponta.config import Factory
from aponta.contract.decoded import DecodedFile, Staged
from aponta.contract.lake import Lake
from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import to_us
from aponta.ops.database import transaction
from aponta.ops.tables import machine_hour
from aponta.pipeline.context import Context
from aponta.pipeline.facts.neighbours import Neighbours, load_neighbours
from aponta.pipeline.files.closing import CoveringFile, close_after_us, closed_by, withheld
from aponta.pipeline.files.versions import Resolution, files_to_decode, resolve_versions
from aponta.pipeline.ledger.arrivals import requested_files
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.files import (
    Holding,
    KnownFile,
    files_named,
    holdings_of,
    hours_of_files,
    hours_with_states,
    known_files,
)
from aponta.pipeline.ledger.hours import Hour, hour_records, hours_up_to_next_state, next_with_items
from aponta.pipeline.ledger.reassignments import reassignments_in_force, reassignments_of_hours


@dataclass(frozen=True)
class HourClosing:
    covered: bool
    closed_by: str | None
    withheld: bool


@dataclass(frozen=True)
class Impact:
    resolution: Resolution
    files: tuple[DecodedFile, ...]  # the batch's good files
    known: dict[str, KnownFile]  # files of earlier batches that matter here
    rows_of_earlier_files: dict[str, dict[int, int]]  # rows that earlier files hold of touched hours, by file and hour
    in_backfill: Collection[str]  # earlier files that a backfill will decode again: they may read otherwise
    touched: dict[Hour, bool]  # and whether a file covers each
    hours: dict[Hour, HourClosing]  # of touched hours, and of others that are open
    carried_into: dict[Hour, Hour]  # touched because running totals go on into them, and from which hour
    neighbours: Neighbours
    reassignments: tuple[Reassignment, ...]  # that reach into touched hours

    @property
    def closed_meanwhile(self) -> list[Hour]:
        """Hours that nothing touched and that closed meanwhile."""
        return [hour for hour, closing in self.hours.items() if closing.closed_by and hour not in self.touched]

    @property
    def several_files(self) -> bool:
        """May several rows claim one item: of several files, of one file twice, or of a file that is replaced?"""
        resolution = self.resolution
        if self.rows_of_earlier_files or resolution.superseded or resolution.reread or resolution.reinstated:
            return True
        claims = [(file.machine, hour.hour) for file in self.files for hour in file.hours if hour.records]
        return len(set(claims)) < len(claims) or any(file.repeated for file in self.files)


@dataclass(frozen=True)
class _Coverage:
    """The files that cover or hold each hour, once the batch is done."""

    covering: dict[Hour, list[CoveringFile]]
    with_items: set[Hour]
    rows_of_earlier_files: dict[str, dict[int, int]]


def impact_of(
    context: Context, batch: Batch, staged: Staged, lake: Lake, requested: Collection[str] | None = None
) -> Impact:
    """Reads the ledger and silver.hours, writes nothing: run again after a kill it gives the same.

    requested: files of a backfill that is only considered; by default those of one that is under way.
    """
    factory = context.factory
    with transaction(context.engine) as connection:
        known = known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
        choices = context.choices(batch.arrivals, known)
        decoded = dict(zip(files_to_decode(batch.arrivals, choices, known), staged.files, strict=True))
        known |= _of_same_name(connection, batch, decoded.values(), known)
        resolution = resolve_versions(batch.arrivals, choices, decoded, known, factory.layouts)
        files = tuple(file for file in resolution.files.values() if file.refused is None)
        touched, carried_into = _touched(connection, factory, resolution, files)
        open_records = hour_records(connection, machine_hour.c.closed_by.is_(None))
        open_hours = {(record.machine, record.hour) for record in open_records}
        holdings = holdings_of(connection, touched | open_hours, resolution.reinstated)
        known |= known_files(connection, {holding.sha256 for group in holdings.values() for holding in group})
        coverage = _coverage(resolution, files, known, holdings, touched)
        earlier = coverage.rows_of_earlier_files
        in_backfill = requested_files(connection, earlier) if requested is None else earlier.keys() & requested
        covered = {hour: hour in coverage.covering for hour in sorted(touched)}
        with_states = {name for name, one in factory.machines.items() if factory.layouts[one.layout].states}
        reported = coverage.with_items | (coverage.covering.keys() & touched)
        neighbours = load_neighbours(connection, lake, covered, reported, with_states)
        reassignments = reassignments_in_force(connection, {machine for machine, _ in covered})
    return Impact(
        resolution=resolution,
        files=files,
        known=known,
        rows_of_earlier_files=dict(sorted(earlier.items())),
        in_backfill=in_backfill,
        touched=covered,
        hours=_hours(factory, batch, covered, open_hours, coverage.covering, neighbours),
        carried_into=carried_into,
        neighbours=neighbours,
        reassignments=reassignments_of_hours(covered, reassignments.values()),
    )


def _touched(
    connection: Connection, factory: Factory, resolution: Resolution, files: Iterable[DecodedFile]
) -> tuple[set[Hour], dict[Hour, Hour]]:
    """The hours whose facts may change, and which of them only because running totals go on into them."""
    earlier = resolution.superseded | resolution.reread | resolution.reinstated
    touched = set(hours_of_files(connection, earlier))
    touched |= {(str(file.machine), hour.hour) for file in files for hour in file.hours}
    touched |= {(machine, hour) for _, machine, hour in resolution.newly_covered}
    touched |= _up_to_next_state(connection, touched, files, earlier)
    carried_into = _carried_into(connection, factory, touched, files)
    return touched | carried_into.keys(), carried_into


def _coverage(
    resolution: Resolution,
    files: Iterable[DecodedFile],
    known: Mapping[str, KnownFile],
    holdings: Mapping[Hour, Iterable[Holding]],
    touched: Collection[Hour],
) -> _Coverage:
    """holdings: of the files in force before the batch, and of those it reinstates."""
    coverage = _Coverage({}, set(), {})

    def cover(key: Hour, file: CoveringFile) -> None:
        coverage.covering.setdefault(key, []).append(file)

    for file in files:
        for hour in file.hours if resolution.in_force[file.sha256] else ():
            key = (str(file.machine), hour.hour)
            if hour.records:
                coverage.with_items.add(key)
            if hour.covers:
                accepted = file.sha256 in resolution.reread and known[file.sha256].accepted
                cover(key, CoveringFile(file.hour, file.trailer, accepted))
    for sha256, machine, at in resolution.newly_covered:
        cover((machine, at), CoveringFile(at, known[sha256].trailer, known[sha256].accepted))
    for key, group in holdings.items():
        for holding in group:
            if holding.sha256 in resolution.superseded | resolution.reread:
                continue
            if (holding.records or holding.states) and key in touched:
                rows = coverage.rows_of_earlier_files.setdefault(holding.sha256, {})
                rows[key[1]] = holding.records + holding.states
            if holding.records and key in touched:
                coverage.with_items.add(key)
            if holding.covers:
                earlier = known[holding.sha256]
                cover(key, CoveringFile(earlier.hour, earlier.trailer, earlier.accepted))
    return coverage


def _up_to_next_state(
    connection: Connection, touched: Collection[Hour], files: Iterable[DecodedFile], earlier: Collection[str]
) -> set[Hour]:
    """A state holds until the next one: where one comes or goes, the reported hours up to the next that has any."""
    changed = {(str(file.machine), hour.hour) for file in files for hour in file.hours if hour.states}
    changed |= hours_with_states(connection, earlier)
    following: set[Hour] = set()
    for machine, hour in sorted(changed):
        following |= {(machine, later) for later in hours_up_to_next_state(connection, machine, hour, changed)}
    return following - set(touched)


def _carried_into(
    connection: Connection, factory: Factory, touched: Collection[Hour], files: Iterable[DecodedFile]
) -> dict[Hour, Hour]:
    """Running totals go on from the hour before: a change reaches into the next hour with items, which is not touched
    yet. Returns these, each with the hour it goes on from.
    """
    with_totals = {name for name, layout in factory.layouts.items() if layout.totals}
    machines = {name for name, machine in factory.machines.items() if machine.layout in with_totals}
    machines |= {str(file.machine) for file in files if file.layout in with_totals}
    carried: dict[Hour, Hour] = {}
    for machine, hour in sorted(touched):
        following = next_with_items(connection, machine, hour) if machine in machines else None
        if following is not None and (machine, following) not in touched:
            carried[machine, following] = machine, hour
    return carried


def _of_same_name(
    connection: Connection, batch: Batch, decoded: Iterable[DecodedFile], known: dict[str, KnownFile]
) -> dict[str, KnownFile]:
    """Files of earlier batches that came under the name of one of these. If any arrival is decoded again, also those
    under any name of these files, and so on: one may be in force again.
    """
    files: list[DecodedFile | KnownFile] = [*decoded, *known.values()]
    machines = {file.machine for file in files if file.machine}
    names = {(machine, arrival.name) for machine in machines for arrival in batch.arrivals}
    found = known_files(connection, files_named(connection, names) - set(known))
    more = found if any(arrival.redecode != "no" for arrival in batch.arrivals) else {}
    while more:
        names = {(machine, name) for file in (*known.values(), *more.values()) for machine, name, _ in file.names}
        more = known_files(connection, files_named(connection, names) - set(known) - set(found))
        found |= more
    return found


def _hours(
    factory: Factory,
    batch: Batch,
    touched: Mapping[Hour, bool],
    open_hours: Collection[Hour],
    covering: Mapping[Hour, list[CoveringFile]],
    neighbours: Neighbours,
) -> dict[Hour, HourClosing]:
    latest = dict(neighbours.reported_until)
    for (machine, hour), covered in touched.items():
        if covered:
            latest[machine] = max(hour, latest.get(machine, hour))
    now, after = to_us(batch.started_at), close_after_us(factory)
    closing = {}
    for machine, hour in sorted({*open_hours, *touched}):
        files = covering.get((machine, hour), [])
        closed = closed_by(hour, files, latest.get(machine, hour), now, after)
        closing[machine, hour] = HourClosing(bool(files), closed, withheld(files))
    return closing


def restatement_causes(batch: Batch, impact: Impact) -> Iterable[tuple[Any, ...]]:
    """restatements.CAUSES: why facts change that people have seen as final."""
    resolution = impact.resolution
    for machine, hour in impact.touched:
        if not impact.neighbours.was_final(machine, hour):
            continue
        origin = impact.carried_into.get((machine, hour), (machine, hour))
        before = impact.neighbours.before_batch.get(origin)
        bringing = [
            arrival
            for arrival in batch.arrivals
            if (file := resolution.files.get(arrival.sha256)) is not None
            and file.machine == machine
            and any(held.hour == origin[1] for held in file.hours)
        ]
        versions = [arrival for arrival in bringing if resolution.statuses[arrival.id] == "version"]
        retried = [arrival for arrival in bringing if resolution.statuses[arrival.id] == "retried"]
        if retried:
            cause = "backfilled" if retried[0].redecode == "always" else "retried"
        elif before is None or not before.items:
            cause = "late"
        elif versions or not bringing:
            cause = "version"
        else:
            cause = "overlap"
        sha256 = next((arrival.sha256 for arrival in (*retried, *versions, *bringing)), "")
        yield machine, hour, cause, sha256, to_us(batch.started_at), batch.id
