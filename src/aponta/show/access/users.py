"""Users who may see the pages from other computers: their passwords, and the browsers they are signed in with."""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.tables import session, user

ADMIN = "admin"
NAME_PATTERN = re.compile(r"[\w.@-]{1,100}")
SHORTEST, LONGEST = 10, 200  # characters of a password; hashing megabytes would be wasted work
SESSION_LASTS = timedelta(days=30)
SEEN_AT_PRECISION = timedelta(hours=1)  # a write at each request would make every open page fetch itself again


@dataclass(frozen=True)
class User:
    name: str
    role: str
    created_at: datetime
    sessions: int  # browsers signed in


def normalize_name(name: str) -> str:
    """The same name however it is typed: composed, small letters, no spaces around it."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def hash_password(password: str) -> str:
    """The hash that is stored for a password. Raises ConfigError `show.weak_password`, which names its length only."""
    typed = unicodedata.normalize("NFC", password)  # keyboards differ in how they write an accent
    if not SHORTEST <= len(typed) <= LONGEST:
        raise ConfigError("show.weak_password", shortest=SHORTEST, longest=LONGEST)
    return PasswordHasher().hash(typed)


def add_user(connection: Connection, name: str, password_hash: str, now: datetime) -> None:
    """Adds an administrator. password_hash: from `hash_password`. Raises ConfigError `show.bad_name`,
    `show.user_exists`.
    """
    known = normalize_name(name)
    if not NAME_PATTERN.fullmatch(known):
        raise ConfigError("show.bad_name", name=name)
    if connection.execute(select(user.c.name).where(user.c.name == known)).first():
        raise ConfigError("show.user_exists", name=known)
    connection.execute(insert(user).values(name=known, password=password_hash, role=ADMIN, created_at=now))


def change_password(connection: Connection, name: str, password_hash: str) -> None:
    """Sets another password and ends the sessions under the old one. Raises ConfigError `show.no_such_user`."""
    known = normalize_name(name)
    if not connection.execute(update(user).where(user.c.name == known).values(password=password_hash)).rowcount:
        raise ConfigError("show.no_such_user", name=known)
    connection.execute(delete(session).where(session.c.user == known))


def remove_user(connection: Connection, name: str) -> None:
    """Removes a user and ends their sessions. Raises ConfigError `show.no_such_user`."""
    known = normalize_name(name)
    connection.execute(delete(session).where(session.c.user == known))
    if not connection.execute(delete(user).where(user.c.name == known)).rowcount:
        raise ConfigError("show.no_such_user", name=known)


def users(connection: Connection, now: datetime) -> list[User]:
    """All users, by name."""
    rows = connection.execute(
        select(user.c.name, user.c.role, user.c.created_at, func.count(session.c.token_sha256))
        .outerjoin(session, (session.c.user == user.c.name) & (session.c.expires_at > now))
        .group_by(user.c.name, user.c.role, user.c.created_at)
        .order_by(user.c.name)
    )
    return [User(*row) for row in rows]


def sign_in(engine: Engine, name: str, password: str, now: datetime) -> str | None:
    """A new session token for whoever knows the password, for the browser alone; None: wrong name or password.

    An unknown name takes as long as a wrong password. The password is verified outside of any transaction: that takes a
    while, and a pass must not wait for it.
    """
    known, unknown_user, stored = normalize_name(name), _unknown_user_hash(), None
    if NAME_PATTERN.fullmatch(known):
        with transaction(engine, reading=True) as connection:
            stored = connection.execute(select(user.c.password).where(user.c.name == known)).scalar()
    if not _verify(stored or unknown_user, password) or stored is None:
        return None
    token = secrets.token_urlsafe(32)
    with transaction(engine) as connection:
        stored_now = select(user.c.password).where(user.c.name == known).with_for_update()
        if connection.execute(stored_now).scalar() != stored:  # changed while it was verified
            return None
        connection.execute(delete(session).where(session.c.expires_at <= now))
        connection.execute(
            insert(session).values(
                token_sha256=_digest(token), user=known, created_at=now, seen_at=now, expires_at=now + SESSION_LASTS
            )
        )
    return token


def signed_in_user(engine: Engine, token: str, now: datetime) -> str | None:
    """The user of a session token; None: it is unknown or expired. Notes when it was seen, once an hour at most."""
    own = session.c.token_sha256 == _digest(token)
    with transaction(engine, reading=True) as connection:
        wanted = select(session.c.user, session.c.seen_at).where(own, session.c.expires_at > now)
        row = connection.execute(wanted).first()
    if row is None:
        return None
    if now - row.seen_at > SEEN_AT_PRECISION:
        with transaction(engine) as connection:
            connection.execute(update(session).where(own).values(seen_at=now))
    return str(row.user)


def sign_out(engine: Engine, token: str) -> None:
    """Ends the session of the token."""
    with transaction(engine) as connection:
        connection.execute(delete(session).where(session.c.token_sha256 == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(password_hash, unicodedata.normalize("NFC", password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _unknown_user_hash() -> str:
    """The hash that passwords of unknown names are compared with."""
    return PasswordHasher().hash(secrets.token_urlsafe())
