"""From facts to the stock system: compares closed hours with the outbox, posts what waits, keeps the outbox's image
in the lake.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

import narwhals.stable.v2 as nw
from sqlalchemy import Connection, Engine, bindparam, select, update

from aponta.config import Factory, StockSection
from aponta.contract.clock import Clock
from aponta.contract.lake import Frame, Lake, Values, stacked
from aponta.errors import ApontaError, ConfigError
from aponta.factory_calendar import from_us, to_us
from aponta.ops.database import transaction
from aponta.ops.stock_tables import outbox
from aponta.ops.tables import machine_hour
from aponta.pipeline.facts.scope import spans_of_hours
from aponta.pipeline.ledger.hours import Hour, HourRecord, hour_records, mark_stock_compared
from aponta.refine.gold import production, stock_declarations
from aponta.ship.destinations import open_destination
from aponta.ship.drain import drain
from aponta.ship.outbox import opening
from aponta.ship.outbox.prepare import Fact, PrepareResult, map_products, prepare_declarations
from aponta.ship.outbox.status import pending_totals

HOURS_AT_ONCE = 2000  # hours compared in one transaction


@dataclass(frozen=True)
class Shipped:
    prepared: int = 0
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    unopened: tuple[str, ...] = ()  # destinations that nobody said yes to posting to
    busy: tuple[str, ...] = ()  # and those that another process posts to
    stopped: tuple[ApontaError, ...] = ()

    def __add__(self, other: "Shipped") -> "Shipped":
        """Both of them. A destination that stopped twice is told once."""
        added = {one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        for name in ("unopened", "busy", "stopped"):
            added[name] = tuple({str(one): one for one in added[name]}.values())
        return Shipped(**added)


def declare_changes(factory: Factory, engine: Engine, open_lake: Callable[[], Lake], clock: Clock) -> Shipped:
    """Writes into the outbox what the facts of closed hours and the outbox differ by. Returns how many declarations,
    and how many of them are rejected at once: their product is unknown. The lake is opened when there is something to
    compare.
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
    """A new stock system, an earlier start, another location or role: hours that were compared may be due now. What was
    declared already stays.
    """
    roles = {machine.machine: machine.stock for machine in factory.machines.values()}
    told = {"start": str(destination.start), "locations": destination.locations.model_dump(), "roles": roles}
    if opening.closing_rules_changed(connection, destination.name, json.dumps(told, sort_keys=True)):
        since = machine_hour.c.hour >= destination.start
        connection.execute(update(machine_hour).where(since).values(stock_pending=True))


def write_outbox(
    connection: Connection, factory: Factory, hours: Mapping[Hour, HourRecord], facts: Collection[Fact], now: datetime
) -> PrepareResult:
    """Writes what the facts of these hours and the outbox differ by, for every destination. Of a held hour no fact
    counts: what was declared before its file lied is taken back until a person accepts it.
    """
    roles = {machine.machine: machine.stock for machine in factory.machines.values()}
    told = [fact for fact in facts if not hours[fact.machine, to_us(fact.hour)].held]
    prepared = rejected = 0
    for destination in _destinations(factory):
        ready = {key for key, state in hours.items() if state.closed_by or destination.declare == "each_run"}
        wanted = {(machine, from_us(hour)) for machine, hour in ready}
        place = (factory.settings.factory.site, factory.zone)
        written = prepare_declarations(connection, destination, *place, wanted, told, roles, factory.products, now)
        prepared += written.declarations
        rejected += written.rejected
    return PrepareResult(prepared, rejected)


def _destinations(factory: Factory) -> list[StockSection]:
    return [with_start(factory, one) for one in factory.settings.stock if one.start is not None]


def with_start(factory: Factory, destination: StockSection) -> StockSection:
    """The destination with its start in UTC."""
    return destination.model_copy(update={"start": factory.stock_start(destination)})


def post_declarations(
    factory: Factory,
    engine: Engine,
    clock: Clock,
    progress: Callable[[int, int], None] | None = None,
    *,
    asked: bool = True,
) -> Shipped:
    """Posts what waits, each destination by itself: one that is down, or not set up, does not hold the others, and one
    that nobody said yes to is not posted to. asked: by a person or a schedule; a pass of its own accord leaves those
    that lately did not answer in peace for a while.
    """
    told = Shipped()
    for destination in factory.settings.stock:
        try:
            told += _posted(factory, engine, destination, clock, progress, asked=asked)
        except ConfigError as error:  # its secret, its driver, its description
            told += Shipped(stopped=(error,))
    return told


def _posted(
    factory: Factory,
    engine: Engine,
    destination: StockSection,
    clock: Clock,
    progress: Callable[[int, int], None] | None,
    *,
    asked: bool,
) -> Shipped:
    url = factory.stock_url(destination)
    with transaction(engine, reading=True) as connection:
        idle = not pending_totals(connection, destination.name).declarations
        open_to_all = opening.is_own_file(destination, url) or opening.approval(connection, destination.name, url)
        later = opening.not_before(connection, destination.name)
    if idle or (not asked and later and clock() < later):
        return Shipped()
    if not open_to_all:
        return Shipped(unopened=(destination.name,))
    return _drained(factory, engine, destination, url, clock, progress)


def _drained(
    factory: Factory,
    engine: Engine,
    destination: StockSection,
    url: str,
    clock: Clock,
    progress: Callable[[int, int], None] | None,
) -> Shipped:
    drained = drain(engine, destination, open_destination(destination, url, factory.folder), clock, progress=progress)
    unsure = bool(drained.unknown) and not drained.acknowledged  # all that it answered: errors of its own
    with transaction(engine) as connection:
        if drained.stopped is not None or unsure:
            opening.back_off(connection, destination.name, clock())
        elif not (drained.busy or drained.paused):
            opening.reset_backoff(connection, destination.name)
    counted = Shipped(acknowledged=drained.acknowledged, rejected=drained.rejected, unknown=drained.unknown)
    busy, stopped = (destination.name,) * drained.busy, (drained.stopped,) if drained.stopped else ()
    return counted + Shipped(busy=busy, stopped=stopped)


SHOWN = ("destination", "key", "changed_at", "state")
_shown = update(outbox).where(*(outbox.c[name] == bindparam(f"of_{name}") for name in SHOWN)).values(shown_in_lake=True)


def refresh_outbox_table(engine: Engine, open_lake: Callable[[], Lake], batch: int) -> None:
    """gold.stock_declarations shows the outbox as it is now. Run again, it writes nothing.

    batch: the last finished one. Readers are told before the outbox notes that they were: a kill between leaves it to
    be shown again.
    """
    while True:
        with transaction(engine) as connection:
            rows = connection.execute(
                select(outbox).where(~outbox.c.shown_in_lake).order_by(outbox.c.key).limit(HOURS_AT_ONCE)
            ).all()
        if not rows:
            return
        lake = open_lake()
        columns = [column.name for column in stock_declarations.TABLE.columns]
        values = [
            [
                to_us(row.hour) if name == "hour" else float(row.quantity) if name == "quantity" else getattr(row, name)
                for name in columns
            ]
            for row in rows
        ]
        schema = {column.name: column.kind for column in stock_declarations.TABLE.columns}
        keys = Values("key", tuple(sorted({row.key for row in rows})))
        lake.replace(stock_declarations.TABLE, _with_others(lake, lake.rows(schema, values), keys), keys, None)
        lake.flush()
        lake.publish(batch)
        with transaction(engine) as connection:
            told = [{f"of_{name}": getattr(row, name) for name in SHOWN} for row in rows]
            connection.execute(_shown, told)


def _with_others(lake: Lake, rows: Frame, keys: Values) -> Frame:
    """The same key may have gone to several destinations: the others' rows stay."""
    old = lake.read(stock_declarations.TABLE, keys)
    return stacked(
        [
            rows,
            old.join(rows.select("destination", "key"), on=["destination", "key"], how="anti").select(
                *rows.collect_schema()
            ),
        ]
    )
