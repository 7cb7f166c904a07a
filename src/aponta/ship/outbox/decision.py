"""A person's decisions about rejected declarations. Each is recorded with the person's name and reason."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from aponta.contract.stock.control import Decision
from aponta.errors import ConfigError
from aponta.ops.database import chunks
from aponta.ops.stock_tables import decision, outbox
from aponta.ops.tables import machine_hour
from aponta.ship.outbox import units
from aponta.ship.outbox.destination import StockProduct
from aponta.ship.outbox.prepare import mark_void
from aponta.ship.outbox.reason import is_not_in_stock
from aponta.ship.outbox.remap import remap


def apply_decision(
    connection: Connection,
    keys: Collection[str],
    products: Mapping[str, StockProduct],
    decided: Decision,
    to: str | None = None,
) -> int:
    """Applies it to the rejected and unknown declarations among `keys`; returns how many it changed. to: only this
    destination; one key may go to several.

    retry: rejected declarations that are not in stock take the stock code and unit that `products` has now, and so do
    their corrections; those that are in stock in another quantity keep theirs. Declarations of an unknown product and
    documents cancelled in the stock system stay rejected. Raises ConfigError `ship.no_such_key` for a key that is not
    in the outbox, and as `require_reason`.
    """
    require_reason(decided)
    query = select(outbox) if to is None else select(outbox).where(outbox.c.destination == to)
    rows = [row for chunk in chunks(keys) for row in connection.execute(query.where(outbox.c.key.in_(chunk)))]
    missing = set(keys) - {row.key for row in rows}
    if missing:
        raise ConfigError("ship.no_such_key", key=min(missing))
    open_rows = [row for row in rows if row.state in ("rejected", "unknown")]
    changed: list[Row[Any]] = []
    for name in sorted({row.destination for row in open_rows}):
        of_destination = [row for row in open_rows if row.destination == name]
        if decided.action == "retry":
            changed += _retry(connection, name, of_destination, products, decided.at)
        else:
            changed += _end(connection, name, of_destination, decided)
    record_decision(connection, [(row.destination, row.key) for row in changed], decided)
    return len(changed)


def require_reason(decided: Decision) -> None:
    """Raises ConfigError `ship.no_reason` where a decision other than a retry gives none."""
    if decided.action != "retry" and not decided.why.strip():
        raise ConfigError("ship.no_reason")


def record_decision(connection: Connection, keys: Sequence[tuple[str, str]], decided: Decision) -> None:
    """Records the decision for each (destination, key)."""
    if keys:
        columns = {"action": decided.action, "who": decided.who, "why": decided.why, "made_at": decided.at}
        connection.execute(insert(decision), [{"destination": name, "key": key, **columns} for name, key in keys])


def last_decisions(connection: Connection, destination: str, limit: int) -> list[tuple[str, Decision]]:
    """The last decisions, newest first, each with its key."""
    newest = select(decision).where(decision.c.destination == destination).order_by(decision.c.id.desc()).limit(limit)
    return [(row.key, Decision(row.action, row.who, row.why, row.made_at)) for row in connection.execute(newest)]


def _retry(
    connection: Connection, name: str, rows: Sequence[Row[Any]], products: Mapping[str, StockProduct], now: datetime
) -> list[Row[Any]]:
    changed = set(remap(connection, name, rows, products, now))
    unplaced = [row for row in rows if row.revision == 1 and is_not_in_stock(row)]  # no stock to take back from yet
    corrections = [correction for row in unplaced for correction in _corrections(connection, row)]
    remap(connection, name, corrections, products, now)
    return [row for row in rows if row.key in changed]


def _corrections(connection: Connection, row: Row[Any]) -> Iterator[Row[Any]]:
    """The later revisions of its key; none of them is sent while it is rejected."""
    same = (outbox.c[name] == getattr(row, name) for name in ("destination", "machine", "product", "hour", "quality"))
    prepared = (outbox.c.revision > row.revision, outbox.c.state == "prepared")
    return iter(connection.execute(select(outbox).where(*same, *prepared).order_by(outbox.c.revision)))


def _end(connection: Connection, name: str, rows: Sequence[Row[Any]], decided: Decision) -> list[Row[Any]]:
    """Makes the rows settled or void; the hours of void ones are compared again."""
    if decided.action == "void":
        carried = units.load_carry(connection, name)
        mark_void(connection, name, [row.key for row in rows], carried, decided.at)
        units.save_carry(connection, name, carried)
    for row in rows:
        if decided.action == "void":
            hour = (machine_hour.c.machine == row.machine, machine_hour.c.hour == row.hour)
            connection.execute(update(machine_hour).where(*hour).values(stock_pending=True))
        else:
            same = (outbox.c.destination == name, outbox.c.key == row.key)
            values = {"state": "settled", "changed_at": decided.at, "shown_in_lake": False}
            connection.execute(update(outbox).where(*same).values(**values))
    return [*rows]
