"""The receipt of each arrival: what became of every row, chained to the receipt before it by its hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from aponta.errors import ConfigError
from aponta.ops.tables import receipt

GENESIS = "0" * 64
FORMAT = 1  # of a receipt's body; one without a number is of the first


def append_receipts(connection: Connection, bodies: Iterable[tuple[int, str, Mapping[str, Any]]]) -> str:
    """(arrival, sha256, body) in the order of arrival -> the chain's new head."""
    head = chain_head(connection)
    rows = []
    for arrival, sha256, body in bodies:
        text = canonical({**body, "format": FORMAT, "previous": head})
        previous, head = head, receipt_digest(text)
        rows.append({"arrival": arrival, "sha256": sha256, "body": text, "previous": previous, "hash": head})
    if rows:
        connection.execute(insert(receipt), rows)
    return head


def chain_head(connection: Connection) -> str:
    """The hash of the last receipt, which rests on all before it."""
    last: str | None = connection.execute(select(receipt.c.hash).order_by(receipt.c.number.desc()).limit(1)).scalar()
    return last or GENESIS


def check_format(connection: Connection) -> None:
    """Raises ConfigError `pipeline.newer_receipts`: a later release wrote the last one."""
    body = connection.execute(select(receipt.c.body).order_by(receipt.c.number.desc()).limit(1)).scalar()
    written = json.loads(body).get("format", 1) if body else FORMAT
    if written > FORMAT:
        raise ConfigError("pipeline.newer_receipts", format=written, known=FORMAT)


def canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def receipt_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
