"""One batch: from the files that came to every table they change, published together."""

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from aponta.config import Factory
from aponta.contract.decoded import STAGED_STATES, DecodedFile, Staged, staged_columns
from aponta.contract.lake import Frame, Lake, stacked
from aponta.contract.layout import QUALITIES
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, iso, to_us
from aponta.ops.database import transaction
from aponta.pipeline import staging
from aponta.pipeline.context import Context, FileToDecode, ReadAs
from aponta.pipeline.facts.build import FactBuilder
from aponta.pipeline.facts.scope import BatchChanges, BatchScope, SourceFile, TableWrite
from aponta.pipeline.files.accounting import Accounts, PassCounts
from aponta.pipeline.files.files_table import file_writes
from aponta.pipeline.files.impact import Impact, impact_of, restatement_causes
from aponta.pipeline.files.recordless import identify_by_name
from aponta.pipeline.files.versions import files_to_decode
from aponta.pipeline.ledger import batches, receipts
from aponta.pipeline.ledger.arrivals import save_statuses
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.files import add_covered_hours, known_files, save_files, save_names, set_in_force
from aponta.pipeline.ledger.hours import Hour, HourRecord, save_closing, save_hours
from aponta.pipeline.publish import publish
from aponta.refine.silver import states


def stage_batch(
    context: Context, batch: Batch, done: Callable[[int], None] = lambda count: None
) -> tuple[Batch, Staged]:
    """Decodes the batch's files, or takes what an earlier run of this step left. Returns the batch too, whose files
    without a record are identified by their names.
    """
    with transaction(context.engine) as connection:
        known = known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
    todo = files_to_decode(batch.arrivals, context.choices(batch.arrivals, known), known)
    where = staging.folder(context.factory.data, batch.id)
    staged = staging.load_staged(where, list(todo))
    if staged is None:
        shutil.rmtree(where, ignore_errors=True)
        files = [
            FileToDecode(
                arrival.sha256,
                arrival.name,
                arrival.folder,
                arrival.size,
                arrival.received_at,
                context.read_as(arrival, known),
            )
            for arrival in todo.values()
        ]
        staged = context.decode(files, where, done=done)
        batch, todo, staged = identify_by_name(context, batch, todo, staged)
        staging.save_staged(where, list(todo), staged)
    return batch, staged


def refine_batch(
    context: Context, batch: Batch, staged: Staged, lake: Lake, published: Mapping[str, int]
) -> PassCounts:
    """Computes and publishes the batch's facts. Run again after a kill it does the same again, and nothing twice.

    published: the versions to start from, unless the batch was started before: then it starts from the same again.
    """
    with transaction(context.engine) as connection:
        base = batches.start_batch(connection, batch, published)
    lake.start(base)
    impact = impact_of(context, batch, staged, lake)
    facts = FactBuilder(lake, context.factory, impact.neighbours, scope_of(context, batch, staged, impact, lake))

    @cache
    def accounts() -> Accounts:
        return Accounts(batch, staged, impact, facts.changes())

    def audit() -> Iterator[TableWrite]:
        accounts().counts()
        return file_writes(lake, accounts())

    def record(connection: Connection) -> Mapping[str, Any]:
        _record(connection, accounts())
        counts = accounts().counts()
        return {"files": counts.files, "rows": counts.rows, "items": counts.items}

    publish(context.engine, lake, batch, facts.writes(), audit, record)
    shutil.rmtree(staging.folder(context.factory.data, batch.id), ignore_errors=True)
    return accounts().counts()


def scope_of(context: Context, batch: Batch, staged: Staged, impact: Impact, lake: Lake) -> BatchScope:
    """The work of the batch on the touched hours. Also decodes earlier files that hold rows of these hours."""
    received = {arrival.sha256: arrival.received_at for arrival in reversed(batch.arrivals)}
    in_force = [file for file in impact.files if impact.resolution.in_force[file.sha256]]
    source_files = [_source_file(file, received[file.sha256]) for file in in_force]
    earlier = _decode_earlier_files(context, batch, staged, impact) if impact.rows_of_earlier_files else None
    parts = [staged] if earlier is None else [staged, earlier]
    _expect_values(lake, parts, impact)
    records = new_records = _records(context, lake, staged)
    if earlier is not None:
        records = stacked([records, _records(context, lake, earlier)])
        source_files += [_source_file(file, impact.known[file.sha256].received_at) for file in earlier.files]
    numbers = lake.rows({"file": "long"}, [(file.number,) for file in impact.files])
    layouts = context.factory.layouts
    return BatchScope(
        touched=impact.touched,
        records=records,
        states=_reported_states(lake, context.factory, parts, source_files, impact.touched),
        sensors=context.factory.sensors,
        source_files=tuple(source_files),
        several_files=impact.several_files,
        has_totals=any(layouts[file.layout].totals for file in source_files if file.layout in layouts),
        new_records=new_records.join(numbers, on="file", how="semi"),
        open_hours=frozenset(key for key in impact.touched if impact.hours[key].closed_by is None),
        closed_meanwhile=frozenset(impact.closed_meanwhile),
        causes=tuple(restatement_causes(batch, impact)),
        reassignments=impact.reassignments,
    )


def _expect_values(lake: Lake, parts: Iterable[Staged], impact: Impact) -> None:
    """Texts that the batch's frames have in them, as far as they are known: columns of few texts are faster."""
    products = {"unknown", *impact.neighbours.products()}
    products |= {one.to_product for one in impact.reassignments if one.to_product is not None}
    machines = {machine for machine, _ in impact.touched}
    for staged in parts:
        products |= {*staged.products}
        machines |= {file.machine for file in staged.files if file.machine}
    lake.expect_values({"machine": machines, "product": products, "quality": QUALITIES})


def _source_file(file: DecodedFile, received_at: datetime) -> SourceFile:
    records = {hour.hour: hour.records for hour in file.hours if hour.records}
    states = frozenset(hour.hour for hour in file.hours if hour.states)
    return SourceFile(
        file.number, file.sha256, file.layout or "", to_us(received_at), file.machine or "", records, states
    )


def _reported_states(
    lake: Lake, factory: Factory, parts: Iterable[Staged], files: Iterable[SourceFile], touched: Collection[Hour]
) -> Frame | None:
    """The states that these files report of touched hours."""
    if not any(layout.states for layout in factory.layouts.values()):
        return None
    paths = [path for staged in parts for path in staged.states]
    rows = (lake.read_staged(paths) if paths else lake.rows(STAGED_STATES, [])).select(*STAGED_STATES)
    reported = ((file, hour) for file in files for hour in file.states if (file.machine, hour) in touched)
    holds = [(file.number, file.sha256, hour) for file, hour in reported]
    return states.machine_states(rows, lake.rows(states.HOLDS, holds))


def _records(context: Context, lake: Lake, staged: Staged) -> Frame:
    columns = staged_columns(context.factory.sensors)
    return (lake.read_staged(staged.records) if staged.records else lake.rows(columns, [])).select(*columns)


def _decode_earlier_files(context: Context, batch: Batch, staged: Staged, impact: Impact) -> Staged:
    """Decodes files of earlier batches that hold touched hours: an hour's items come from all the files that hold it.

    Raises ConfigError `pipeline.read_otherwise` where the layout reads one otherwise than it did: rows that are lacking
    now would be withdrawn from stock.
    """
    files = [_file_to_decode(context, impact, sha256) for sha256 in impact.rows_of_earlier_files]
    where = staging.folder(context.factory.data, batch.id) / "again"
    shutil.rmtree(where, ignore_errors=True)
    earlier = context.decode(files, where, first=1 + max((file.number for file in staged.files), default=-1))
    for file, decoded in zip(files, earlier.files, strict=True):
        if file.sha256 in impact.in_backfill:
            continue
        rows = {hour.hour: hour.rows for hour in decoded.hours}
        for hour, before in impact.rows_of_earlier_files[file.sha256].items():
            if rows.get(hour, 0) != before:
                raise ConfigError(
                    "pipeline.read_otherwise",
                    file=file.name,
                    layout=impact.known[file.sha256].layout,
                    hour=iso(from_us(hour)),
                    before=before,
                    now=rows.get(hour, 0),
                )
    return earlier


def _file_to_decode(context: Context, impact: Impact, sha256: str) -> FileToDecode:
    known = impact.known[sha256]
    name, folder = min((name, folder) for machine, name, folder in known.names if machine == known.machine)
    read_as: ReadAs = str(known.layout), str(known.machine)
    if sha256 in impact.in_backfill and context.choose(name, folder).refused is None:
        read_as = None  # as it will be read, when its turn comes
    return FileToDecode(sha256, name, folder, known.size, known.received_at, read_as)


def _record(connection: Connection, accounts: Accounts) -> None:
    """The ledger's part of the batch."""
    batch, impact, changes = accounts.batch, accounts.impact, accounts.changes
    resolution = impact.resolution
    save_files(connection, resolution.files.values(), resolution.in_force)
    save_names(connection, resolution.names)
    add_covered_hours(connection, resolution.newly_covered)
    set_in_force(connection, resolution.superseded, False)
    set_in_force(connection, resolution.reinstated, True)
    save_statuses(connection, resolution.statuses)
    save_hours(connection, _hour_records(impact, impact.touched, changes))
    save_closing(connection, _hour_records(impact, impact.closed_meanwhile, changes))
    receipts.append_receipts(
        connection, [(arrival.id, arrival.sha256, accounts.receipt(arrival)) for arrival in batch.arrivals]
    )


def _hour_records(impact: Impact, hours: Collection[Hour], changes: BatchChanges) -> list[HourRecord]:
    records = []
    for key in hours:
        closing = impact.hours[key]
        counts = changes.items.get(key, 0), key in changes.with_rows
        records.append(HourRecord(*key, *counts, closing.covered, closing.closed_by, closing.withheld))
    return records
