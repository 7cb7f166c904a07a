"""The rules by which hours are declared to a destination: when they change, every hour is compared again."""

from hashlib import sha256

from sqlalchemy import Connection, select

from aponta.ops.stock_tables import destination as table
from aponta.ship.outbox.destination_row import change_row


def closing_rules_changed(connection: Connection, destination: str, rules: str) -> bool:
    """Stores the rules' hash; returns whether it differs from the stored one."""
    digest = sha256(rules.encode()).hexdigest()
    before = connection.scalars(select(table.c.closing_rules).where(table.c.name == destination)).first()
    if before != digest:
        change_row(connection, destination, closing_rules=digest)
    return before != digest
