"""Files that a backfill asks for again."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from aponta.ops.tables import arrival
from aponta.pipeline.ledger.batches import Arrival, arrivals

AT_ONCE = 400  # parameters of a statement: databases limit them


def waiting(connection: Connection, shas: Collection[str] | None = None) -> set[str]:
    """The files, or those of these, that a backfill has asked for and no finished batch has handled yet."""
    waiting = select(arrival.c.sha256).where(arrival.c.redecode == "always", arrival.c.status.is_(None))
    if shas is not None:
        waiting = waiting.where(arrival.c.sha256.in_(sorted(shas)))
    return set(connection.scalars(waiting))


def first(connection: Connection, shas: Collection[str]) -> list[Arrival]:
    """Of these files the first arrival under each of their names, in the order of batches."""
    wanted = sorted(shas)
    found: list[Arrival] = []
    for at in range(0, len(wanted), AT_ONCE):
        these = arrival.c.sha256.in_(wanted[at : at + AT_ONCE])
        named = select(func.min(arrival.c.id)).where(these).group_by(arrival.c.sha256, arrival.c.name, arrival.c.folder)
        found += arrivals(connection, arrival.c.id.in_(named))
    return sorted(found, key=lambda one: (one.modified_at, one.name, one.id))
