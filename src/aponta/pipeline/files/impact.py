"""What a batch is about, before anything is written: what each arrival is, which hours it touches, what else holds
them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from aponta.config import Factory
from aponta.contract.decoded import DecodedFile, Staged
from aponta.contract.lake import Lake
from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import to_us
from aponta.ops.database import transaction
from aponta.ops.tables import machine_hour
from aponta.pipeline.context import Context
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.files.closing import CoveringFile, close_after_us, closed_by, withheld
from aponta.pipeline.files.versions import Resolution, files_to_decode, resolve_versions
from aponta.pipeline.ledger import reassignments as reassignments_
from aponta.pipeline.ledger.arrivals import requested_files
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.files import (
    KnownFile,
    files_named,
    holdings_of,
    hours_of_files,
    hours_with_states,
    known_files,
)
from aponta.pipeline.ledger.hours import Hour, hour_records, hours_up_to_next_state, next_with_items


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
    rows_of_earlier_files: dict[str, dict[int, int]]  # those of them that hold rows of touched hours: how many, by hour
    in_backfill: Collection[str]  # those of these that a backfill will have decoded anew: they may read otherwise
    touched: dict[Hour, bool]  # and whether a file speaks for each
    hours: dict[Hour, HourClosing]  # of touched hours, and of others that are open
    carried_into: dict[Hour, Hour]  # touched because of the one before, from which its running totals go on
    neighbours: Neighbours
    reassignments: tuple[Reassignment, ...]  # that reach into touched hours

    @property
    def closed_meanwhile(self) -> list[Hour]:
        """Hours that nothing touched and that closed meanwhile."""
        return [hour for hour, facts in self.hours.items() if facts.closed_by and hour not in self.touched]


def impact_of(place: Context, batch: Batch, staged: Staged, lake: Lake, asked: Collection[str] | None = None) -> Impact:
    """Reads the ledger and silver.hours, writes nothing: asked again after a kill it answers the same.

    asked: files of a backfill that is only thought of; default those of one that is under way.
    """
    with transaction(place.engine) as connection:
        known = known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
        choices = place.choices(batch.arrivals, known)
        decoded = dict(zip(files_to_decode(batch.arrivals, choices, known), staged.files, strict=True))
        known |= _of_same_name(connection, batch, decoded.values(), known)
        settled = resolve_versions(batch.arrivals, choices, decoded, known, place.factory.layouts)
        mine = tuple(file for file in settled.files.values() if file.refused is None)
        speakers: dict[Hour, list[CoveringFile]] = {}
        others = settled.superseded | settled.reread | settled.reinstated
        touched = set(hours_of_files(connection, others))
        holds_items: set[Hour] = set()
        for file in mine:
            for hour in file.hours:
                key = (str(file.machine), hour.hour)
                touched.add(key)
                if settled.in_force[file.sha256] and hour.records:
                    holds_items.add(key)
                if settled.in_force[file.sha256] and hour.covers:
                    accepted = file.sha256 in settled.reread and known[file.sha256].accepted
                    speakers.setdefault(key, []).append(CoveringFile(file.hour, file.trailer, accepted))
        for sha256, machine, at in settled.newly_covered:
            touched.add((machine, at))
            speaker = CoveringFile(at, known[sha256].trailer, known[sha256].accepted)
            speakers.setdefault((machine, at), []).append(speaker)
        touched |= _up_to_next_state(connection, touched, mine, others)
        follows = _carried_into(connection, place.factory, touched, mine)
        touched |= follows.keys()
        still_open = hour_records(connection, machine_hour.c.closed_by.is_(None))
        waiting = {(state.machine, state.hour) for state in still_open}
        holding = holdings_of(connection, touched | waiting, settled.reinstated)
        holders = known_files(connection, {held.sha256 for there in holding.values() for held in there})
        older: dict[str, dict[int, int]] = {}
        for key, there in holding.items():
            for one in there:
                if one.sha256 in settled.superseded | settled.reread:
                    continue
                if (one.records or one.states) and key in touched:
                    older.setdefault(one.sha256, {})[key[1]] = one.records + one.states
                if one.records and key in touched:
                    holds_items.add(key)
                if one.covers:
                    known_one = holders[one.sha256]
                    speaker = CoveringFile(known_one.hour, known_one.trailer, known_one.accepted)
                    speakers.setdefault(key, []).append(speaker)
        again = requested_files(connection, older) if asked is None else older.keys() & asked
        covered = {key: key in speakers for key in sorted(touched)}
        telling = {name for name, one in place.factory.machines.items() if place.factory.layouts[one.layout].states}
        index = Neighbours(connection, lake, covered, holds_items | (speakers.keys() & touched), telling)
        reassigned = reassignments_.reassignments_in_force(connection, {machine for machine, _ in covered})
    return Impact(
        resolution=settled,
        files=mine,
        known=known | holders,
        rows_of_earlier_files=dict(sorted(older.items())),
        in_backfill=again,
        touched=covered,
        hours=_hours(place.factory, batch, covered, waiting, speakers, index),
        carried_into=follows,
        neighbours=index,
        reassignments=reassignments_.reassignments_of_hours(covered, reassigned.values()),
    )


def _up_to_next_state(
    connection: Connection, touched: Collection[Hour], mine: Iterable[DecodedFile], beaten: Collection[str]
) -> set[Hour]:
    """A state holds until the next one: where one comes or goes, the reported hours up to the next that has any."""
    changed = {(str(file.machine), hour.hour) for file in mine for hour in file.hours if hour.states}
    changed |= hours_with_states(connection, beaten)
    more: set[Hour] = set()
    for machine, hour in sorted(changed):
        more |= {(machine, one) for one in hours_up_to_next_state(connection, machine, hour, changed)}
    return more - set(touched)


def _carried_into(
    connection: Connection, factory: Factory, touched: Collection[Hour], mine: Iterable[DecodedFile]
) -> dict[Hour, Hour]:
    """Of running totals an hour goes on from where the one before it left off: what comes or goes changes the next
    that is there. Returns that, and after which.
    """
    telling = {name for name, layout in factory.layouts.items() if layout.totals}
    machines = {name for name, one in factory.machines.items() if one.layout in telling}
    machines |= {str(file.machine) for file in mine if file.layout in telling}
    found: dict[Hour, Hour] = {}
    for machine, hour in sorted(touched):
        after = next_with_items(connection, machine, hour) if machine in machines else None
        if after is not None and (machine, after) not in touched:
            found[machine, after] = machine, hour
    return found


def _of_same_name(
    connection: Connection, batch: Batch, decoded: Iterable[DecodedFile], known: dict[str, KnownFile]
) -> dict[str, KnownFile]:
    """Files of earlier batches that came under the name of one of these. Where some are decoded again, also under any
    name of these files, and so on: one may be in force again.
    """
    files: list[DecodedFile | KnownFile] = [*decoded, *known.values()]
    machines = {file.machine for file in files if file.machine}
    names = {(machine, arrival.name) for machine in machines for arrival in batch.arrivals}
    found = known_files(connection, files_named(connection, names) - set(known))
    more = found if any(arrival.redecode != "no" for arrival in batch.arrivals) else {}
    while more:
        names = {(machine, name) for one in (*known.values(), *more.values()) for machine, name, _ in one.names}
        more = known_files(connection, files_named(connection, names) - set(known) - set(found))
        found |= more
    return found


def _hours(
    factory: Factory,
    batch: Batch,
    touched: dict[Hour, bool],
    waiting: set[Hour],
    speakers: dict[Hour, list[CoveringFile]],
    index: Neighbours,
) -> dict[Hour, HourClosing]:
    latest = dict(index.reported_until)
    for (machine, hour), covered in touched.items():
        if covered:
            latest[machine] = max(hour, latest.get(machine, hour))
    now, after = to_us(batch.started_at), close_after_us(factory)
    found = {}
    for machine, hour in sorted(waiting | set(touched)):
        speaking = speakers.get((machine, hour), [])
        closed = closed_by(hour, speaking, latest.get(machine, hour), now, after)
        found[machine, hour] = HourClosing(bool(speaking), closed, withheld(speaking))
    return found
