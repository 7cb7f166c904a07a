"""Arrivals: each file as it came, once per delivery, in the order in which batches take them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, func, select, update

from aponta.ops.database import chunks
from aponta.ops.tables import arrival

# Whether a known file is decoded again: its new reading counts if it has no fewer rows, or in any case.
Redecode = Literal["no", "if_more", "always"]


@dataclass(frozen=True)
class Arrival:
    id: int
    sha256: str
    name: str
    folder: str  # below the source's root
    source: str
    size: int
    modified_at: datetime
    received_at: datetime
    redecode: Redecode


def arrivals(connection: Connection, where: Any, limit: int | None = None) -> tuple[Arrival, ...]:
    """The arrivals that meet a condition on the table `arrival`, in the order in which batches take them."""
    columns = [arrival.c[column.name] for column in fields(Arrival)]
    rows = connection.execute(
        select(*columns).where(where).order_by(arrival.c.modified_at, arrival.c.name, arrival.c.id).limit(limit)
    )
    return tuple(Arrival(*row) for row in rows)


def waiting_files(connection: Connection) -> int:
    """Number of arrivals that no finished batch has handled."""
    return connection.scalars(select(func.count()).select_from(arrival).where(arrival.c.status.is_(None))).one()


def replace_hashes(connection: Connection, hashes: Mapping[int, str]) -> None:
    """hashes: by arrival, the hash that its file is known by from now on."""
    rows = [{"of": number, "sha256": sha256} for number, sha256 in hashes.items()]
    connection.execute(update(arrival).where(arrival.c.id == bindparam("of")), rows)


def save_statuses(connection: Connection, statuses: Mapping[int, str]) -> None:
    if statuses:
        rows = [{"of": number, "status": status} for number, status in statuses.items()]
        connection.execute(update(arrival).where(arrival.c.id == bindparam("of")), rows)


def requested_files(connection: Connection, shas: Collection[str] | None = None) -> set[str]:
    """SHA-256 of files that a backfill requested and no finished batch has handled yet; `shas` narrows it to these."""
    waiting = select(arrival.c.sha256).where(arrival.c.redecode == "always", arrival.c.status.is_(None))
    if shas is not None:
        waiting = waiting.where(arrival.c.sha256.in_(sorted(shas)))
    return set(connection.scalars(waiting))


def first_arrivals(connection: Connection, shas: Collection[str]) -> list[Arrival]:
    """The first arrival of each file under each of its names, in the order of batches."""
    found: list[Arrival] = []
    for chunk in chunks(sorted(shas)):
        these = arrival.c.sha256.in_(chunk)
        named = select(func.min(arrival.c.id)).where(these).group_by(arrival.c.sha256, arrival.c.name, arrival.c.folder)
        found += arrivals(connection, arrival.c.id.in_(named))
    return sorted(found, key=lambda one: (one.modified_at, one.name, one.id))


SAMPLE = 100  # a look at every file of years would take minutes


def sample_files(connection: Connection) -> set[str]:
    """SHA-256 of the newest files and of some older ones: their bytes must be in the raw zone."""
    newest = select(arrival.c.sha256).order_by(arrival.c.id.desc()).limit(SAMPLE)
    any_time = select(arrival.c.sha256).distinct().order_by(arrival.c.sha256).limit(SAMPLE)  # hashes know no time
    return {row.sha256 for query in (newest, any_time) for row in connection.execute(query)}
