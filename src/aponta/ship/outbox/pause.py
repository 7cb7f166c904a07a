"""Posting stopped by a person, for a manual count: declarations are prepared and wait."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from aponta.contract.stock.control import PostingPause
from aponta.ops.stock_tables import pause


def pause_posting(connection: Connection, destination: str, *, who: str, why: str, now: datetime) -> bool:
    """Stops posting. False where it is stopped already; the first person stays on record."""
    if pause_of(connection, destination):
        return False
    connection.execute(insert(pause).values(destination=destination, since=now, who=who, why=why))
    return True


def resume_posting(connection: Connection, destination: str) -> bool:
    """Lets posting go on. False where it was not stopped."""
    return connection.execute(delete(pause).where(pause.c.destination == destination)).rowcount > 0


def pause_of(connection: Connection, destination: str) -> PostingPause | None:
    """The pause of the destination; None: posting goes on."""
    row = connection.execute(select(pause).where(pause.c.destination == destination)).first()
    return PostingPause(row.since, row.who, row.why) if row else None
