"""Batches of a pass: planned from the arrivals that wait, started on base versions of the tables, finished once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aponta.ops.tables import arrival, batch
from aponta.pipeline.ledger.arrivals import Arrival, arrivals

BATCH_FILES = 256
BATCH_BYTES = 128 * 2**20  # memory is bounded by the batch, whatever waits


@dataclass(frozen=True)
class Batch:
    id: int
    started_at: datetime
    base: dict[str, int] | None  # versions of the lake's tables its facts start from
    arrivals: tuple[Arrival, ...]
    restates: Mapping[str, list[int]] | None = None  # machine -> first hour, last hour, revision of its inputs

    @property
    def is_backfill(self) -> bool:
        return any(arrival.redecode == "always" for arrival in self.arrivals)


def unfinished_batches(connection: Connection) -> list[Batch]:
    """Batches that were planned and not finished, oldest first: they go before new ones, as they were planned."""
    rows = connection.execute(select(batch).where(batch.c.finished_at.is_(None)).order_by(batch.c.id)).all()
    return [
        Batch(
            row.id,
            row.started_at,
            None if row.base is None else dict(row.base),
            arrivals(connection, arrival.c.batch == row.id),
            row.restates,
        )
        for row in rows
    ]


def plan_batch(connection: Connection, now: datetime, closing: bool, backfill: bool) -> Batch | None:
    """The next files that came, as many as fit a batch; where there are none, and with `backfill`, those of one. None
    when there are none, unless hours wait to be closed.
    """
    free = arrival.c.batch.is_(None)
    backfilled = arrival.c.redecode == "always"
    chosen = next(fit_batches(arrivals(connection, free & ~backfilled, limit=BATCH_FILES)), ())
    if not chosen and backfill:
        chosen = next(fit_batches(arrivals(connection, free & backfilled, limit=BATCH_FILES)), ())
    if not chosen and not closing:
        return None
    number = connection.execute(insert(batch).values(started_at=now)).inserted_primary_key
    assert number is not None
    connection.execute(update(arrival).where(arrival.c.id.in_([one.id for one in chosen])).values(batch=number[0]))
    return Batch(number[0], now, None, chosen)


def fit_batches(waiting: Iterable[Arrival]) -> Iterator[tuple[Arrival, ...]]:
    """Groups of arrivals, in their order, each as large as a batch may be."""
    chosen: list[Arrival] = []
    for file in waiting:
        size = sum(other.size for other in chosen) + file.size
        if chosen and (size > BATCH_BYTES or len(chosen) == BATCH_FILES):
            yield tuple(chosen)
            chosen = []
        chosen.append(file)
    if chosen:
        yield tuple(chosen)


def start_batch(connection: Connection, of: Batch, base: Mapping[str, int]) -> dict[str, int]:
    """The versions that the batch's facts start from: kept before anything is written, so that a batch taken up again
    starts from the same.
    """
    if of.base is not None:
        return of.base
    connection.execute(update(batch).where(batch.c.id == of.id).values(base=dict(base)))
    return dict(base)


def has_interrupted_batch(connection: Connection) -> bool:
    """Was a batch interrupted after it began to make facts?"""
    begun = batch.c.base.is_not(None) & batch.c.finished_at.is_(None)
    return connection.execute(select(batch.c.id).where(begun).limit(1)).first() is not None


def last_published(connection: Connection) -> tuple[int, dict[str, int]]:
    """The last finished batch and the versions it left."""
    row = connection.execute(
        select(batch.c.id, batch.c.versions).where(batch.c.finished_at.is_not(None)).order_by(batch.c.id.desc())
    ).first()
    return (0, {}) if row is None else (row.id, dict(row.versions))


def finish_batch(
    connection: Connection, of: Batch, versions: Mapping[str, int], counts: Mapping[str, Any], now: datetime
) -> None:
    """The batch is done: what versions it left, and what it counted."""
    done = {"finished_at": now, "versions": dict(versions), "counts": dict(counts)}
    connection.execute(update(batch).where(batch.c.id == of.id).values(done))
