"""What machines send their files with: a token each, of which only the hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.tables import token

USED_AT_PRECISION = timedelta(minutes=10)  # a pass must not wait for each file to be noted


@dataclass(frozen=True)
class Token:
    machine: str
    created_at: datetime
    used_at: datetime | None


def add_token(connection: Connection, machine: str, now: datetime) -> str:
    """The machine's token: told this once. Raises ConfigError `show.token_exists`."""
    if connection.execute(select(token.c.machine).where(token.c.machine == machine)).first():
        raise ConfigError("show.token_exists", machine=machine)
    told = secrets.token_urlsafe(32)
    connection.execute(insert(token).values(machine=machine, token_sha256=_digest(told), created_at=now))
    return told


def remove_token(connection: Connection, machine: str) -> None:
    """It is worth nothing any more. Raises ConfigError `show.no_such_token`."""
    if not connection.execute(delete(token).where(token.c.machine == machine)).rowcount:
        raise ConfigError("show.no_such_token", machine=machine)


def tokens(connection: Connection) -> list[Token]:
    """All, by machine."""
    rows = connection.execute(select(token.c.machine, token.c.created_at, token.c.used_at).order_by(token.c.machine))
    return [Token(*row) for row in rows]


def machine_of_token(engine: Engine, told: str, now: datetime) -> str | None:
    """The machine that sends with it."""
    own = token.c.token_sha256 == _digest(told)
    with transaction(engine, reading=True) as connection:
        found = connection.execute(select(token.c.machine, token.c.used_at).where(own)).first()
    if found is None:
        return None
    if found.used_at is None or now - found.used_at > USED_AT_PRECISION:
        with transaction(engine) as connection:
            connection.execute(update(token).where(own).values(used_at=now))
    return str(found.machine)


def _digest(told: str) -> str:
    return hashlib.sha256(told.encode(errors="replace")).hexdigest()
