"""Tokens by which machines send their files: one for each machine, stored only as its hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.tables import token

USED_AT_PRECISION = timedelta(minutes=10)  # a pass must not wait for a write at each file


@dataclass(frozen=True)
class Token:
    machine: str
    created_at: datetime
    used_at: datetime | None


def add_token(connection: Connection, machine: str, now: datetime) -> str:
    """Creates and returns the machine's token, which cannot be read again. Raises ConfigError `show.token_exists`."""
    if connection.execute(select(token.c.machine).where(token.c.machine == machine)).first():
        raise ConfigError("show.token_exists", machine=machine)
    secret = secrets.token_urlsafe(32)
    connection.execute(insert(token).values(machine=machine, token_sha256=_digest(secret), created_at=now))
    return secret


def remove_token(connection: Connection, machine: str) -> None:
    """Revokes the machine's token. Raises ConfigError `show.no_such_token`."""
    if not connection.execute(delete(token).where(token.c.machine == machine)).rowcount:
        raise ConfigError("show.no_such_token", machine=machine)


def tokens(connection: Connection) -> list[Token]:
    """All tokens, by machine."""
    rows = connection.execute(select(token.c.machine, token.c.created_at, token.c.used_at).order_by(token.c.machine))
    return [Token(*row) for row in rows]


def machine_of_token(engine: Engine, secret: str, now: datetime) -> str | None:
    """The machine that the token belongs to; None: nobody's. Notes when it was used, every ten minutes at most."""
    own = token.c.token_sha256 == _digest(secret)
    with transaction(engine, reading=True) as connection:
        row = connection.execute(select(token.c.machine, token.c.used_at).where(own)).first()
    if row is None:
        return None
    if row.used_at is None or now - row.used_at > USED_AT_PRECISION:
        with transaction(engine) as connection:
            connection.execute(update(token).where(own).values(used_at=now))
    return str(row.machine)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
