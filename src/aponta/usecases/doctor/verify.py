"""Is what was written down still what it was? The chain of receipts link by link, and raw files byte by byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.ops.database import connected, transaction
from aponta.ops.tables import arrival, receipt, seen
from aponta.pipeline.ledger.receipts import GENESIS, check_format, receipt_digest

Kind = Literal["receipt_changed", "receipt_missing", "chain_broken", "head_unknown", "raw_missing", "raw_altered"]


@dataclass(frozen=True)
class Fault:
    kind: Kind
    receipt: int | None = None  # its number in the chain
    sha256: str = ""
    name: str = ""


@dataclass(frozen=True)
class Verified:
    receipts: int
    files: int  # whose bytes were compared
    head: str
    faults: tuple[Fault, ...]


def verify(
    factory: Factory,
    head: str | None = None,
    *,
    raw: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verified:
    """head: one that the chain had once. raw: also read every raw file. Changes nothing.

    Raises ConfigError `pipeline.newer_receipts`.
    """
    zone = RawZone(factory.data / "raw")
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
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
            faults.append(Fault("head_unknown"))
        named = _named(connection)
    for number, (sha256, name) in enumerate(sorted(named.items()) if raw else ()):
        progress(number, len(named))
        state = zone.check(sha256)
        if state != "whole":
            faults.append(Fault("raw_missing" if state == "missing" else "raw_altered", None, sha256, name))
    return Verified(links, len(named) if raw else 0, last, tuple(faults))


def _named(connection: Connection) -> dict[str, str]:
    """What must be in the raw zone: a name of each file that came, packed ones too."""
    packed = select(seen.c.sha256, func.min(seen.c.path)).group_by(seen.c.sha256)
    came = select(arrival.c.sha256, func.min(arrival.c.name)).group_by(arrival.c.sha256)
    return {sha256: name for query in (packed, came) for sha256, name in connection.execute(query)}


def _chain(connection: Connection) -> Iterator[tuple[Fault | None, str]]:
    """Of each link, in order: what is wrong with it, and its hash."""
    before = GENESIS
    links = connection.execution_options(yield_per=1000).execute(select(receipt).order_by(receipt.c.number))
    for link in links:
        fault: Kind | None = None
        if receipt_digest(link.body) != link.hash or f'"previous":"{link.previous}"' not in link.body:
            fault = "receipt_changed"
        elif link.previous != before:
            fault = "chain_broken"
        yield Fault(fault, link.number, link.sha256) if fault else None, link.hash
        before = link.hash


def _without_receipt(connection: Connection) -> list[Fault]:
    """Every arrival that a finished batch handled has one."""
    rows = connection.execute(
        select(arrival.c.sha256, arrival.c.name)
        .outerjoin(receipt, receipt.c.arrival == arrival.c.id)
        .where(arrival.c.status.is_not(None), receipt.c.number.is_(None))
        .order_by(arrival.c.id)
    )
    return [Fault("receipt_missing", None, row.sha256, row.name) for row in rows]
