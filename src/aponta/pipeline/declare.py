"""Declares closed hours: their production is compared with the outbox, and what differs becomes a declaration."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

import narwhals.stable.v2 as nw
from sqlalchemy import Connection, Engine, update

from aponta.config import Factory, StockSection
from aponta.contract.clock import Clock
from aponta.contract.lake import Lake
from aponta.errors import ApontaError
from aponta.factory_calendar import from_us, to_us
from aponta.ops.database import transaction
from aponta.ops.tables import machine_hour
from aponta.pipeline.facts.scope import spans_of_hours
from aponta.pipeline.ledger.hours import Hour, HourRecord, hour_records, mark_stock_compared
from aponta.refine.gold import production
from aponta.ship.outbox.closing_rules import closing_rules_changed
from aponta.ship.outbox.destination import Destination
from aponta.ship.outbox.prepare import Fact, PrepareResult, prepare_declarations
from aponta.ship.outbox.remap import map_products

HOURS_AT_ONCE = 2000  # hours compared in one transaction


@dataclass(frozen=True)
class Shipped:
    prepared: int = 0
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    unopened: tuple[str, ...] = ()  # destinations that nobody approved yet
    busy: tuple[str, ...] = ()  # destinations that another process posts to
    stopped: tuple[ApontaError, ...] = ()

    def __add__(self, other: "Shipped") -> "Shipped":
        """The sum. A destination that stopped twice stands there once."""
        added = {field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        for name in ("unopened", "busy", "stopped"):
            added[name] = tuple({str(one): one for one in added[name]}.values())
        return Shipped(**added)


def declare_changes(factory: Factory, engine: Engine, open_lake: Callable[[], Lake], clock: Clock) -> Shipped:
    """Writes into the outbox what the facts of closed hours and the outbox differ by. Returns the number of
    declarations, and of those that are rejected at once, since their product is unknown. The lake is opened when there
    is something to compare.
    """
    destinations = _destinations(factory)
    closed_only = all(one.declare == "hour_closed" for one in destinations)
    with transaction(engine) as connection:
        for one in destinations:
            _note_closing_rules(connection, factory, one)
    with transaction(engine) as connection:  # a product may be known now, though no hour is due
        prepared = sum(map_products(connection, one.name, factory.products, clock()) for one in destinations)
    rejected = 0
    while True:
        with transaction(engine) as connection:
            due = machine_hour.c.stock_pending
            found = hour_records(connection, due & machine_hour.c.closed_by.is_not(None) if closed_only else due)[
                :HOURS_AT_ONCE
            ]
        if not found or not destinations:
            return Shipped(prepared=prepared, rejected=rejected)
        hours = {(state.machine, state.hour): state for state in found}
        lake = open_lake()
        rows = lake.read(production.TABLE, spans_of_hours(set(hours)))
        summed = rows.group_by("machine", "product", "hour", "quality").agg(nw.sum("pieces"))
        facts = [
            Fact(row["machine"], row["product"], from_us(row["hour"]), row["quality"], int(row["pieces"]))
            for row in lake.collect(summed)
        ]
        with transaction(engine) as connection:
            written = write_outbox(connection, factory, hours, facts, clock())
            prepared += written.declarations
            rejected += written.rejected
            mark_stock_compared(connection, hours)


def _note_closing_rules(connection: Connection, factory: Factory, destination: StockSection) -> None:
    """A new stock system, an earlier start, another location or role: hours that were compared are pending again.
    Earlier declarations stay.
    """
    roles = {machine.machine: machine.stock for machine in factory.machines.values()}
    rules = {"start": str(destination.start), "locations": destination.locations.model_dump(), "roles": roles}
    if closing_rules_changed(connection, destination.name, json.dumps(rules, sort_keys=True)):
        since = machine_hour.c.hour >= destination.start
        connection.execute(update(machine_hour).where(since).values(stock_pending=True))


def write_outbox(
    connection: Connection, factory: Factory, hours: Mapping[Hour, HourRecord], facts: Collection[Fact], now: datetime
) -> PrepareResult:
    """Writes what the facts of these hours and the outbox differ by, for every destination. No fact of a withheld hour
    counts: earlier declarations are taken back until a person accepts its file.
    """
    roles = {machine.machine: machine.stock for machine in factory.machines.values()}
    counted = [fact for fact in facts if not hours[fact.machine, to_us(fact.hour)].held]
    prepared = rejected = 0
    for destination in _destinations(factory):
        ready = {key for key, state in hours.items() if state.closed_by or destination.declare == "each_run"}
        wanted = {(machine, from_us(hour)) for machine, hour in ready}
        target = Destination(destination, factory.settings.factory.site, factory.zone, roles, factory.products)
        written = prepare_declarations(connection, target, wanted, counted, now)
        prepared += written.declarations
        rejected += written.rejected
    return PrepareResult(prepared, rejected)


def _destinations(factory: Factory) -> list[StockSection]:
    return [with_start(factory, one) for one in factory.settings.stock if one.start is not None]


def with_start(factory: Factory, destination: StockSection) -> StockSection:
    """The destination with its start in UTC."""
    return destination.model_copy(update={"start": factory.stock_start(destination)})
