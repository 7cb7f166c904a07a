"""One batch: files that came -> every table they change, published together."""

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from aponta.config import Factory
from aponta.contract.decoded import STAGED_REFUSED, STAGED_STATES, DecodedFile, Staged, staged_columns
from aponta.contract.lake import Frame, Lake, Values, stacked
from aponta.contract.layout import QUALITIES
from aponta.contract.table import Kind, Table
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, iso, to_us
from aponta.ops.database import transaction
from aponta.pipeline import staging
from aponta.pipeline.context import Context, FileToDecode, ReadAs
from aponta.pipeline.facts.build import FactBuilder
from aponta.pipeline.facts.scope import BatchChanges, BatchScope, SourceFile
from aponta.pipeline.files.accounting import Accounts, PassCounts
from aponta.pipeline.files.impact import Impact, impact_of
from aponta.pipeline.files.recordless import identify_by_name
from aponta.pipeline.files.versions import files_to_decode
from aponta.pipeline.ledger import batches, receipts
from aponta.pipeline.ledger.arrivals import save_statuses
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.files import add_covered_hours, known_files, save_files, save_names, set_in_force
from aponta.pipeline.ledger.hours import Hour, HourRecord, save_closing, save_hours
from aponta.refine.silver import files, quarantine, states

OF_FILE: dict[str, Kind] = {
    "number": "long",
    "file_sha256": "string",
    "name": "string",
    "machine": "string",
    "status": "string",
    "received_at": "long",
}


def stage_batch(place: Context, batch: Batch, done: Callable[[int], None] = lambda count: None) -> tuple[Batch, Staged]:
    """The batch's files decoded, or what an earlier run of this step left; and the batch, its files without a record
    told apart.
    """
    with transaction(place.engine) as connection:
        known = known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
    todo = files_to_decode(batch.arrivals, place.choices(batch.arrivals, known), known)
    where = staging.folder(place.factory.data, batch.id)
    staged = staging.load_staged(where, list(todo))
    if staged is None:
        shutil.rmtree(where, ignore_errors=True)
        named = [
            FileToDecode(one.sha256, one.name, one.folder, one.size, one.received_at, place.read_as(one, known))
            for one in todo.values()
        ]
        staged = place.decode(named, where, done=done)
        batch, todo, staged = identify_by_name(place, batch, todo, staged)
        staging.save_staged(where, list(todo), staged)
    return batch, staged


def refine_batch(place: Context, batch: Batch, staged: Staged, lake: Lake, published: Mapping[str, int]) -> PassCounts:
    """Makes and publishes the batch's facts. Run again after a kill it does the same again, and nothing twice.

    published: the versions to start from, unless the batch was started before: then it starts from the same again.
    """
    with transaction(place.engine) as connection:
        base = batches.start_batch(connection, batch, published)
    lake.start(base)
    understood = impact_of(place, batch, staged, lake)
    facts = FactBuilder(lake, place.factory, understood.neighbours, scope_of(place, batch, staged, understood, lake))
    begun = [lake.prepare(one.table, one.frame, one.where, batch.id, proven=one.proven) for one in facts.writes()]
    accounts = Accounts(batch, staged, understood, facts.changes())
    counts = accounts.counts()
    for commit in begun:
        commit()
    _write_files(lake, accounts)
    lake.flush()
    _finish(place, lake, accounts, counts)
    shutil.rmtree(staging.folder(place.factory.data, batch.id), ignore_errors=True)
    return counts


def scope_of(place: Context, batch: Batch, staged: Staged, understood: Impact, lake: Lake) -> BatchScope:
    """What the batch has to do with its hours. Decodes files of earlier batches that hold these too."""
    settled, touched = understood.resolution, understood.touched
    received = {arrival.sha256: arrival.received_at for arrival in reversed(batch.arrivals)}
    holders = [_source_file(file, received[file.sha256]) for file in understood.files if settled.in_force[file.sha256]]
    again = _decode_again(place, batch, staged, understood) if understood.rows_of_earlier_files else None
    products = {*staged.products, *(again.products if again else ()), *understood.neighbours.products(), "unknown"}
    products |= {one.to_product for one in understood.reassignments if one.to_product is not None}
    machines = {machine for machine, _ in touched} | {file.machine for file in staged.files if file.machine}
    lake.expect_values({"machine": machines, "product": products, "quality": QUALITIES})
    records = new_records = _records(place, lake, staged)
    if again is not None:
        records = stacked([records, _records(place, lake, again)])
        holders += [_source_file(file, understood.known[file.sha256].received_at) for file in again.files]
    claims = [(file.machine, hour.hour) for file in understood.files for hour in file.hours if hour.records]
    repeated = any(file.repeated for file in understood.files)
    mine = lake.rows({"file": "long"}, [(file.number,) for file in understood.files])
    return BatchScope(
        touched=touched,
        records=records,
        states=_reported_states(lake, place.factory, [staged, *([again] if again else ())], holders, touched),
        sensors=place.factory.sensors,
        source_files=tuple(holders),
        several_files=bool(
            understood.rows_of_earlier_files or settled.superseded or settled.reread or settled.reinstated
        )
        or repeated
        or len(set(claims)) < len(claims),
        has_totals=any(
            place.factory.layouts[file.layout].totals for file in holders if file.layout in place.factory.layouts
        ),
        new_records=new_records.join(mine, on="file", how="semi"),
        open_hours=frozenset(key for key in touched if understood.hours[key].closed_by is None),
        closed_meanwhile=frozenset(understood.closed_meanwhile),
        causes=tuple(_restatement_causes(batch, understood)),
        reassignments=understood.reassignments,
    )


def _source_file(file: DecodedFile, received_at: datetime) -> SourceFile:
    records = {hour.hour: hour.records for hour in file.hours if hour.records}
    states = frozenset(hour.hour for hour in file.hours if hour.states)
    return SourceFile(
        file.number, file.sha256, file.layout or "", to_us(received_at), file.machine or "", records, states
    )


def _reported_states(
    lake: Lake, factory: Factory, parts: Iterable[Staged], holders: Iterable[SourceFile], touched: Collection[Hour]
) -> Frame | None:
    """The states that the holders tell of touched hours."""
    if not any(layout.states for layout in factory.layouts.values()):
        return None
    paths = [path for staged in parts for path in staged.states]
    rows = (lake.read_staged(paths) if paths else lake.rows(STAGED_STATES, [])).select(*STAGED_STATES)
    told = ((file, hour) for file in holders for hour in file.states if (file.machine, hour) in touched)
    holds = [(file.number, file.sha256, hour) for file, hour in told]
    return states.states(rows, lake.rows(states.HOLDS, holds))


def _records(place: Context, lake: Lake, staged: Staged) -> Frame:
    columns = staged_columns(place.factory.sensors)
    return (lake.read_staged(staged.records) if staged.records else lake.rows(columns, [])).select(*columns)


def _decode_again(place: Context, batch: Batch, staged: Staged, understood: Impact) -> Staged:
    """Files of earlier batches that hold touched hours: an hour's items are made from all the files that hold it."""
    named = []
    for sha256 in understood.rows_of_earlier_files:
        known = understood.known[sha256]
        name, folder = min((name, folder) for machine, name, folder in known.names if machine == known.machine)
        read_as: ReadAs = str(known.layout), str(known.machine)
        if sha256 in understood.in_backfill and place.choose(name, folder).refused is None:
            read_as = None  # as it will be, when its turn comes
        named.append(FileToDecode(sha256, name, folder, known.size, known.received_at, read_as))
    where = staging.folder(place.factory.data, batch.id) / "again"
    shutil.rmtree(where, ignore_errors=True)
    again = place.decode(named, where, first=1 + max((file.number for file in staged.files), default=-1))
    for one, file in zip(named, again.files, strict=True):
        now = {hour.hour: hour.rows for hour in file.hours}
        for hour, before in understood.rows_of_earlier_files[one.sha256].items():
            if (
                now.get(hour, 0) != before and one.sha256 not in understood.in_backfill
            ):  # or what is lacking would be withdrawn from stock
                raise ConfigError(
                    "pipeline.read_otherwise",
                    file=one.name,
                    layout=understood.known[one.sha256].layout,
                    hour=iso(from_us(hour)),
                    before=before,
                    now=now.get(hour, 0),
                )
    return again


def _restatement_causes(batch: Batch, understood: Impact) -> Iterable[tuple[Any, ...]]:
    """Why facts that were told before change: restatements.CAUSES."""
    settled = understood.resolution
    for machine, hour in understood.touched:
        if not understood.neighbours.was_final(machine, hour):
            continue
        origin = understood.carried_into.get((machine, hour), (machine, hour))
        before = understood.neighbours.before_batch.get(origin)
        bringing = [
            arrival
            for arrival in batch.arrivals
            if (file := settled.files.get(arrival.sha256)) is not None
            and file.machine == machine
            and any(one.hour == origin[1] for one in file.hours)
        ]
        versions = [arrival for arrival in bringing if settled.statuses[arrival.id] == "version"]
        retried = [arrival for arrival in bringing if settled.statuses[arrival.id] == "retried"]
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


def _write_files(lake: Lake, accounts: Accounts) -> None:
    batch, settled = accounts.batch, accounts.impact.resolution
    rows = [accounts.file_row(arrival) for arrival in batch.arrivals]
    where = None
    others = settled.superseded | settled.reread | settled.reinstated
    if others:
        old = lake.collect(lake.read(files.TABLE, Values("file_sha256", tuple(sorted(others)))))
        last = {row["file_sha256"]: row["arrival"] for row in sorted(old, key=lambda row: int(row["arrival"]))}
        back = {last[sha256] for sha256 in settled.reinstated}
        rows += [{**row, "in_force": row["arrival"] in back} for row in old]
        where = Values("arrival", tuple(row["arrival"] for row in rows))
    if rows:
        lake.replace(files.TABLE, _frame(lake, files.TABLE, rows), where, batch.id)
    refused = list(accounts.refused_rows())
    large = _quarantine_of_large_files(lake, accounts)
    where = None
    solved = _solved_files(accounts)
    if solved:
        old = lake.collect(lake.read(quarantine.TABLE, Values("file_sha256", tuple(sorted(solved)))))
        again = large.join(
            lake.rows({"file_sha256": "string"}, [(one,) for one in solved]), on="file_sha256", how="semi"
        )
        anew = {(row["file_sha256"], row["row_no"]) for row in (*refused, *lake.collect(again))}
        refused += [
            {**row, "status": "open" if row["file_sha256"] in settled.reinstated else "solved"}
            for row in old
            if (row["file_sha256"], row["row_no"]) not in anew
        ]
        where = Values("file_sha256", tuple(sorted(solved | {row["file_sha256"] for row in accounts.quarantining()})))
    if refused or accounts.staged.refused_rows:
        frame = _frame(lake, quarantine.TABLE, refused)
        lake.replace(quarantine.TABLE, stacked([frame, large]), where, batch.id)


def _quarantine_of_large_files(lake: Lake, accounts: Accounts) -> Frame:
    """Their rows of silver.quarantine: as many as may be, never held here."""
    paths = accounts.staged.refused_rows
    rows = (lake.read_staged(paths) if paths else lake.rows(STAGED_REFUSED, [])).select(*STAGED_REFUSED)
    files = [[row[name] for name in OF_FILE] for row in accounts.quarantining()]
    beside = lake.rows(OF_FILE, files).rename({"number": "file"})
    return rows.join(beside, on="file", how="inner").select(*(column.name for column in quarantine.TABLE.columns))


def _solved_files(accounts: Accounts) -> set[str]:
    """Files known before whose quarantine ends, or begins again: a better version came, or is none any more, or the
    refused bytes under their right name.
    """
    settled, known = accounts.impact.resolution, accounts.impact.known
    return settled.superseded | settled.reinstated | {sha256 for sha256 in settled.files if sha256 in known}


def _frame(lake: Lake, table: Table, rows: Iterable[Mapping[str, Any]]) -> Frame:
    schema = {column.name: column.kind for column in table.columns}
    return lake.rows(schema, [[row[name] for name in schema] for row in rows])


def _finish(place: Context, lake: Lake, accounts: Accounts, counts: PassCounts) -> None:
    """The ledger's part of the batch, in one transaction; then readers are told."""
    batch, understood, made = accounts.batch, accounts.impact, accounts.changes
    settled = understood.resolution
    with transaction(place.engine) as connection:
        save_files(connection, settled.files.values(), settled.in_force)
        save_names(connection, settled.names)
        add_covered_hours(connection, settled.newly_covered)
        set_in_force(connection, settled.superseded, False)
        set_in_force(connection, settled.reinstated, True)
        save_statuses(connection, settled.statuses)
        save_hours(connection, _hour_records(understood, understood.touched, made))
        save_closing(connection, _hour_records(understood, understood.closed_meanwhile, made))
        receipts.append_receipts(connection, [(one.id, one.sha256, accounts.receipt(one)) for one in batch.arrivals])
        summary = {"files": counts.files, "rows": counts.rows, "items": counts.items}
        batches.finish_batch(connection, batch, lake.versions(), summary, from_us(to_us(batch.started_at)))
    lake.publish(batch.id)


def _hour_records(understood: Impact, hours: Collection[Hour], made: BatchChanges) -> list[HourRecord]:
    found = []
    for key in hours:
        facts = understood.hours[key]
        counts = made.items.get(key, 0), key in made.with_rows
        found.append(HourRecord(*key, *counts, facts.covered, facts.closed_by, facts.withheld))
    return found
