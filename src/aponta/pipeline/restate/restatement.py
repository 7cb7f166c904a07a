"""Restatement: facts computed again from the known items, where the calendar or another input of theirs has changed.

`detect_changes` comes before a pass computes anything: it records which hours may rest on something older, so that no
kill can make that forgotten. `plan_restatement` and `restate` then work these hours off, oldest first, in batches.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, delete, exists, func, insert, select, update

from aponta.config import Factory
from aponta.contract.lake import Frame, Lake
from aponta.errors import ContractError
from aponta.factory_calendar import HOUR_US, from_us, hour_of, to_us
from aponta.ops.database import transaction
from aponta.ops.tables import batch as batch_table
from aponta.ops.tables import machine_hour, machine_inputs
from aponta.pipeline.context import NEVER_BEFORE, Context
from aponta.pipeline.facts.scope import TableWrite
from aponta.pipeline.ledger import batches, reassignments
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.hours import mark_stock_pending
from aponta.pipeline.publish import publish
from aponta.pipeline.restate.inputs import MachineInputs, Since, changes, machine_inputs_of
from aponta.pipeline.restate.rebuild import REPORTED, rebuild_hours
from aponta.refine.gold import production, restated_hours

AT_ONCE_ITEMS = 800_000  # about what a batch of files may bring: memory is bounded by the batch, whatever waits
AT_ONCE_HOURS = 500
COUNTS = {"reassigned", "totals", "unknown"}  # causes by which counts may change, and stock with them


@dataclass(frozen=True)
class RecordedInputs:
    """A machine's row of the table `machine_inputs`."""

    machine: str
    revision: int
    content: str
    restate_from: datetime | None
    restate_until: datetime | None  # before this; None: to the last hour
    causes: tuple[str, ...]


@dataclass(frozen=True)
class HoursToRestate:
    """Hours of a machine that were restated, or are to be."""

    machine: str
    hours: int
    # unknown, timezone, calendar, ideal_cycles, limits, restart_below, rollover, totals, reassigned
    causes: tuple[str, ...]


def detect_changes(factory: Factory, engine: Engine, now: datetime, lake: Callable[[], Lake]) -> None:
    """Records the inputs that the machines' facts rest on from now on, and which hours rest on older ones."""
    changed = _examine(factory, engine, now, lake)
    if changed:
        with transaction(engine) as connection:
            connection.execute(
                delete(machine_inputs).where(machine_inputs.c.machine.in_([one.machine for one in changed]))
            )
            connection.execute(insert(machine_inputs), [{**vars(one), "causes": list(one.causes)} for one in changed])


def pending_restatements(
    factory: Factory, engine: Engine, now: datetime, lake: Callable[[], Lake]
) -> list[HoursToRestate]:
    """The hours that a pass would restate now. Writes nothing."""
    changed = {one.machine: one for one in _examine(factory, engine, now, lake)}
    with transaction(engine) as connection:
        return _pending(connection, factory, {**_recorded_inputs(connection), **changed}.values())


def pending_hours(connection: Connection, factory: Factory) -> int:
    """Number of hours that `detect_changes` left to be restated."""
    return sum(one.hours for one in _pending(connection, factory, _recorded_inputs(connection).values()))


def _pending(connection: Connection, factory: Factory, inputs: Iterable[RecordedInputs]) -> list[HoursToRestate]:
    found = []
    for one in inputs:
        if one.restate_from is not None and one.machine in factory.machines:
            due = REPORTED & (machine_hour.c.machine == one.machine) & (machine_hour.c.hour >= one.restate_from)
            if one.restate_until is not None:
                due &= machine_hour.c.hour < one.restate_until
            hours = connection.scalars(select(func.count()).select_from(machine_hour).where(due)).one()
            if hours:
                found.append(HoursToRestate(one.machine, hours, one.causes))
    return found


def _examine(factory: Factory, engine: Engine, now: datetime, lake: Callable[[], Lake]) -> list[RecordedInputs]:
    """The rows of `machine_inputs` to write: those that differ from the configuration."""
    with transaction(engine) as connection:
        recorded = _recorded_inputs(connection)
        reported = _reported(connection)
        reassigned = reassignments.reassignments_in_force(connection)
        # The ledger does not know yet for which hours an interrupted batch has written: any hour may be one.
        unsure = batches.has_interrupted_batch(connection)
    anywhere = (hour_of(to_us(NEVER_BEFORE)), hour_of(to_us(now + timedelta(days=1))))
    made = cache(lambda: _products_made(lake()))
    found = []
    for machine, new in machine_inputs_of(factory, now, reassigned).items():
        content = new.model_dump_json()
        old = recorded.get(machine)
        hours = anywhere if unsure else reported.get(machine)
        if old is None:
            since = from_us(hours[0]) if hours and machine in reported else None
            found.append(RecordedInputs(machine, 1, content, since, None, ("unknown",) if since else ()))
        elif old.content != content:
            causes = _causes(machine, old.content, new, hours, made if not unsure else lambda: None) if hours else {}
            changed = replace(old, content=content)
            if causes:
                changed = replace(changed, revision=old.revision + 1, **_due(old, causes))
            found.append(changed)
    return found


def _due(old: RecordedInputs, causes: Mapping[str, Since]) -> dict[str, Any]:
    """The hours that may rest on older inputs now: those that already did, and those of these causes."""
    since = from_us(hour_of(min(first for first, _ in causes.values())))
    ends = [None if until is None else from_us(until) for _, until in causes.values()]
    if old.restate_from is not None:
        since = min(since, old.restate_from)
        ends.append(old.restate_until)
    known = [end for end in ends if end is not None]
    until = max(known) if len(known) == len(ends) else None
    return {"restate_from": since, "restate_until": until, "causes": tuple(sorted({*old.causes, *causes}))}


def _causes(
    machine: str,
    old: str,
    new: MachineInputs,
    hours: tuple[int, int],
    made: Callable[[], Mapping[str, Collection[str]] | None],
) -> Mapping[str, Since]:
    try:
        before = MachineInputs.model_validate_json(old)
    except ValidationError:  # written by another version of aponta
        return {"unknown": (hours[0], None)}
    products = made() if before.ideal_cycles != new.ideal_cycles else {}
    return changes(machine, before, new, hours, None if products is None else products.get(machine, ()))


def _products_made(lake: Lake) -> Mapping[str, Collection[str]]:
    """machine -> the products it has made."""
    found: dict[str, set[str]] = {}
    for row in lake.collect(lake.read(production.TABLE, None, ["machine", "product"]).unique()):
        found.setdefault(row["machine"], set()).add(row["product"])
    return found


def _recorded_inputs(connection: Connection) -> dict[str, RecordedInputs]:
    rows = connection.execute(select(machine_inputs).order_by(machine_inputs.c.machine))
    return {
        row.machine: RecordedInputs(
            row.machine, row.revision, row.content, row.restate_from, row.restate_until, tuple(row.causes)
        )
        for row in rows
    }


def _reported(connection: Connection) -> dict[str, tuple[int, int]]:
    """The first and the last hour of each machine that has any."""
    hour = machine_hour.c.hour
    ends = select(machine_hour.c.machine, func.min(hour), func.max(hour)).where(REPORTED)
    rows = connection.execute(ends.group_by(machine_hour.c.machine))
    return {machine: (to_us(first), to_us(last)) for machine, first, last in rows}


def plan_restatement(connection: Connection, factory: Factory, now: datetime) -> Batch | None:
    """The next hours to restate, oldest first, as many as fit a batch. None when there are none, or while a batch is
    unfinished: batches end in the order of their numbers.
    """
    if batches.unfinished_batches(connection):
        return None
    until = machine_inputs.c.restate_until
    waiting = (
        (machine_hour.c.machine == machine_inputs.c.machine)
        & (machine_hour.c.hour >= machine_inputs.c.restate_from)
        & (until.is_(None) | (machine_hour.c.hour < until))
    )
    done = machine_inputs.c.restate_from.is_not(None) & ~exists().where(waiting, REPORTED)
    connection.execute(update(machine_inputs).where(done).values(restate_from=None, restate_until=None, causes=[]))
    ours = machine_inputs.c.machine.in_(
        list(factory.machines)
    )  # machines that are no longer in machines.csv stay as they are
    hours = (
        select(machine_hour.c.machine, machine_hour.c.hour, machine_hour.c["items"], machine_inputs.c.revision)
        .join(machine_inputs, waiting)
        .where(REPORTED, ours)
        .order_by(machine_hour.c.hour, machine_hour.c.machine)
        .limit(AT_ONCE_HOURS)
    )
    chosen: dict[str, list[int]] = {}
    count = 0
    for machine, hour, of_hour, revision in connection.execute(hours):
        count += of_hour
        if chosen and count > AT_ONCE_ITEMS:
            break
        chosen.setdefault(machine, [to_us(hour), to_us(hour), revision])[1] = to_us(hour)
    if not chosen:
        return None
    number = connection.execute(insert(batch_table).values(started_at=now, restates=chosen)).inserted_primary_key
    assert number is not None
    return Batch(number[0], now, None, (), chosen)


def restate(context: Context, batch: Batch, lake: Lake, published: Mapping[str, int]) -> list[HoursToRestate]:
    """Computes the batch's hours again and publishes them. Run again after a kill it does the same again."""
    spans = {machine: span for machine, span in (batch.restates or {}).items() if machine in context.factory.machines}
    with transaction(context.engine) as connection:
        lake.start(batches.start_batch(connection, batch, published))
        causes = {machine: one.causes for machine, one in _recorded_inputs(connection).items()}
        why = _causes_of_counts(connection, causes, spans), to_us(batch.started_at), batch.id
        ends = {machine: (first, last) for machine, (first, last, _) in spans.items()}
        in_force = reassignments.reassignments_in_force(connection, spans)
        rebuilt = rebuild_hours(connection, context.factory, lake, ends, in_force, why)
    done = [HoursToRestate(name, sum(one.machine == name for one in rebuilt.hours), causes[name]) for name in spans]

    def audit() -> Iterator[TableWrite]:
        before, now = sum(one.items for one in rebuilt.hours), sum(rebuilt.facts.changes().items.values())
        if before != now:
            raise ContractError("pipeline.items_differ", before=before, new=0, now=now)
        return iter([TableWrite(restated_hours.TABLE, _restated_rows(lake, batch, rebuilt.touched, causes), None)])

    def record(connection: Connection) -> Mapping[str, Any]:
        for machine, (_, last, revision) in spans.items():
            same = (machine_inputs.c.machine == machine) & (machine_inputs.c.revision == revision)
            connection.execute(update(machine_inputs).where(same).values(restate_from=from_us(last + HOUR_US)))
        mark_stock_pending(connection, [hour for hour in rebuilt.touched if COUNTS & {*causes[hour[0]]}])
        return {"restated": {one.machine: one.hours for one in done}}

    publish(context.engine, lake, batch, rebuilt.facts.writes(), audit, record)
    return done


def _causes_of_counts(
    connection: Connection, causes: Mapping[str, Collection[str]], spans: Mapping[str, list[int]]
) -> dict[tuple[str, int], str]:
    """The hours whose counts may change, and why: all where the rules of running totals changed, reassigned ones where
    that is among the causes. Other causes change no count.
    """
    of_totals = {
        (machine, hour): "totals"
        for machine, (first, last, _) in spans.items()
        if "totals" in causes[machine]
        for hour in range(first, last + HOUR_US, HOUR_US)
    }
    return of_totals | {
        (machine, hour): "reassigned"
        for machine, (first, last, _) in spans.items()
        if COUNTS & {*causes[machine]}
        for one in reassignments.recorded_reassignments(connection, machine)
        for hour in range(hour_of(one.what.since), one.what.until, HOUR_US)
        if first <= hour <= last
    }


def _restated_rows(
    lake: Lake, batch: Batch, hours: Iterable[tuple[str, int]], causes: Mapping[str, Collection[str]]
) -> Frame:
    schema = {column.name: column.kind for column in restated_hours.TABLE.columns}
    at = to_us(batch.started_at)
    return lake.rows(schema, [(machine, hour, ",".join(causes[machine]), at, batch.id) for machine, hour in hours])
