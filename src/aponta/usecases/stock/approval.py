"""Before the first posting to a stock system: the quantities that it would add, and a person's approval."""

from dataclasses import dataclass

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.stock.control import PendingQuantity
from aponta.ops.database import single_transaction, transaction
from aponta.pipeline.context import at_rest
from aponta.pipeline.declare import declare_changes
from aponta.ship.outbox.approval import approval_of, approve, is_own_file, public_place
from aponta.ship.outbox.status import pending_quantities


@dataclass(frozen=True)
class PendingApproval:
    """The pending quantities of a stock system, and whether nobody approved posting there yet."""

    destination: str
    place: str  # without a password
    needs_approval: bool
    lines: tuple[PendingQuantity, ...]


def pending_approvals(factory: Factory, clock: Clock) -> list[PendingApproval]:
    """Every destination of `factory`, after the closed hours are declared. Posts nothing. Raises as a pass does."""
    with at_rest(factory, clock) as (engine, lake):
        declare_changes(factory, engine, lambda: lake, clock)
        pending = []
        for section in factory.settings.stock:
            url = factory.stock_url(section)
            with transaction(engine, reading=True) as connection:
                approved = is_own_file(section, url) or approval_of(connection, section.name, url) is not None
                lines = tuple(pending_quantities(connection, section.name))
            pending.append(PendingApproval(section.name, public_place(url), not approved, lines))
        return pending


def approve_posting(factory: Factory, destination: str, who: str, clock: Clock) -> None:
    """From now on passes post to the destination, as long as its place stays the same."""
    (section,) = (section for section in factory.settings.stock if section.name == destination)
    with single_transaction(factory.ops_url) as connection:
        approve(connection, section.name, factory.stock_url(section), who=who, now=clock())
