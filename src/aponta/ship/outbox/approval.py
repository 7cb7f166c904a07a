"""Before a declaration leaves: has a person said yes to posting there, may the stock system be asked again, and are the
hours that are declared to it still the same?
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import uniform

from sqlalchemy import Connection, insert, select, update

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.key import bounded
from aponta.ops.stock_tables import destination as table

FIRST_WAIT_S = 5
LONGEST_WAIT_S = 900


@dataclass(frozen=True)
class Approval:
    """A person's yes to what posting adds."""

    who: str
    at: datetime


def public_place(url: str) -> str:
    """Where a stock system is, as it may be shown and kept: no user, no password, no query."""
    bare = re.sub(r"^([^/]*//)(?:[^/:]*:.*|[^/]*)@", r"\1", url)  # a password may have any character, / and ? too
    return bounded(bare.split("?")[0], 300)


def is_own_file(destination: StockSection, url: str) -> bool:
    """A file that aponta makes itself: nobody's stock is in it yet, so nobody need be asked."""
    return destination.kind == "sql" and url.startswith("sqlite:") and "sql" not in destination.model_fields_set


def approval(connection: Connection, destination: str, url: str) -> Approval | None:
    """Who said yes to posting to this very place; None: nobody did."""
    row = connection.execute(select(table).where(table.c.name == destination)).first()
    if row is None or row.opened_at is None or row.place != public_place(url):
        return None
    return Approval(row.opened_by, row.opened_at)


def approve(connection: Connection, destination: str, url: str, *, who: str, now: datetime) -> None:
    """Keeps a person's yes."""
    _change(connection, destination, place=public_place(url), opened_by=who, opened_at=now)


def not_before(connection: Connection, destination: str) -> datetime | None:
    """When it may be asked again; None: at any time."""
    return connection.scalars(select(table.c.retry_at).where(table.c.name == destination)).first()


def back_off(connection: Connection, destination: str, now: datetime) -> datetime:
    """It did not answer: twice as long as the last time, to a bound, and not just when everybody else asks it again.

    Returns until when.
    """
    failures = connection.scalars(select(table.c.failures).where(table.c.name == destination)).first() or 0
    wait_s = min(FIRST_WAIT_S * 2 ** min(failures, 20), LONGEST_WAIT_S) * uniform(0.5, 1)
    until = now + timedelta(seconds=wait_s)
    _change(connection, destination, failures=failures + 1, retry_at=until)
    return until


def reset_backoff(connection: Connection, destination: str) -> None:
    """It is there again."""
    failing = (table.c.name == destination, table.c.failures > 0)
    connection.execute(update(table).where(*failing).values(failures=0, retry_at=None))


def closing_rules_changed(connection: Connection, destination: str, rules: str) -> bool:
    """Keeps what decides which hours are declared there; whether it is another than before."""
    digest = sha256(rules.encode()).hexdigest()
    before = connection.scalars(select(table.c.closing_rules).where(table.c.name == destination)).first()
    if before != digest:
        _change(connection, destination, closing_rules=digest)
    return before != digest


def _change(connection: Connection, destination: str, **values: object) -> None:
    changed = connection.execute(update(table).where(table.c.name == destination).values(**values)).rowcount
    if not changed:
        connection.execute(insert(table).values(name=destination, **{"failures": 0, **values}))
