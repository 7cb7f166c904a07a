"""Posting held by a person, for a manual count: declarations are prepared and wait."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from aponta.contract.stock.control import PostingPause
from aponta.ops import stock_tables as tables


def pause_posting(connection: Connection, destination: str, *, who: str, why: str, now: datetime) -> bool:
    """Holds posting; False when it was held already (who held it first stays on record)."""
    if pause_of(connection, destination):
        return False
    connection.execute(insert(tables.pause).values(destination=destination, since=now, who=who, why=why))
    return True


def resume_posting(connection: Connection, destination: str) -> bool:
    """Lets posting go on; False when it was not held."""
    return connection.execute(delete(tables.pause).where(tables.pause.c.destination == destination)).rowcount > 0


def pause_of(connection: Connection, destination: str) -> PostingPause | None:
    """Who holds posting to the destination; None: nobody does."""
    found = connection.execute(select(tables.pause).where(tables.pause.c.destination == destination)).first()
    return PostingPause(found.since, found.who, found.why) if found else None
