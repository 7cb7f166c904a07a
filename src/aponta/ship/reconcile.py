"""Compares declarations with the documents that a stock system has by its own account, key by key."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from aponta.contract.stock.control import IN_STOCK
from aponta.contract.stock.key import LONGEST_KEY, KeyParts, bounded, parse_key
from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import StockDocument
from aponta.ops.stock_tables import discrepancy, outbox
from aponta.ship.outbox.reason import dump_reason
from aponta.ship.outbox.units import CARRIED

DifferenceKind = Literal[
    "missing",  # acknowledged, without a document: posted again
    "changed",  # the document has another quantity, product or location
    "cancelled",  # a person cancelled the document
    "unfinished",  # a document, but stock has not moved
    "extra",  # a document under a key of ours that was never declared, or the second document of one key
]
_REJECTED = {"changed": "ship.changed", "cancelled": "ship.cancelled", "unfinished": "ship.unfinished"}
_COMPARED = ("quantity", "product", "location")


@dataclass(frozen=True)
class KeyDifference:
    kind: DifferenceKind
    key: str
    hour: datetime  # of production
    declared: dict[str, str] | None  # quantity, product, location; None: nothing was declared
    in_stock: dict[str, str] | None  # the same and reference; None: no document


@dataclass
class KeyReconciliation:
    documents: int = 0
    agreed: int = 0  # declarations whose documents match them
    differences: list[KeyDifference] = field(default_factory=list)
    in_stock: dict[KeyParts, Decimal] = field(default_factory=dict)


def reconcile_keys(
    connection: Connection,
    destination: str,
    documents: Iterable[tuple[str, StockDocument]],
    since: datetime,
    until: datetime,
    now: datetime,
) -> KeyReconciliation:
    """Compares the declarations of hours in [since, until) with all `documents` of these hours, and acts:

    a match becomes `reconciled`; a missing one is posted again; a changed, cancelled or unfinished one becomes
    `rejected` with its reason, for a person to decide. Differences stay on record. A difference that a person accepted
    does not count again while it stays the same.
    """
    within = (outbox.c.destination == destination, outbox.c.hour >= since, outbox.c.hour < until)
    rows = {row.key: row for row in connection.execute(select(outbox).where(*within))}
    result = KeyReconciliation()
    by_key = _match_documents(result, documents, rows, since)
    changes: list[dict[str, Any]] = []
    for key, row in rows.items():
        document = by_key.get(key)
        difference = _difference(row, document)
        if difference is not None:
            result.differences.append(difference)
            changes.append({"of": key, **_next_state(row, difference)})
        elif document is not None and document.progress == "done" and row.state in (*IN_STOCK, "rejected"):
            result.agreed += 1
            if row.state in ("acknowledged", "rejected"):  # a rejected one: somebody corrected the document
                reference = bounded(document.reference, LONGEST_KEY)
                changes.append({"of": key, "state": "reconciled", "reference": reference, "why": None})
    if changes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        connection.execute(same.values(changed_at=now, shown_in_lake=False), changes)
    result.differences = _record(connection, destination, result.differences, since, until, now)
    return result


def accept_extra(connection: Connection, destination: str, keys: Collection[str], now: datetime) -> list[str]:
    """Accepts extra documents; returns the keys of those that were open differences."""
    table = discrepancy.c
    extra = (
        table.destination == destination,
        table.settled_at.is_(None),
        table.key.in_(keys),
        table.kind == "extra",
    )
    accepted = [*connection.scalars(select(table.key).where(*extra).order_by(table.key))]
    connection.execute(update(discrepancy).where(*extra).values(settled_at=now, settled_by="accepted"))
    return accepted


def _match_documents(
    result: KeyReconciliation,
    documents: Iterable[tuple[str, StockDocument]],
    rows: dict[str, Row[Any]],
    since: datetime,
) -> dict[str, StockDocument]:
    """The first document of each declared key. Adds the others to `result` as extra, and all quantities."""
    by_key: dict[str, StockDocument] = {}
    for written_key, document in documents:
        key = bounded(written_key.replace("\0", "?"), LONGEST_KEY)  # people may write any text into the stock system
        result.documents += 1
        row = rows.get(key)
        if document.progress == "done":
            _add_quantity(result, key, row, document)
        if key in by_key or row is None or (row.state == "void" and document.progress == "done"):
            if document.progress not in ("cancelled", "refused"):
                parts = parse_key(key)
                hour = parts.hour if parts else since  # a key of nobody here: the first hour that was asked for
                result.differences.append(KeyDifference("extra", key, hour, None, _content(document)))
        else:
            by_key[key] = document
    return by_key


def _add_quantity(result: KeyReconciliation, key: str, row: Row[Any] | None, document: StockDocument) -> None:
    parts = KeyParts(row.machine, row.product, row.hour, row.quality) if row else parse_key(key)
    if parts is not None:
        result.in_stock[parts] = result.in_stock.get(parts, Decimal(0)) + document.quantity


def _difference(row: Row[Any], document: StockDocument | None) -> KeyDifference | None:
    """None: the document matches, or it is not known yet whether there is one."""
    if row.reference == CARRIED or row.state in ("settled", "void"):
        return None
    declared = {"quantity": quantity_text(row.quantity), "product": row.stock_code, "location": row.location}
    if document is None:
        return KeyDifference("missing", row.key, row.hour, declared, None) if row.state in IN_STOCK else None
    in_stock = _content(document)
    if document.progress == "cancelled":
        return KeyDifference("cancelled", row.key, row.hour, declared, in_stock)
    if document.progress == "refused" or row.state in ("prepared", "sent", "unknown"):
        return None  # the next drain finds out by itself
    if any(name in in_stock and in_stock[name] != value for name, value in declared.items()):
        return KeyDifference("changed", row.key, row.hour, declared, in_stock)
    if document.progress == "partial":
        return KeyDifference("unfinished", row.key, row.hour, declared, in_stock)
    return None


def _next_state(row: Row[Any], difference: KeyDifference) -> dict[str, Any]:
    if difference.kind == "missing":
        return {"state": "prepared", "reference": None, "why": None}
    facts = {"key": row.key, "said": content_text(difference.declared), "there": content_text(difference.in_stock)}
    return {"state": "rejected", "reference": row.reference, "why": dump_reason(_REJECTED[difference.kind], **facts)}


def _record(
    connection: Connection,
    destination: str,
    differences: Sequence[KeyDifference],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[KeyDifference]:
    """Records new differences and closes those that are gone; returns the differences that nobody accepted."""
    table = discrepancy.c
    within = (table.destination == destination, table.hour >= since, table.hour < until)
    recorded = connection.execute(select(discrepancy).where(*within)).all()
    accepted = {(row.key, row.kind, row.in_stock) for row in recorded if row.settled_by == "accepted"}
    open_ids = {(row.key, row.kind, row.in_stock): row.id for row in recorded if row.settled_at is None}
    left = [difference for difference in differences if _identity(difference) not in accepted]
    seen = {_identity(difference) for difference in left}
    gone = [number for identity, number in open_ids.items() if identity not in seen]
    if gone:
        connection.execute(
            update(discrepancy).where(table.id == bindparam("of")).values(settled_at=now, settled_by="gone"),
            [{"of": number} for number in gone],
        )
    new = [difference for difference in left if _identity(difference) not in open_ids]
    if new:
        connection.execute(insert(discrepancy), [_discrepancy(destination, difference, now) for difference in new])
    return left


def _identity(difference: KeyDifference) -> tuple[str, str, str]:
    return difference.key, difference.kind, json.dumps(difference.in_stock)


def _discrepancy(destination: str, difference: KeyDifference, now: datetime) -> dict[str, Any]:
    """A row of the table; a missing document is settled at once, since it is posted again."""
    requeued = difference.kind == "missing"
    return {
        "destination": destination,
        "key": difference.key,
        "kind": difference.kind,
        "hour": difference.hour,
        "declared": json.dumps(difference.declared),
        "in_stock": json.dumps(difference.in_stock),
        "found_at": now,
        "settled_at": now if requeued else None,
        "settled_by": "requeued" if requeued else None,
    }


def _content(document: StockDocument) -> dict[str, str]:
    content = {"quantity": quantity_text(document.quantity), "reference": document.reference}
    if document.stock_code is not None:
        content["product"] = document.stock_code
    if document.location is not None:
        content["location"] = document.location
    return content


def content_text(content: dict[str, str] | None) -> str:
    """Quantity, product and location of a side of a difference, as far as they are known."""
    content = content or {}
    return " ".join(content[name] for name in _COMPARED if name in content)
