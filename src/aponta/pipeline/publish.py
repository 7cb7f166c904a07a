"""Write, audit, publish: the tables of a batch become visible together, or not at all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine

from aponta.contract.lake import Lake
from aponta.factory_calendar import from_us, to_us
from aponta.ops.database import transaction
from aponta.pipeline.facts.scope import TableWrite
from aponta.pipeline.ledger.batches import Batch, finish_batch


def publish(
    engine: Engine,
    lake: Lake,
    batch: Batch,
    writes: Iterable[TableWrite],
    audit: Callable[[], Iterable[TableWrite]],
    record: Callable[[Connection], Mapping[str, Any]],
) -> None:
    """Writes the frames beside what readers see, audits them, commits them in their order, and publishes them.

    audit: raises where the accounts do not add up; returns the tables that follow, written after the others. record:
    writes the ledger's part and returns the batch's summary; one transaction finishes the batch with it. Run again
    after a kill it does the same again, and nothing twice.
    """
    prepared = [lake.prepare(write.table, write.frame, write.where, batch.id, proven=write.proven) for write in writes]
    further = audit()
    for commit in prepared:
        commit()
    for write in further:
        lake.replace(write.table, write.frame, write.where, batch.id, proven=write.proven)
    lake.flush()
    with transaction(engine) as connection:
        summary = record(connection)
        finish_batch(connection, batch, lake.versions(), summary, from_us(to_us(batch.started_at)))
    lake.publish(batch.id)
