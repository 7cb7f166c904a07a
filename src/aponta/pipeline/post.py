"""Posts prepared declarations to the stock systems."""

from collections.abc import Callable

from sqlalchemy import Engine

from aponta.config import Factory, StockSection
from aponta.contract.clock import Clock
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.pipeline.declare import Shipped
from aponta.ship.destinations import open_destination
from aponta.ship.drain import drain
from aponta.ship.outbox.approval import approval_of, is_own_file
from aponta.ship.outbox.backoff import back_off, not_before, reset_backoff
from aponta.ship.outbox.status import pending_totals


def post_declarations(
    factory: Factory,
    engine: Engine,
    clock: Clock,
    progress: Callable[[int, int], None] | None = None,
    *,
    requested: bool = True,
) -> Shipped:
    """Posts pending declarations, each destination by itself: one that is down or not set up does not hold up the
    others, and one that nobody approved is not posted to.

    requested: by a person or a schedule; a pass of its own accord does not ask those again that lately did not answer.
    """
    shipped = Shipped()
    for destination in factory.settings.stock:
        try:
            shipped += _post(factory, engine, destination, clock, progress, requested=requested)
        except ConfigError as error:  # its secret, its driver, its description
            shipped += Shipped(stopped=(error,))
    return shipped


def _post(
    factory: Factory,
    engine: Engine,
    destination: StockSection,
    clock: Clock,
    progress: Callable[[int, int], None] | None,
    *,
    requested: bool,
) -> Shipped:
    url = factory.stock_url(destination)
    with transaction(engine, reading=True) as connection:
        idle = not pending_totals(connection, destination.name).declarations
        open_to_all = is_own_file(destination, url) or approval_of(connection, destination.name, url)
        later = not_before(connection, destination.name)
    if idle or (not requested and later and clock() < later):
        return Shipped()
    if not open_to_all:
        return Shipped(unopened=(destination.name,))
    return _drain(factory, engine, destination, url, clock, progress)


def _drain(
    factory: Factory,
    engine: Engine,
    destination: StockSection,
    url: str,
    clock: Clock,
    progress: Callable[[int, int], None] | None,
) -> Shipped:
    drained = drain(engine, destination, open_destination(destination, url, factory.folder), clock, progress=progress)
    unsure = bool(drained.unknown) and not drained.acknowledged  # it answered only with errors of its own
    with transaction(engine) as connection:
        if drained.stopped is not None or unsure:
            back_off(connection, destination.name, clock())
        elif not (drained.busy or drained.paused):
            reset_backoff(connection, destination.name)
    counted = Shipped(acknowledged=drained.acknowledged, rejected=drained.rejected, unknown=drained.unknown)
    busy, stopped = (destination.name,) * drained.busy, (drained.stopped,) if drained.stopped else ()
    return counted + Shipped(busy=busy, stopped=stopped)
