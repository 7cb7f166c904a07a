"""The wait before a pass asks a stock system again that did not answer."""

from datetime import datetime, timedelta
from random import uniform

from sqlalchemy import Connection, select, update

from aponta.ops.stock_tables import destination as table
from aponta.ship.outbox.destination_row import change_row

FIRST_WAIT_S = 5
LONGEST_WAIT_S = 900


def not_before(connection: Connection, destination: str) -> datetime | None:
    """The time before which the stock system is not asked again; None: it may be asked now."""
    return connection.scalars(select(table.c.retry_at).where(table.c.name == destination)).first()


def back_off(connection: Connection, destination: str, now: datetime) -> datetime:
    """Doubles the wait after another failure, up to a limit, with jitter so that not every process asks at once.

    Returns the end of the wait.
    """
    failures = connection.scalars(select(table.c.failures).where(table.c.name == destination)).first() or 0
    wait_s = min(FIRST_WAIT_S * 2 ** min(failures, 20), LONGEST_WAIT_S) * uniform(0.5, 1)
    until = now + timedelta(seconds=wait_s)
    change_row(connection, destination, failures=failures + 1, retry_at=until)
    return until


def reset_backoff(connection: Connection, destination: str) -> None:
    """Forgets the failures: the stock system answers again."""
    failing = (table.c.name == destination, table.c.failures > 0)
    connection.execute(update(table).where(*failing).values(failures=0, retry_at=None))
