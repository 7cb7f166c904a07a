"""Key by key: what was said to a stock system beside what stands there by its own account."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import unquote

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from aponta.contract.stock.control import IN_STOCK
from aponta.contract.stock.key import LONGEST_KEY, bounded
from aponta.contract.stock.sink import StockDocument
from aponta.ops.stock_tables import discrepancy, outbox
from aponta.ship.outbox import reason
from aponta.ship.outbox.prepare import CARRIED

DifferenceKind = Literal[
    "missing",  # acknowledged, and not there: posted again
    "changed",  # there, with another quantity, product or place
    "cancelled",  # a person cancelled it there
    "unfinished",  # there, and stock has not moved
    "extra",  # there under a key of ours, and nobody here said it; or a second document of one key
]

NaturalKey = tuple[str, str, datetime, str]  # machine, product, hour, quality


@dataclass(frozen=True)
class KeyDifference:
    kind: DifferenceKind
    key: str
    hour: datetime  # of production
    declared: dict[str, str] | None  # quantity, product, location; None: nothing was
    in_stock: dict[str, str] | None  # and reference


@dataclass
class KeyReconciliation:
    documents: int = 0
    agreed: int = 0  # of what was said, as it was said
    differences: list[KeyDifference] = field(default_factory=list)
    in_stock: dict[NaturalKey, Decimal] = field(default_factory=dict)


def reconcile_keys(
    connection: Connection,
    destination: str,
    documents: Iterable[tuple[str, StockDocument]],
    since: datetime,
    until: datetime,
    now: datetime,
) -> KeyReconciliation:
    """What was said of hours in [since, until) beside all `documents` of them, and what follows from it:

    what is as it was said is `reconciled`; what is missing waits again; what a person changed or cancelled there, or
    what is unfinished, is `rejected` with the reason, for a person to decide. Differences stay on record; a person may
    have accepted one, which is then none as long as it stays the same.
    """
    within = (outbox.c.destination == destination, outbox.c.hour >= since, outbox.c.hour < until)
    rows = {row.key: row for row in connection.execute(select(outbox).where(*within))}
    found = KeyReconciliation()
    changes: list[dict[str, Any]] = []
    there: dict[str, StockDocument] = {}
    for told, document in documents:
        key = bounded(told.replace("\0", "?"), LONGEST_KEY)  # anybody may write there
        found.documents += 1
        row = rows.get(key)
        if document.progress == "done":
            _add(found, key, row, document)
        if key in there or row is None or (row.state == "void" and document.progress == "done"):
            if document.progress not in ("cancelled", "refused"):
                found.differences.append(KeyDifference("extra", key, _hour_of(key, since), None, _told(document)))
        else:
            there[key] = document
    for key, row in rows.items():
        difference = _difference(row, there.get(key))
        if difference is not None:
            found.differences.append(difference)
            changes.append({"of": key, **_life(row, difference)})
        elif key in there and row.state in (*IN_STOCK, "rejected") and there[key].progress == "done":
            found.agreed += 1
            if row.state in ("acknowledged", "rejected"):  # of the latter: somebody set it right
                reference = bounded(there[key].reference, LONGEST_KEY)
                changes.append({"of": key, "state": "reconciled", "reference": reference, "why": None})
    if changes:
        same = update(outbox).where(outbox.c.destination == destination, outbox.c.key == bindparam("of"))
        connection.execute(same.values(changed_at=now, shown_in_lake=False), changes)
    found.differences = _kept(connection, destination, found.differences, since, until, now)
    return found


def accept_extra(connection: Connection, destination: str, keys: Collection[str], now: datetime) -> list[str]:
    """Extra documents that are right as they are; gives the keys of those that were open."""
    open_now = (
        discrepancy.c.destination == destination,
        discrepancy.c.settled_at.is_(None),
        discrepancy.c.key.in_(keys),
    )
    extra = (*open_now, discrepancy.c.kind == "extra")
    accepted = [*connection.scalars(select(discrepancy.c.key).where(*extra).order_by(discrepancy.c.key))]
    connection.execute(update(discrepancy).where(*extra).values(settled_at=now, settled_by="accepted"))
    return accepted


def _add(found: KeyReconciliation, key: str, row: Row[Any] | None, document: StockDocument) -> None:
    natural = (row.machine, row.product, row.hour, row.quality) if row else natural_of(key)
    if natural is None:
        return
    found.in_stock[natural] = found.in_stock.get(natural, Decimal(0)) + document.quantity


def _difference(row: Row[Any], document: StockDocument | None) -> KeyDifference | None:
    """None: it is as it was said, or it is not settled yet whether it is there."""
    if row.reference == CARRIED or row.state in ("settled", "void"):
        return None
    said = {"quantity": _plain(row.quantity), "product": row.stock_code, "location": row.location}
    if document is None:
        return KeyDifference("missing", row.key, row.hour, said, None) if row.state in IN_STOCK else None
    told = _told(document)
    if document.progress == "cancelled":
        return KeyDifference("cancelled", row.key, row.hour, said, told)
    if document.progress == "refused" or row.state in ("prepared", "sent", "unknown"):
        return None  # the feed finds out by itself
    if any(name in told and told[name] != value for name, value in said.items()):
        return KeyDifference("changed", row.key, row.hour, said, told)
    if document.progress == "partial":
        return KeyDifference("unfinished", row.key, row.hour, said, told)
    return None


def _life(row: Row[Any], difference: KeyDifference) -> dict[str, Any]:
    """What becomes of the declaration."""
    if difference.kind == "missing":
        return {"state": "prepared", "reference": None, "why": None}
    facts = {"key": row.key, "said": _words(difference.declared), "there": _words(difference.in_stock)}
    code = {"changed": "ship.changed", "cancelled": "ship.cancelled", "unfinished": "ship.unfinished"}[difference.kind]
    return {"state": "rejected", "reference": row.reference, "why": reason.dump_reason(code, **facts)}


def _kept(
    connection: Connection,
    destination: str,
    differences: Sequence[KeyDifference],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[KeyDifference]:
    """Puts them on record, and what is gone; gives those that are still to be looked at."""
    table = discrepancy.c
    within = (table.destination == destination, table.hour >= since, table.hour < until)
    known = connection.execute(select(discrepancy).where(*within)).all()
    accepted = {(row.key, row.kind, row.in_stock) for row in known if row.settled_by == "accepted"}
    left = [one for one in differences if (one.key, one.kind, json.dumps(one.in_stock)) not in accepted]
    standing = {(row.key, row.kind, row.in_stock): row.id for row in known if row.settled_at is None}
    seen = {(one.key, one.kind, json.dumps(one.in_stock)) for one in left}
    gone = [number for told, number in standing.items() if told not in seen]
    if gone:
        connection.execute(
            update(discrepancy).where(table.id == bindparam("of")).values(settled_at=now, settled_by="gone"),
            [{"of": number} for number in gone],
        )
    fresh = [one for one in left if (one.key, one.kind, json.dumps(one.in_stock)) not in standing]
    if fresh:
        again = {"settled_at": now, "settled_by": "requeued"}
        connection.execute(
            insert(discrepancy),
            [
                {
                    "destination": destination,
                    "key": one.key,
                    "kind": one.kind,
                    "hour": one.hour,
                    "declared": json.dumps(one.declared),
                    "in_stock": json.dumps(one.in_stock),
                    "found_at": now,
                }
                | (again if one.kind == "missing" else {"settled_at": None, "settled_by": None})
                for one in fresh
            ],
        )
    return left


def _told(document: StockDocument) -> dict[str, str]:
    told = {"quantity": _plain(document.quantity), "reference": document.reference}
    if document.stock_code is not None:
        told["product"] = document.stock_code
    if document.location is not None:
        told["location"] = document.location
    return told


def _words(told: dict[str, str] | None) -> str:
    told = told or {}
    return " ".join(told[name] for name in ("quantity", "product", "location") if name in told)


def _hour_of(key: str, since: datetime) -> datetime:
    """The hour that a key names; of one that names none, which nobody here wrote, the first that was asked for."""
    natural = natural_of(key)
    return natural[2] if natural else since


def natural_of(key: str) -> NaturalKey | None:
    """What a key says; None: it is none of ours."""
    try:
        _, machine, product, hour, quality, _ = key.split(":")
        return unquote(machine), unquote(product), datetime.strptime(hour + "+0000", "%Y%m%dT%H%z"), quality
    except ValueError:
        return None


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
