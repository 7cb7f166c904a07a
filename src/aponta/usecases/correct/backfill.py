"""Files of some hours decoded and refined anew, from their raw bytes: after a layout was mended, or the code was.

First all of them are read as a batch would read them, and held against the tables. What reads as before is left
alone; the others are asked for again, and passes work them off, a batch in each. So what was stopped goes on where it
was: what is done reads as before.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.lake import Lake
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, hour_of, iso, to_us
from aponta.ops.database import connected, transaction
from aponta.ops.lock import LockHolder
from aponta.ops.tables import arrival, file, file_hour
from aponta.pipeline import staging
from aponta.pipeline.batch import scope_of, stage_batch
from aponta.pipeline.context import Context, at_rest
from aponta.pipeline.facts.build import FactBuilder
from aponta.pipeline.files.impact import impact_of
from aponta.pipeline.ledger.arrivals import first_arrivals, requested_files
from aponta.pipeline.ledger.batches import Batch, fit_batches
from aponta.pipeline.ledger.hours import Hour, HourRecord
from aponta.usecases.correct.preview import Rehearsed

REHEARSED = 0  # the number of a batch that is none
COUNTED = ("rows", "records", "states", "quarantined", "skipped", "trailer", "layout", "machine", "refused")


@dataclass
class Backfill:
    """What there is, and what would become of it."""

    files: int = 0
    rows: int = 0  # of them, as they read now
    changed: dict[str, str] = field(default_factory=dict)  # sha256 -> name of each that is to be read anew
    # sha256 -> name of each that cannot be read any more, and why: what was read from it stays
    unread: dict[str, tuple[str, str]] = field(default_factory=dict)
    rehearsed: Rehearsed = field(default_factory=Rehearsed)


def rehearse(
    factory: Factory,
    clock: Clock,
    since: datetime,
    until: datetime,
    machine: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    wait: Callable[[LockHolder], None] | None = None,
) -> Backfill:
    """What decoding the files of the hours from `since` up to `until` anew would change. Writes nothing. progress:
    files done, of how many.

    Raises ConfigError `pipeline.no_machine`, `pipeline.no_time_between`; `pipeline.read_otherwise` of a file that is
    not among them, holds rows of one of their hours and reads otherwise than it did, too.
    """
    if machine is not None and machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    if since >= until:
        raise ConfigError("pipeline.no_time_between", since=iso(since), until=iso(until))
    found = Backfill()
    with at_rest(factory, clock, wait) as (engine, lake):
        place = Context(factory, engine, RawZone(factory.data / "raw"))
        with transaction(engine) as connection:
            shas = _chosen(connection, place, since, until, machine)
            arrivals = [replace(one, redecode="always") for one in first_arrivals(connection, shas)]
        found.files = len(shas)
        versions, done = lake.versions(), 0
        touching: dict[str, set[Hour]] = {}  # by file, the hours that it touches or touched
        times: Counter[Hour] = Counter()  # and in how many batches an hour was touched
        try:
            for batch in fit_batches(arrivals):
                lake.start(versions)
                now = _rehearse(place, lake, Batch(REHEARSED, clock(), None, batch), shas, found)
                touching |= now
                times.update({hour for hours in now.values() for hour in hours})
                done += len(batch)
                progress(done, len(arrivals))
            # An hour that files of several batches hold: of these together.
            shared = {hour for hour, count in times.items() if count > 1}
            for batch in fit_batches(one for one in arrivals if touching[one.sha256] & shared):
                lake.start(versions)
                _rehearse(place, lake, Batch(REHEARSED, clock(), None, batch), shas, found, shared)
        finally:
            shutil.rmtree(staging.folder(factory.data, REHEARSED), ignore_errors=True)
        found.rehearsed.tell(factory, engine, clock)
    return found


def waiting(factory: Factory) -> int:
    """How many files a backfill has asked for that no pass has worked off yet."""
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        return len(requested_files(connection))


def _chosen(connection: Connection, place: Context, since: datetime, until: datetime, machine: str | None) -> set[str]:
    """Files that hold rows of these hours, speak for them, or are named after them, in force or not, refused or not."""
    first = from_us(hour_of(to_us(since)))
    held = select(file_hour.c.sha256).where(file_hour.c.hour >= first, file_hour.c.hour < until)
    named = select(file.c.sha256).where(file.c.hour >= first, file.c.hour < until, file.c.machine.is_not(None))
    if machine is not None:
        held, named = held.where(file_hour.c.machine == machine), named.where(file.c.machine == machine)
    found = {*connection.scalars(held), *connection.scalars(named)}
    columns = (arrival.c.sha256, arrival.c.name, arrival.c.folder, file.c.hour)
    nobodys = select(*columns).join(file, file.c.sha256 == arrival.c.sha256).where(file.c.machine.is_(None)).distinct()
    for row in connection.execute(nobodys):  # its machine, or its layout, may be known by now
        choice = place.choose(row.name, row.folder)
        hour = choice.hour if row.hour is None else to_us(row.hour)
        meant = choice.refused is None and machine in (None, choice.machine)
        if meant and hour is not None and to_us(first) <= hour < to_us(until):
            found.add(row.sha256)
    return found


def _rehearse(
    place: Context,
    lake: Lake,
    batch: Batch,
    shas: Collection[str],
    found: Backfill,
    only: Collection[Hour] | None = None,
) -> dict[str, set[Hour]]:
    """Adds to what is `found`; where `only` some hours are looked at again, no rows. Returns each file's hours."""
    shutil.rmtree(staging.folder(place.factory.data, REHEARSED), ignore_errors=True)
    batch, staged = stage_batch(place, batch)
    understood = impact_of(place, batch, staged, lake, requested=shas)
    task = replace(scope_of(place, batch, staged, understood, lake), closed_meanwhile=frozenset())
    states = {
        key: HourRecord(*key, 0, False, facts.covered, facts.closed_by, facts.withheld)
        for key, facts in understood.hours.items()
        if key in understood.touched and (only is None or key in only)
    }
    before = understood.neighbours.before_batch
    otherwise = {key for key, state in states.items() if key in before and before[key].held != state.held}
    facts = FactBuilder(lake, place.factory, understood.neighbours, task)
    changed = found.rehearsed.add(lake, facts, states, otherwise)
    settled = understood.resolution
    names = {one.sha256: one.name for one in reversed(batch.arrivals)}
    refused = {one.sha256: one.refused for one in staged.files}
    with transaction(place.engine) as connection:
        was = {row.sha256: row for row in connection.execute(select(file).where(file.c.sha256.in_(sorted(names))))}
        held = _held(connection, names)
    touching: dict[str, set[Hour]] = {}
    for sha256, name in names.items():
        touching[sha256] = {(str(was[sha256].machine), hour) for hour in held.get(sha256, ())}
        now = settled.files.get(sha256)
        if now is None:
            if was[sha256].refused is None:
                found.unread[sha256] = name, refused.get(sha256) or "wrong_machine"
            continue
        found.rows += now.rows if only is None else 0
        hours = {hour.hour: (hour.records, hour.states, hour.covers) for hour in now.hours}
        same = all(getattr(now, column) == getattr(was[sha256], column) for column in COUNTED)
        same &= was[sha256].in_force == settled.in_force.get(sha256, False) and hours == held.get(sha256, {})
        touching[sha256] |= {(str(now.machine), hour) for hour in hours}
        if not same or touching[sha256] & changed:
            found.changed[sha256] = name
    return touching


def _held(connection: Connection, shas: Iterable[str]) -> dict[str, dict[int, tuple[int, int, bool]]]:
    """By file: its hours, as the ledger has them."""
    found: dict[str, dict[int, tuple[int, int, bool]]] = {}
    for row in connection.execute(select(file_hour).where(file_hour.c.sha256.in_(sorted(shas)))):
        found.setdefault(row.sha256, {})[to_us(row.hour)] = row.records, row.states, row.covers
    return found
