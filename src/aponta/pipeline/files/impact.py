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
from aponta.pipeline import asked as asked_again
from aponta.pipeline import holdings
from aponta.pipeline.context import Workplace
from aponta.pipeline.facts.neighbours import HourIndex
from aponta.pipeline.facts.scope import Hour
from aponta.pipeline.files.closing import Speaker, closed_by, held
from aponta.pipeline.files.versions import Settled, settle, wanted
from aponta.pipeline.ledger import batches
from aponta.pipeline.ledger import reassignments as reassignments_
from aponta.pipeline.ledger.batches import Batch, KnownFile

CLOSE_AFTER_MINUTES = 20  # where no stock system says otherwise


@dataclass(frozen=True)
class HourFacts:
    covered: bool
    closed_by: str | None
    held: bool


@dataclass(frozen=True)
class Understood:
    settled: Settled
    mine: tuple[DecodedFile, ...]  # the batch's good files
    known: dict[str, KnownFile]  # files of earlier batches that matter here
    older: dict[str, dict[int, int]]  # those of them that hold rows of touched hours: how many, by hour
    waiting: Collection[str]  # those of these that a backfill will have decoded anew: they may read otherwise
    touched: dict[Hour, bool]  # and whether a file speaks for each
    hours: dict[Hour, HourFacts]  # of touched hours, and of others that are open
    follows: dict[Hour, Hour]  # touched because of the one before, from which its running totals go on
    index: HourIndex
    reassignments: tuple[Reassignment, ...]  # that reach into touched hours

    @property
    def flipped(self) -> list[Hour]:
        """Hours that nothing touched and that closed meanwhile."""
        return [hour for hour, facts in self.hours.items() if facts.closed_by and hour not in self.touched]


def understand(
    place: Workplace, batch: Batch, staged: Staged, lake: Lake, asked: Collection[str] | None = None
) -> Understood:
    """Reads the ledger and silver.hours, writes nothing: asked again after a kill it answers the same.

    asked: files of a backfill that is only thought of; default those of one that is under way.
    """
    with transaction(place.engine) as connection:
        known = batches.known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
        choices = place.choices(batch.arrivals, known)
        decoded = dict(zip(wanted(batch.arrivals, choices, known), staged.files, strict=True))
        known |= _of_same_name(connection, batch, decoded.values(), known)
        settled = settle(batch.arrivals, choices, decoded, known, place.factory.layouts)
        mine = tuple(file for file in settled.files.values() if file.refused is None)
        speakers: dict[Hour, list[Speaker]] = {}
        others = settled.beaten | settled.again | settled.revived
        touched = set(holdings.hours_of(connection, others))
        holds_items: set[Hour] = set()
        for file in mine:
            for hour in file.hours:
                key = (str(file.machine), hour.hour)
                touched.add(key)
                if settled.in_force[file.sha256] and hour.records:
                    holds_items.add(key)
                if settled.in_force[file.sha256] and hour.covers:
                    accepted = file.sha256 in settled.again and known[file.sha256].accepted
                    speakers.setdefault(key, []).append(Speaker(file.hour, file.trailer, accepted))
        for sha256, machine, at in settled.heard:
            touched.add((machine, at))
            speaker = Speaker(at, known[sha256].trailer, known[sha256].accepted)
            speakers.setdefault((machine, at), []).append(speaker)
        touched |= _until_another_state(connection, touched, mine, others)
        follows = _going_on(connection, place.factory, touched, mine)
        touched |= follows.keys()
        still_open = batches.states(connection, machine_hour.c.closed_by.is_(None))
        waiting = {(state.machine, state.hour) for state in still_open}
        holding = holdings.holding(connection, touched | waiting, settled.revived)
        holders = batches.known_files(connection, {held.sha256 for there in holding.values() for held in there})
        older: dict[str, dict[int, int]] = {}
        for key, there in holding.items():
            for one in there:
                if one.sha256 in settled.beaten | settled.again:
                    continue
                if (one.records or one.states) and key in touched:
                    older.setdefault(one.sha256, {})[key[1]] = one.records + one.states
                if one.records and key in touched:
                    holds_items.add(key)
                if one.covers:
                    known_one = holders[one.sha256]
                    speaker = Speaker(known_one.hour, known_one.trailer, known_one.accepted)
                    speakers.setdefault(key, []).append(speaker)
        again = asked_again.waiting(connection, older) if asked is None else older.keys() & asked
        covered = {key: key in speakers for key in sorted(touched)}
        telling = {name for name, one in place.factory.machines.items() if place.factory.layouts[one.layout].states}
        index = HourIndex(connection, lake, covered, holds_items | (speakers.keys() & touched), telling)
        reassigned = reassignments_.in_force(connection, {machine for machine, _ in covered})
    return Understood(
        settled=settled,
        mine=mine,
        known=known | holders,
        older=dict(sorted(older.items())),
        waiting=again,
        touched=covered,
        hours=_hours(place.factory, batch, covered, waiting, speakers, index),
        follows=follows,
        index=index,
        reassignments=reassignments_.of_hours(covered, reassigned.values()),
    )


def _until_another_state(
    connection: Connection, touched: Collection[Hour], mine: Iterable[DecodedFile], beaten: Collection[str]
) -> set[Hour]:
    """A state holds until the next one: where one comes or goes, the reported hours up to the next that has any."""
    changed = {(str(file.machine), hour.hour) for file in mine for hour in file.hours if hour.states}
    changed |= holdings.telling(connection, beaten)
    more: set[Hour] = set()
    for machine, hour in sorted(changed):
        more |= {(machine, one) for one in holdings.up_to_next_state(connection, machine, hour, changed)}
    return more - set(touched)


def _going_on(
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
        after = holdings.next_with_items(connection, machine, hour) if machine in machines else None
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
    found = batches.known_files(connection, batches.of_same_name(connection, names) - set(known))
    more = found if any(arrival.redecode != "no" for arrival in batch.arrivals) else {}
    while more:
        names = {(machine, name) for one in (*known.values(), *more.values()) for machine, name, _ in one.names}
        more = batches.known_files(connection, batches.of_same_name(connection, names) - set(known) - set(found))
        found |= more
    return found


def _hours(
    factory: Factory,
    batch: Batch,
    touched: dict[Hour, bool],
    waiting: set[Hour],
    speakers: dict[Hour, list[Speaker]],
    index: HourIndex,
) -> dict[Hour, HourFacts]:
    latest = dict(index.told_until)
    for (machine, hour), covered in touched.items():
        if covered:
            latest[machine] = max(hour, latest.get(machine, hour))
    now, after = to_us(batch.started_at), close_after_us(factory)
    found = {}
    for machine, hour in sorted(waiting | set(touched)):
        speaking = speakers.get((machine, hour), [])
        closed = closed_by(hour, speaking, latest.get(machine, hour), now, after)
        found[machine, hour] = HourFacts(bool(speaking), closed, held(speaking))
    return found


def close_after_us(factory: Factory) -> int:
    """How long after its end an hour is closed by time alone."""
    minutes = max((one.close_after_minutes for one in factory.settings.stock), default=CLOSE_AFTER_MINUTES)
    return int(minutes * 60_000_000)
