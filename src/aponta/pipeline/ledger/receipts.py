"""The receipt of each arrival: what became of every row, chained to the receipt before it by its hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from aponta.ops.tables import receipt

GENESIS = "0" * 64


def append_receipts(connection: Connection, bodies: Iterable[tuple[int, str, Mapping[str, Any]]]) -> str:
    """(arrival, sha256, body) in the order of arrival -> the chain's new head."""
    head = chain_head(connection)
    rows = []
    for arrival, sha256, body in bodies:
        text = canonical({**body, "previous": head})
        previous, head = head, receipt_digest(text)
        rows.append({"arrival": arrival, "sha256": sha256, "body": text, "previous": previous, "hash": head})
    if rows:
        connection.execute(insert(receipt), rows)
    return head


def chain_head(connection: Connection) -> str:
    """The hash of the last receipt, which rests on all before it."""
    last: str | None = connection.execute(select(receipt.c.hash).order_by(receipt.c.number.desc()).limit(1)).scalar()
    return last or GENESIS


def canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def receipt_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
