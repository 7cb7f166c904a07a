"""What a change would do, without doing it: facts are made as a batch makes them, held against the tables, and thrown
away; what stock would be told is prepared in a transaction that is taken back.
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

PLAIN: dict[Kind, type[nw.Int64] | type[nw.Float64] | type[nw.String] | type[nw.Boolean]] = {
    "string": nw.String,
    "date": nw.String,
    "long": nw.Int64,
    "integer": nw.Int64,
    "timestamp": nw.Int64,
    "double": nw.Float64,
    "boolean": nw.Boolean,
}


@dataclass
class Rehearsed:
    """By hour, so that what a later batch says of one takes the place of what an earlier one said.

    hours: whose facts would change. told: those whose counts would, as they would stand; facts: of these.
    """

    items_of: dict[Hour, int] = field(default_factory=dict)  # rows of silver.items that would come, go or be others
    hours: set[Hour] = field(default_factory=set)
    told: dict[Hour, HourRecord] = field(default_factory=dict)
    facts: dict[Hour, list[Fact]] = field(default_factory=dict)
    corrections: list[PendingQuantity] = field(default_factory=list)

    @property
    def items(self) -> int:
        return sum(self.items_of.values())

    def add(
        self, lake: Lake, facts: FactBuilder, states: Mapping[Hour, HourRecord], otherwise: Collection[Hour] = ()
    ) -> set[Hour]:
        """What the facts differ by from the tables. Returns the hours in which they do.

        states: of the hours that this is about, as they would be. otherwise: those of which stock would be told
        otherwise though their counts stay.
        """
        for hour in states:
            self.hours.discard(hour)
            for kept in (self.items_of, self.told, self.facts):
                kept.pop(hour, None)
        changed: set[Hour] = set(otherwise)
        counts: set[Hour] = set(otherwise)
        for write in facts.writes():
            if write.table.name == restatements.TABLE.name:
                continue
            is_items = write.table.name == "silver.items"
            old = lake.read(write.table, write.where)
            found = _differing(lake, write.table, old, write.frame, items.KEY if is_items else ())
            changed |= found.keys()
            if is_items:
                self.items_of |= {hour: n for hour, n in found.items() if hour in states}
            if write.table.name == production.TABLE.name:
                counts |= found.keys() & states.keys()
        self.hours |= changed
        self.told |= {hour: states[hour] for hour in counts}
        rows = facts.production_now.group_by("machine", "product", "hour", "quality").agg(nw.sum("pieces"))
        for row in lake.collect(rows) if counts else ():
            if (row["machine"], row["hour"]) in counts:
                fact = Fact(row["machine"], row["product"], from_us(row["hour"]), row["quality"], int(row["pieces"]))
                self.facts.setdefault((row["machine"], row["hour"]), []).append(fact)
        return changed

    def tell(self, factory: Factory, engine: Engine, clock: Clock) -> None:
        """What stock would be told of it all."""
        facts = [fact for of_hour in self.facts.values() for fact in of_hour]
        self.corrections = _corrections(factory, engine, clock, self.told, facts)


def _differing(lake: Lake, table: Table, old: Frame, new: Frame, key: Collection[str]) -> dict[Hour, int]:
    """(machine, hour) -> how many rows there are in only one of the two; those of one key count as one."""
    columns = [column.name for column in table.columns]
    kinds = {column.name: nw.col(column.name).cast(PLAIN[column.kind]) for column in table.columns}
    both = [
        frame.with_columns(**kinds).select(*columns, side=nw.lit(side, nw.Int64))
        for frame, side in ((old, 1), (new, -1))
    ]
    differ = stacked(both).group_by(*columns).agg(side=nw.sum("side")).filter(nw.col("side") != 0)
    if key:
        differ = differ.select(*dict.fromkeys((*key, table.clock))).unique()
    counted = differ.select("machine", at=nw.col(table.clock)).group_by("machine", "at").agg(n=nw.len())
    found: dict[Hour, int] = {}
    for row in lake.collect(counted):
        at = (row["machine"], hour_of(row["at"]))
        found[at] = found.get(at, 0) + row["n"]
    return found


class _TakenBack(Exception):
    pass


def _corrections(
    factory: Factory, engine: Engine, clock: Clock, hours: Mapping[Hour, HourRecord], facts: list[Fact]
) -> list[PendingQuantity]:
    written: list[Row[tuple[object, ...]]] = []
    with suppress(_TakenBack), transaction(engine) as connection:
        before = {(row.destination, row.key) for row in _declared(connection, hours)}
        declare.write_outbox(connection, factory, hours, facts, clock())
        written += [row for row in _declared(connection, hours) if (row.destination, row.key) not in before]
        raise _TakenBack
    summed: dict[tuple[str, str, str, str], tuple[int, Decimal]] = {}
    for row in written:
        place = (row.destination, row.stock_code, row.location, row.unit)
        pieces, quantity = summed.get(place, (0, Decimal(0)))
        summed[place] = pieces + row.pieces, quantity + row.quantity
    return [
        PendingQuantity(destination, code, location, pieces, quantity, unit)
        for (destination, code, location, unit), (pieces, quantity) in sorted(summed.items())
    ]


def _declared(connection: Connection, hours: Collection[Hour]) -> Iterator[Row[tuple[object, ...]]]:
    by_hour: dict[int, set[str]] = {}
    for machine, hour in hours:
        by_hour.setdefault(hour, set()).add(machine)
    for hour, machines in by_hour.items():
        same = (outbox.c.hour == from_us(hour)) & outbox.c.machine.in_(sorted(machines))
        yield from connection.execute(select(outbox).where(same)).all()


def reassignment(
    factory: Factory, clock: Clock, wanted: Reassignment, wait: Callable[[LockHolder], None] | None = None
) -> Rehearsed:
    """What it would do if it were put in force after those that are. Raises ConfigError as `reassigning.checked`, and
    `pipeline.none_meant` where there are items of that time and it is about none: something was typed wrong. Of a time
    of which no file has come it may be known already.
    """
    reassign.checked(factory, wanted)
    with at_rest(factory, clock, wait) as (engine, lake):
        with transaction(engine) as connection:
            there = reassignments.reassignments_in_force(connection, [wanted.machine]).get(wanted.machine, ())
        last = max((one.number for one in there), default=0)
        after = (*there, replace(wanted, number=last + 1))
        found = _reassigned(factory, engine, lake, clock, wanted, after)
    moments = (from_us(wanted.since), from_us(wanted.until))
    made = Published(factory).rows(_THERE, wanted.machine, *moments) if not found.items else []
    if made:
        told = ", ".join(f"{row['product']} {row['quality']} ({row['n']})" for row in made)
        raise ConfigError("pipeline.none_meant", machine=wanted.machine, made=told)
    return found


_THERE = """
SELECT product, coalesce(quality, '-') AS quality, count(*) AS n FROM silver.items
WHERE machine = ?1 AND produced_at >= ?2 AND produced_at < ?3 GROUP BY ALL ORDER BY ALL"""


def undoing(
    factory: Factory, clock: Clock, number: int, wait: Callable[[LockHolder], None] | None = None
) -> tuple[RecordedReassignment, Rehearsed]:
    """What taking it back would do. Raises ConfigError as `reassigning.to_undo`."""
    with at_rest(factory, clock, wait) as (engine, lake):
        with transaction(engine) as connection:
            one = reassign.to_undo(connection, number)
            there = reassignments.reassignments_in_force(connection, [one.what.machine])[one.what.machine]
        left = tuple(other for other in there if other.number != number)
        return one, _reassigned(factory, engine, lake, clock, one.what, left)


def _reassigned(
    factory: Factory,
    engine: Engine,
    lake: Lake,
    clock: Clock,
    what: Reassignment,
    after: tuple[Reassignment, ...],
) -> Rehearsed:
    found, versions = Rehearsed(), lake.versions()
    if what.machine not in factory.machines:
        return found  # what is no longer in machines.csv stays as it was told
    with transaction(engine) as connection:
        chunks = list(_chunks(connection, what))
    for first, last in chunks:
        lake.start(versions)
        with transaction(engine) as connection:
            anew = rebuild_hours(connection, factory, lake, {what.machine: (first, last)}, {what.machine: after})
        found.add(lake, anew.facts, {(one.machine, one.hour): one for one in anew.hours})
    found.tell(factory, engine, clock)
    return found


def _chunks(connection: Connection, what: Reassignment) -> Iterator[tuple[int, int]]:
    """First and last hour of what a batch may restate at once."""
    within = machine_hour.c.hour.between(from_us(hour_of(what.since)), from_us(hour_of(what.until - 1)))
    mine = REPORTED & (machine_hour.c.machine == what.machine) & within
    rows = connection.execute(select(machine_hour.c.hour, machine_hour.c["items"]).where(mine).order_by("hour"))
    group: list[int] = []
    count = 0
    for hour, of_hour in rows.all():
        if group and (count + of_hour > AT_ONCE_ITEMS or len(group) == AT_ONCE_HOURS):
            yield group[0], group[-1]
            group, count = [], 0
        group.append(to_us(hour))
        count += of_hour
    if group:
        yield group[0], group[-1]
