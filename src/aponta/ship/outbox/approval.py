"""A person's approval before aponta posts to a stock system for the first time."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.key import bounded
from aponta.ops.stock_tables import destination as table
from aponta.ship.outbox.destination_row import change_row


@dataclass(frozen=True)
class Approval:
    who: str
    at: datetime


def public_place(url: str) -> str:
    """The address of a stock system as it may be shown and stored: no user, no password, no query."""
    bare = re.sub(r"^([^/]*//)(?:[^/:]*:.*|[^/]*)@", r"\1", url)  # a password may have any character, / and ? too
    return bounded(bare.split("?")[0], 300)


def is_own_file(destination: StockSection, url: str) -> bool:
    """Whether aponta itself makes the database: it holds nobody's stock yet, so no approval is needed."""
    return destination.kind == "sql" and url.startswith("sqlite:") and "sql" not in destination.model_fields_set


def approval_of(connection: Connection, destination: str, url: str) -> Approval | None:
    """The approval of posting to this very place; None: nobody gave one."""
    row = connection.execute(select(table).where(table.c.name == destination)).first()
    if row is None or row.opened_at is None or row.place != public_place(url):
        return None
    return Approval(row.opened_by, row.opened_at)


def approve(connection: Connection, destination: str, url: str, *, who: str, now: datetime) -> None:
    """Stores a person's approval."""
    change_row(connection, destination, place=public_place(url), opened_by=who, opened_at=now)
