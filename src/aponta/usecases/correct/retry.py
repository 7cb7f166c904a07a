"""Requests that quarantined files are decoded again: after a layout or the master data was mended."""

from collections.abc import Collection

from sqlalchemy import func, insert, select

from aponta.config import Factory
from aponta.contract.clock import system_clock
from aponta.ops.database import chunks, transaction
from aponta.ops.lock import exclusive
from aponta.ops.tables import arrival
from aponta.pipeline.ledger.arrivals import Redecode, requested_files
from aponta.usecases.read.published import Published


def quarantined_files(factory: Factory, machine: str | None = None, reason: str | None = None) -> list[str]:
    """SHA-256 of the files with open quarantine."""
    rows = Published(factory).rows(_QUARANTINED, machine, reason)
    return [row["file_sha256"] for row in rows]


def request_decode(
    factory: Factory, shas: Collection[str], wait_seconds: float = 30, *, redecode: Redecode = "if_more"
) -> int:
    """Requests that the next pass decodes these files again, as they first came. Returns how many files that is.

    redecode "always" is a backfill: the new reading counts even if it has fewer rows, each file is decoded under each
    of its names, and a pass takes one batch of them.
    """
    with exclusive(factory, system_clock, wait_seconds) as engine, transaction(engine) as connection:
        is_backfill = redecode == "always"
        wanted = sorted(set(shas) - (requested_files(connection) if is_backfill else set()))
        names = (arrival.c.name, arrival.c.folder) if is_backfill else ()
        ours = ("id", "batch", "status", "redecode")
        columns = [column for column in arrival.c if column.name not in ours]
        rows = []
        for chunk in chunks(wanted):
            first = select(func.min(arrival.c.id)).where(arrival.c.sha256.in_(chunk)).group_by(arrival.c.sha256, *names)
            arrivals = connection.execute(select(*columns).where(arrival.c.id.in_(first)).order_by(arrival.c.id))
            rows += [{**row, "redecode": redecode} for row in arrivals.mappings()]
        if rows:
            connection.execute(insert(arrival), rows)
    return len({row["sha256"] for row in rows})


_QUARANTINED = """
SELECT DISTINCT file_sha256 FROM silver.quarantine
WHERE status = 'open' AND machine IS NOT DISTINCT FROM coalesce(?1, machine) AND reason = coalesce(?2, reason)
ORDER BY file_sha256"""
