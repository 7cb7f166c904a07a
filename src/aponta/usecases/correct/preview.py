"""Previews a change without making it: facts are built as a batch builds them, compared with the tables, and dropped;
declarations to stock are prepared in a transaction that is rolled back.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

import narwhals.stable.v2 as nw
from sqlalchemy import Connection, Engine, Row, select

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.lake import Frame, Lake, stacked
from aponta.contract.reassignment import Reassignment
from aponta.contract.stock.control import PendingQuantity
from aponta.contract.table import Kind, Table
from aponta.errors import ConfigError
from aponta.factory_calendar import from_us, hour_of, to_us
from aponta.ops.database import transaction
from aponta.ops.lock import LockHolder
from aponta.ops.stock_tables import outbox
from aponta.ops.tables import machine_hour
from aponta.pipeline import declare
from aponta.pipeline.context import at_rest
from aponta.pipeline.facts.build import FactBuilder
from aponta.pipeline.ledger import reassignments
from aponta.pipeline.ledger.hours import Hour, HourRecord
from aponta.pipeline.ledger.reassignments import RecordedReassignment
from aponta.pipeline.restate.rebuild import REPORTED, rebuild_hours
from aponta.pipeline.restate.restatement import AT_ONCE_HOURS, AT_ONCE_ITEMS
from aponta.refine.gold import production, restatements
from aponta.refine.silver import items
from aponta.ship.outbox.prepare import Fact
from aponta.usecases.correct import reassign
from aponta.usecases.read.published import Published

COMPARABLE: dict[Kind, type[nw.Int64] | type[nw.Float64] | type[nw.String] | type[nw.Boolean]] = {
    "string": nw.String,
    "date": nw.String,
    "long": nw.Int64,
    "integer": nw.Int64,
    "timestamp": nw.Int64,
    "double": nw.Float64,
    "boolean": nw.Boolean,
}


@dataclass
class Preview:
    """The effect of a change on facts and stock, by hour: a later batch replaces an earlier one's result."""

    items_of: dict[Hour, int] = field(default_factory=dict)  # rows of silver.items that would come, go or change
    hours: set[Hour] = field(default_factory=set)  # hours whose facts would change
    records: dict[Hour, HourRecord] = field(default_factory=dict)  # hours whose counts would change, as they would be
    counts: dict[Hour, list[Fact]] = field(default_factory=dict)  # and the counts of these hours
    corrections: list[PendingQuantity] = field(default_factory=list)

    @property
    def items(self) -> int:
        return sum(self.items_of.values())

    def add(
        self,
        lake: Lake,
        facts: FactBuilder,
        records: Mapping[Hour, HourRecord],
        withheld_changes: Collection[Hour] = (),
    ) -> set[Hour]:
        """Compares the facts with the tables. Returns the hours in which they differ.

        records: the hours that this is about, as they would be. withheld_changes: hours that would be withheld from
        stock, or would be no longer, though their counts stay.
        """
        for hour in records:
            self.hours.discard(hour)
            for by_hour in (self.items_of, self.records, self.counts):
                by_hour.pop(hour, None)
        changed: set[Hour] = set(withheld_changes)
        recounted: set[Hour] = set(withheld_changes)
        for write in facts.writes():
            if write.table.name == restatements.TABLE.name:
                continue
            is_items = write.table.name == "silver.items"
            stored = lake.read(write.table, write.where)
            rows = _changed_rows(lake, write.table, stored, write.frame, items.KEY if is_items else ())
            changed |= rows.keys()
            if is_items:
                self.items_of |= {hour: count for hour, count in rows.items() if hour in records}
            if write.table.name == production.TABLE.name:
                recounted |= rows.keys() & records.keys()
        self.hours |= changed
        self.records |= {hour: records[hour] for hour in recounted}
        if recounted:
            self._add_counts(lake, facts, recounted)
        return changed

    def _add_counts(self, lake: Lake, facts: FactBuilder, hours: Collection[Hour]) -> None:
        counts = facts.production_now.group_by("machine", "product", "hour", "quality").agg(nw.sum("pieces"))
        for row in lake.collect(counts):
            hour = row["machine"], row["hour"]
            if hour in hours:
                fact = Fact(row["machine"], row["product"], from_us(row["hour"]), row["quality"], int(row["pieces"]))
                self.counts.setdefault(hour, []).append(fact)

    def add_corrections(self, factory: Factory, engine: Engine, clock: Clock) -> None:
        """Adds the declarations that stock would get for all of these hours."""
        facts = [fact for of_hour in self.counts.values() for fact in of_hour]
        self.corrections = _corrections(factory, engine, clock, self.records, facts)


def _changed_rows(lake: Lake, table: Table, stored: Frame, computed: Frame, key: Collection[str]) -> dict[Hour, int]:
    """How many rows of each hour are in only one of the two frames; rows of the same key count once."""
    columns = [column.name for column in table.columns]
    kinds = {column.name: nw.col(column.name).cast(COMPARABLE[column.kind]) for column in table.columns}
    both = [
        frame.with_columns(**kinds).select(*columns, side=nw.lit(side, nw.Int64))
        for frame, side in ((stored, 1), (computed, -1))
    ]
    changed = stacked(both).group_by(*columns).agg(side=nw.sum("side")).filter(nw.col("side") != 0)
    if key:
        changed = changed.select(*dict.fromkeys((*key, table.clock))).unique()
    counted = changed.select("machine", at=nw.col(table.clock)).group_by("machine", "at").agg(n=nw.len())
    rows_of_hour: dict[Hour, int] = {}
    for row in lake.collect(counted):
        hour = (row["machine"], hour_of(row["at"]))
        rows_of_hour[hour] = rows_of_hour.get(hour, 0) + row["n"]
    return rows_of_hour


class _RolledBack(Exception):
    pass


def _corrections(
    factory: Factory, engine: Engine, clock: Clock, records: Mapping[Hour, HourRecord], facts: list[Fact]
) -> list[PendingQuantity]:
    """Writes the outbox of these hours in a transaction that is rolled back; returns the sums of the new rows."""
    written: list[Row[tuple[object, ...]]] = []
    with suppress(_RolledBack), transaction(engine) as connection:
        before = {(row.destination, row.key) for row in _outbox_rows(connection, records)}
        declare.write_outbox(connection, factory, records, facts, clock())
        written += [row for row in _outbox_rows(connection, records) if (row.destination, row.key) not in before]
        raise _RolledBack
    sums: dict[tuple[str, str, str, str], tuple[int, Decimal]] = {}
    for row in written:
        place = (row.destination, row.stock_code, row.location, row.unit)
        pieces, quantity = sums.get(place, (0, Decimal(0)))
        sums[place] = pieces + row.pieces, quantity + row.quantity
    return [
        PendingQuantity(destination, code, location, pieces, quantity, unit)
        for (destination, code, location, unit), (pieces, quantity) in sorted(sums.items())
    ]


def _outbox_rows(connection: Connection, hours: Collection[Hour]) -> Iterator[Row[tuple[object, ...]]]:
    machines_of: dict[int, set[str]] = {}
    for machine, hour in hours:
        machines_of.setdefault(hour, set()).add(machine)
    for hour, machines in machines_of.items():
        same_hour = (outbox.c.hour == from_us(hour)) & outbox.c.machine.in_(sorted(machines))
        yield from connection.execute(select(outbox).where(same_hour)).all()


def preview_reassignment(
    factory: Factory, clock: Clock, wanted: Reassignment, wait: Callable[[LockHolder], None] | None = None
) -> Preview:
    """Previews a reassignment that comes into force after all others.

    Raises ConfigError as `reassign.check_reassignment`, and `pipeline.none_meant` where the machine has items of that
    time and the reassignment is about none of them: something was typed wrong. It may be recorded before any file of
    its time has come.
    """
    reassign.check_reassignment(factory, wanted)
    with at_rest(factory, clock, wait) as (engine, lake):
        with transaction(engine) as connection:
            in_force = reassignments.reassignments_in_force(connection, [wanted.machine]).get(wanted.machine, ())
        last = max((each.number for each in in_force), default=0)
        preview = _preview_machine(factory, engine, lake, clock, wanted, (*in_force, replace(wanted, number=last + 1)))
    times = (from_us(wanted.since), from_us(wanted.until))
    rows = Published(factory).rows(_ITEMS_OF_TIME, wanted.machine, *times) if not preview.items else []
    if rows:
        items_of_time = ", ".join(f"{row['product']} {row['quality']} ({row['n']})" for row in rows)
        raise ConfigError("pipeline.none_meant", machine=wanted.machine, made=items_of_time)
    return preview


_ITEMS_OF_TIME = """
SELECT product, coalesce(quality, '-') AS quality, count(*) AS n FROM silver.items
WHERE machine = ?1 AND produced_at >= ?2 AND produced_at < ?3 GROUP BY ALL ORDER BY ALL"""


def preview_undo(
    factory: Factory, clock: Clock, number: int, wait: Callable[[LockHolder], None] | None = None
) -> tuple[RecordedReassignment, Preview]:
    """Previews that a reassignment is taken back. Raises ConfigError as `reassign.reassignment_to_undo`."""
    with at_rest(factory, clock, wait) as (engine, lake):
        with transaction(engine) as connection:
            recorded = reassign.reassignment_to_undo(connection, number)
            machine = recorded.what.machine
            in_force = reassignments.reassignments_in_force(connection, [machine])[machine]
        remaining = tuple(each for each in in_force if each.number != number)
        return recorded, _preview_machine(factory, engine, lake, clock, recorded.what, remaining)


def _preview_machine(
    factory: Factory,
    engine: Engine,
    lake: Lake,
    clock: Clock,
    changed: Reassignment,
    in_force: tuple[Reassignment, ...],
) -> Preview:
    """Previews the hours of the changed reassignment with those that would be in force."""
    preview, versions = Preview(), lake.versions()
    machine = changed.machine
    if machine not in factory.machines:
        return preview  # facts of a machine that is no longer in machines.csv stay as they are
    with transaction(engine) as connection:
        chunks = list(_chunks(connection, changed))
    for first, last in chunks:
        lake.start(versions)
        with transaction(engine) as connection:
            rebuilt = rebuild_hours(connection, factory, lake, {machine: (first, last)}, {machine: in_force})
        preview.add(lake, rebuilt.facts, {(record.machine, record.hour): record for record in rebuilt.hours})
    preview.add_corrections(factory, engine, clock)
    return preview


def _chunks(connection: Connection, changed: Reassignment) -> Iterator[tuple[int, int]]:
    """First and last hour of each chunk that a batch may restate at once."""
    within = machine_hour.c.hour.between(from_us(hour_of(changed.since)), from_us(hour_of(changed.until - 1)))
    reported = REPORTED & (machine_hour.c.machine == changed.machine) & within
    rows = connection.execute(select(machine_hour.c.hour, machine_hour.c["items"]).where(reported).order_by("hour"))
    hours: list[int] = []
    count = 0
    for hour, items_of_hour in rows.all():
        if hours and (count + items_of_hour > AT_ONCE_ITEMS or len(hours) == AT_ONCE_HOURS):
            yield hours[0], hours[-1]
            hours, count = [], 0
        hours.append(to_us(hour))
        count += items_of_hour
    if hours:
        yield hours[0], hours[-1]
