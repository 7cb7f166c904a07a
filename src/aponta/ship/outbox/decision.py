"""What a person decides about declarations that cannot go by themselves; who it was, and why, stays on record."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from aponta.contract.stock.control import Decision
from aponta.errors import ConfigError
from aponta.ops.stock_tables import decision, outbox
from aponta.ops.tables import machine_hour
from aponta.ship.outbox import units
from aponta.ship.outbox.prepare import StockProduct, chunks, is_not_in_stock, mark_void, remap


def apply_decision(
    connection: Connection,
    keys: Collection[str],
    products: Mapping[str, StockProduct],
    decided: Decision,
    to: str | None = None,
) -> int:
    """Does it to the rejected and the unknown among `keys`, and returns to how many. to: of this destination only; one
    key may be on its way to several.

    retry: the rejected take the stock code and the unit that `products` has now, and so do the corrections of what was
    never put anywhere; one that the stock system has, in another quantity, keeps them; a product still unknown, and a
    document cancelled there, stay as they are. What is acknowledged, or waits already, is left. Raises ConfigError
    `ship.no_such_key` for a key the outbox does not hold, and as `reasoned`.
    """
    require_reason(decided)
    of = select(outbox) if to is None else select(outbox).where(outbox.c.destination == to)
    rows = [row for some in chunks(keys) for row in connection.execute(of.where(outbox.c.key.in_(some)))]
    missing = set(keys) - {row.key for row in rows}
    if missing:
        raise ConfigError("ship.no_such_key", key=min(missing))
    stuck = [row for row in rows if row.state in ("rejected", "unknown")]
    done: list[Row[Any]] = []
    for name in sorted({row.destination for row in stuck}):
        there = [row for row in stuck if row.destination == name]
        if decided.action == "retry":
            done += _retried(connection, name, there, products, decided.at)
        else:
            done += _ended(connection, name, there, decided)
    record_decision(connection, [(row.destination, row.key) for row in done], decided)
    return len(done)


def require_reason(decided: Decision) -> None:
    """Raises ConfigError `ship.no_reason`: it stays on record, and only what is tried again speaks for itself."""
    if decided.action != "retry" and not decided.why.strip():
        raise ConfigError("ship.no_reason")


def record_decision(connection: Connection, keys: Sequence[tuple[str, str]], decided: Decision) -> None:
    """Keeps who decided it, of each (destination, key)."""
    if keys:
        said = {"action": decided.action, "who": decided.who, "why": decided.why, "made_at": decided.at}
        connection.execute(insert(decision), [{"destination": name, "key": key, **said} for name, key in keys])


def last_decisions(connection: Connection, destination: str, limit: int) -> list[tuple[str, Decision]]:
    """The last ones, newest first, each with its key."""
    newest = select(decision).where(decision.c.destination == destination).order_by(decision.c.id.desc()).limit(limit)
    return [(row.key, Decision(row.action, row.who, row.why, row.made_at)) for row in connection.execute(newest)]


def _retried(
    connection: Connection, name: str, rows: Sequence[Row[Any]], products: Mapping[str, StockProduct], now: datetime
) -> list[Row[Any]]:
    changed = set(remap(connection, name, rows, products, now))
    nowhere = [
        row for row in rows if row.revision == 1 and is_not_in_stock(row)
    ]  # nothing was put yet to take back from
    corrections = [later for row in nowhere for later in _later(connection, row)]
    remap(connection, name, corrections, products, now)
    return [row for row in rows if row.key in changed]


def _later(connection: Connection, row: Row[Any]) -> Iterator[Row[Any]]:
    """What corrects it: while it is rejected, none of that is sent."""
    same = (outbox.c[name] == getattr(row, name) for name in ("destination", "machine", "product", "hour", "quality"))
    waits = (outbox.c.revision > row.revision, outbox.c.state == "prepared")
    return iter(connection.execute(select(outbox).where(*same, *waits).order_by(outbox.c.revision)))


def _ended(connection: Connection, name: str, rows: Sequence[Row[Any]], decided: Decision) -> list[Row[Any]]:
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
            settled = update(outbox).where(*same).values(state="settled", changed_at=decided.at, shown_in_lake=False)
            connection.execute(settled)
    return [*rows]
