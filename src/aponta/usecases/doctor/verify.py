"""Verifies that records are still as they were written: receipts link by link, raw files byte by byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.ops.database import single_transaction
from aponta.ops.tables import arrival, receipt, seen
from aponta.pipeline.ledger.receipts import GENESIS, check_format, receipt_digest

FaultKind = Literal["receipt_changed", "receipt_missing", "chain_broken", "head_unknown", "raw_missing", "raw_altered"]


@dataclass(frozen=True)
class IntegrityFault:
    kind: FaultKind
    receipt: int | None = None  # number in the chain
    sha256: str = ""
    name: str = ""


@dataclass(frozen=True)
class Verification:
    receipts: int
    files: int  # whose bytes were compared
    head: str
    faults: tuple[IntegrityFault, ...]


def verify_receipts(
    factory: Factory,
    head: str | None = None,
    *,
    raw: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Changes nothing. head: a head that the chain once had. raw: also read every raw file.

    Raises ConfigError `pipeline.newer_receipts`.
    """
    zone = RawZone(factory.data / "raw")
    with single_transaction(factory.ops_url) as connection:
        check_format(connection)
        faults = []
        links, last = 0, GENESIS
        heads = {GENESIS}
        for fault, last in _chain(connection):
            links += 1
            heads.add(last)
            faults += [fault] if fault else []
        faults += _without_receipt(connection)
        if head is not None and head not in heads:
            faults.append(IntegrityFault("head_unknown"))
        names = _file_names(connection)
    for number, (sha256, name) in enumerate(sorted(names.items()) if raw else ()):
        progress(number, len(names))
        state = zone.check(sha256)
        if state != "whole":
            faults.append(IntegrityFault("raw_missing" if state == "missing" else "raw_altered", None, sha256, name))
    return Verification(links, len(names) if raw else 0, last, tuple(faults))


def _file_names(connection: Connection) -> dict[str, str]:
    """SHA-256 and a name of every file that must be in the raw zone: those that came, packed ones too."""
    packed = select(seen.c.sha256, func.min(seen.c.path)).group_by(seen.c.sha256)
    arrived = select(arrival.c.sha256, func.min(arrival.c.name)).group_by(arrival.c.sha256)
    return {sha256: name for query in (packed, arrived) for sha256, name in connection.execute(query)}


def _chain(connection: Connection) -> Iterator[tuple[IntegrityFault | None, str]]:
    """Yields the fault, if any, and the hash of each link, in order."""
    previous = GENESIS
    links = connection.execution_options(yield_per=1000).execute(select(receipt).order_by(receipt.c.number))
    for link in links:
        fault: FaultKind | None = None
        if receipt_digest(link.body) != link.hash or f'"previous":"{link.previous}"' not in link.body:
            fault = "receipt_changed"
        elif link.previous != previous:
            fault = "chain_broken"
        yield IntegrityFault(fault, link.number, link.sha256) if fault else None, link.hash
        previous = link.hash


def _without_receipt(connection: Connection) -> list[IntegrityFault]:
    """Arrivals that a finished batch handled, and that have no receipt."""
    rows = connection.execute(
        select(arrival.c.sha256, arrival.c.name)
        .outerjoin(receipt, receipt.c.arrival == arrival.c.id)
        .where(arrival.c.status.is_not(None), receipt.c.number.is_(None))
        .order_by(arrival.c.id)
    )
    return [IntegrityFault("receipt_missing", None, row.sha256, row.name) for row in rows]
