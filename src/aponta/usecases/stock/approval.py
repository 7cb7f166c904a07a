"""Before stock systems are posted to for the first time: what that would add, and a person's yes."""

from dataclasses import dataclass

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.stock.control import PendingQuantity
from aponta.ops.database import connected, transaction
from aponta.pipeline.context import at_rest
from aponta.pipeline.declare import declare_changes
from aponta.ship.outbox import approval
from aponta.ship.outbox.status import pending_quantities


@dataclass(frozen=True)
class PendingApproval:
    """What waits for a stock system. asks: nobody said yes to posting there yet."""

    destination: str
    place: str  # without a password
    asks: bool
    lines: tuple[PendingQuantity, ...]


def pending_approvals(factory: Factory, clock: Clock) -> list[PendingApproval]:
    """Every destination of `factory`, what is ready being declared first. Nothing is posted.

    Raises as a pass does.
    """
    with at_rest(factory, clock) as (engine, lake):
        declare_changes(factory, engine, lambda: lake, clock)
        told = []
        for one in factory.settings.stock:
            url = factory.stock_url(one)
            with transaction(engine, reading=True) as connection:
                said = approval.is_own_file(one, url) or approval.approval(connection, one.name, url)
                lines = tuple(pending_quantities(connection, one.name))
            told.append(PendingApproval(one.name, approval.public_place(url), not said, lines))
        return told


def approve_posting(factory: Factory, destination: str, who: str, clock: Clock) -> None:
    """From now on passes post to it, for as long as it is where it is now."""
    (one,) = (one for one in factory.settings.stock if one.name == destination)
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        approval.approve(connection, one.name, factory.stock_url(one), who=who, now=clock())
