"""Decodes and refines the files of some hours again, from their raw bytes: after a layout was mended, or the code was.

First all of them are decoded as a batch would decode them, and compared with the tables. Files that read as before are
left alone; the others are requested again, and each pass works off a batch of them. So a backfill that was stopped goes
on where it was: files that are done read as before.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.decoded import DecodedFile
from aponta.contract.lake import Lake
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, hour_of, iso, to_us
from aponta.ops.database import single_transaction, transaction
from aponta.ops.lock import LockHolder
from aponta.ops.tables import arrival, file, file_hour
from aponta.pipeline import staging
from aponta.pipeline.batch import scope_of, stage_batch
from aponta.pipeline.context import Context, at_rest
from aponta.pipeline.facts.build import FactBuilder
from aponta.pipeline.files.impact import Impact, impact_of
from aponta.pipeline.ledger.arrivals import first_arrivals, requested_files
from aponta.pipeline.ledger.batches import Batch, fit_batches
from aponta.pipeline.ledger.hours import Hour, HourRecord
from aponta.usecases.correct.preview import Preview

PREVIEW_BATCH = 0  # no batch has this number
COMPARED_COLUMNS = ("rows", "records", "states", "quarantined", "skipped", "trailer", "layout", "machine", "refused")
Counts = tuple[int, int, bool]  # records, states; does the file cover the hour?


@dataclass
class BackfillPreview:
    """Files of the hours, and the effect that decoding them again would have."""

    files: int = 0
    rows: int = 0  # of these files, as they read now
    changed: dict[str, str] = field(default_factory=dict)  # sha256 -> name of each file to decode again
    # sha256 -> name and reason of each file that cannot be read any more: rows that were read from it stay
    unread: dict[str, tuple[str, str]] = field(default_factory=dict)
    effect: Preview = field(default_factory=Preview)


def preview_backfill(
    factory: Factory,
    clock: Clock,
    since: datetime,
    until: datetime,
    machine: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    wait: Callable[[LockHolder], None] | None = None,
) -> BackfillPreview:
    """Previews the decoding of the files of the hours from `since` up to `until`. Writes nothing.

    progress: files done, of how many.

    Raises ConfigError `pipeline.no_machine`, `pipeline.no_time_between`; and `pipeline.read_otherwise` for a file that
    is not among them, holds rows of one of their hours and reads otherwise than it did.
    """
    if machine is not None and machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    if since >= until:
        raise ConfigError("pipeline.no_time_between", since=iso(since), until=iso(until))
    preview = BackfillPreview()
    with at_rest(factory, clock, wait) as (engine, lake):
        context = Context(factory, engine, RawZone(factory.data / "raw"))
        with transaction(engine) as connection:
            requested = _files_of_hours(connection, context, since, until, machine)
            arrivals = [replace(each, redecode="always") for each in first_arrivals(connection, requested)]
        preview.files = len(requested)
        versions, done = lake.versions(), 0
        hours_of_file: dict[str, set[Hour]] = {}  # the hours that each file touches or touched
        batches_of_hour: Counter[Hour] = Counter()  # how many batches touch each hour
        try:
            for batch in fit_batches(arrivals):
                lake.start(versions)
                touched = _preview_batch(context, lake, Batch(PREVIEW_BATCH, clock(), None, batch), requested, preview)
                hours_of_file |= touched
                batches_of_hour.update({hour for hours in touched.values() for hour in hours})
                done += len(batch)
                progress(done, len(arrivals))
            # Files of several batches hold some hours: these are previewed once more, with all their files together.
            shared = {hour for hour, count in batches_of_hour.items() if count > 1}
            for batch in fit_batches(each for each in arrivals if hours_of_file[each.sha256] & shared):
                lake.start(versions)
                _preview_batch(context, lake, Batch(PREVIEW_BATCH, clock(), None, batch), requested, preview, shared)
        finally:
            shutil.rmtree(staging.folder(factory.data, PREVIEW_BATCH), ignore_errors=True)
        preview.effect.add_corrections(factory, engine, clock)
    return preview


def backfill_remaining(factory: Factory) -> int:
    """How many files of a backfill no pass has worked off yet."""
    with single_transaction(factory.ops_url) as connection:
        return len(requested_files(connection))


def _files_of_hours(
    connection: Connection, context: Context, since: datetime, until: datetime, machine: str | None
) -> set[str]:
    """Files that hold rows of these hours, cover them, or are named after them, in force or not, refused or not."""
    first = from_us(hour_of(to_us(since)))
    holds = select(file_hour.c.sha256).where(file_hour.c.hour >= first, file_hour.c.hour < until)
    named = select(file.c.sha256).where(file.c.hour >= first, file.c.hour < until, file.c.machine.is_not(None))
    if machine is not None:
        holds, named = holds.where(file_hour.c.machine == machine), named.where(file.c.machine == machine)
    files = {*connection.scalars(holds), *connection.scalars(named)}
    columns = (arrival.c.sha256, arrival.c.name, arrival.c.folder, file.c.hour)
    without_machine = select(*columns).join(file, file.c.sha256 == arrival.c.sha256).where(file.c.machine.is_(None))
    for row in connection.execute(without_machine.distinct()):  # its machine or its layout may be known by now
        choice = context.choose(row.name, row.folder)
        hour = choice.hour if row.hour is None else to_us(row.hour)
        wanted = choice.refused is None and machine in (None, choice.machine)
        if wanted and hour is not None and to_us(first) <= hour < to_us(until):
            files.add(row.sha256)
    return files


def _preview_batch(
    context: Context,
    lake: Lake,
    batch: Batch,
    requested: Collection[str],
    preview: BackfillPreview,
    only: Collection[Hour] | None = None,
) -> dict[str, set[Hour]]:
    """Adds the batch to the preview, and returns the hours of each file.

    only: hours that are previewed once more; their files' rows are counted already.
    """
    shutil.rmtree(staging.folder(context.factory.data, PREVIEW_BATCH), ignore_errors=True)
    batch, staged = stage_batch(context, batch)
    impact = impact_of(context, batch, staged, lake, requested=requested)
    scope = replace(scope_of(context, batch, staged, impact, lake), closed_meanwhile=frozenset())
    records = _hour_records(impact, only)
    before = impact.neighbours.before_batch
    withheld_changes = {key for key, record in records.items() if key in before and before[key].held != record.held}
    facts = FactBuilder(lake, context.factory, impact.neighbours, scope)
    changed_hours = preview.effect.add(lake, facts, records, withheld_changes)
    refused = {each.sha256: each.refused for each in staged.files}
    hours_of_file: dict[str, set[Hour]] = {}
    for reading in _readings(context.engine, batch, impact):
        hours_of_file[reading.sha256] = reading.hours
        if reading.decoded is None:
            if reading.recorded.refused is None:
                preview.unread[reading.sha256] = reading.name, refused.get(reading.sha256) or "wrong_machine"
            continue
        preview.rows += reading.decoded.rows if only is None else 0
        if not reading.is_same() or reading.hours & changed_hours:
            preview.changed[reading.sha256] = reading.name
    return hours_of_file


def _hour_records(impact: Impact, only: Collection[Hour] | None) -> dict[Hour, HourRecord]:
    """The touched hours, or `only` some of them, as the batch would record them."""
    return {
        key: HourRecord(*key, 0, False, closing.covered, closing.closed_by, closing.withheld)
        for key, closing in impact.hours.items()
        if key in impact.touched and (only is None or key in only)
    }


@dataclass(frozen=True)
class _Reading:
    """A file as the ledger has it, and as it reads now."""

    sha256: str
    name: str
    recorded: Row[Any]
    recorded_hours: dict[int, Counts]
    decoded: DecodedFile | None  # None: it cannot be read
    in_force: bool

    @property
    def decoded_hours(self) -> dict[int, Counts]:
        hours = self.decoded.hours if self.decoded else ()
        return {hour.hour: (hour.records, hour.states, hour.covers) for hour in hours}

    @property
    def hours(self) -> set[Hour]:
        """The hours that it touches or touched."""
        before = {(str(self.recorded.machine), hour) for hour in self.recorded_hours}
        return before | {(str(self.decoded.machine), hour) for hour in self.decoded_hours} if self.decoded else before

    def is_same(self) -> bool:
        same = all(getattr(self.decoded, column) == getattr(self.recorded, column) for column in COMPARED_COLUMNS)
        return same and self.recorded.in_force == self.in_force and self.decoded_hours == self.recorded_hours


def _readings(engine: Engine, batch: Batch, impact: Impact) -> Iterator[_Reading]:
    resolution = impact.resolution
    names = {each.sha256: each.name for each in reversed(batch.arrivals)}
    with transaction(engine) as connection:
        rows = connection.execute(select(file).where(file.c.sha256.in_(sorted(names))))
        recorded = {row.sha256: row for row in rows}
        hours = _hours_by_file(connection, names)
    for sha256, name in names.items():
        in_force = resolution.in_force.get(sha256, False)
        yield _Reading(sha256, name, recorded[sha256], hours.get(sha256, {}), resolution.files.get(sha256), in_force)


def _hours_by_file(connection: Connection, shas: Iterable[str]) -> dict[str, dict[int, Counts]]:
    """The hours of each file, as the ledger has them."""
    hours: dict[str, dict[int, Counts]] = {}
    for row in connection.execute(select(file_hour).where(file_hour.c.sha256.in_(sorted(shas)))):
        hours.setdefault(row.sha256, {})[to_us(row.hour)] = row.records, row.states, row.covers
    return hours
