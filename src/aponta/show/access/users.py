"""Who may look at the pages from beyond this computer: users, their passwords, and the browsers they signed in with."""

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
SHORTEST, LONGEST = 10, 200  # characters of a password; hashing one of megabytes is work for nothing
SESSION_LASTS = timedelta(days=30)
SEEN_AT_PRECISION = timedelta(hours=1)  # written at each look, it would be news to every open page


@dataclass(frozen=True)
class User:
    name: str
    role: str
    created_at: datetime
    sessions: int  # browsers signed in


def normalize_name(name: str) -> str:
    """One name, however it is typed."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def hash_password(password: str) -> str:
    """What is kept of a password. Raises ConfigError `show.weak_password`: its length, never itself."""
    typed = unicodedata.normalize("NFC", password)  # keyboards differ in how they write an accent
    if not SHORTEST <= len(typed) <= LONGEST:
        raise ConfigError("show.weak_password", shortest=SHORTEST, longest=LONGEST)
    return PasswordHasher().hash(typed)


def add_user(connection: Connection, name: str, kept: str, now: datetime) -> None:
    """A new administrator. kept: `hashed`. Raises ConfigError `show.bad_name`, `show.user_exists`."""
    known = normalize_name(name)
    if not NAME_PATTERN.fullmatch(known):
        raise ConfigError("show.bad_name", name=name)
    if connection.execute(select(user.c.name).where(user.c.name == known)).first():
        raise ConfigError("show.user_exists", name=known)
    connection.execute(insert(user).values(name=known, password=kept, role=ADMIN, created_at=now))


def change_password(connection: Connection, name: str, kept: str) -> None:
    """Whoever is signed in under the old one is so no longer. Raises ConfigError `show.no_such_user`."""
    known = normalize_name(name)
    if not connection.execute(update(user).where(user.c.name == known).values(password=kept)).rowcount:
        raise ConfigError("show.no_such_user", name=known)
    connection.execute(delete(session).where(session.c.user == known))


def remove_user(connection: Connection, name: str) -> None:
    """With all sessions. Raises ConfigError `show.no_such_user`."""
    known = normalize_name(name)
    connection.execute(delete(session).where(session.c.user == known))
    if not connection.execute(delete(user).where(user.c.name == known)).rowcount:
        raise ConfigError("show.no_such_user", name=known)


def users(connection: Connection, now: datetime) -> list[User]:
    """Everybody, by name."""
    rows = connection.execute(
        select(user.c.name, user.c.role, user.c.created_at, func.count(session.c.token_sha256))
        .outerjoin(session, (session.c.user == user.c.name) & (session.c.expires_at > now))
        .group_by(user.c.name, user.c.role, user.c.created_at)
        .order_by(user.c.name)
    )
    return [User(*row) for row in rows]


def sign_in(engine: Engine, name: str, password: str, now: datetime) -> str | None:
    """A new token for whoever knows the password, to be kept by the browser alone; None: wrong name or password.

    An unknown name takes as long as a wrong password. The password is checked outside of any transaction: it takes a
    while, and a pass must not wait for it.
    """
    known, nobodys, kept = normalize_name(name), _unknown_user_hash(), None
    if NAME_PATTERN.fullmatch(known):
        with transaction(engine, reading=True) as connection:
            kept = connection.execute(select(user.c.password).where(user.c.name == known)).scalar()
    if not _verify(kept or nobodys, password) or kept is None:
        return None
    token = secrets.token_urlsafe(32)
    with transaction(engine) as connection:
        now_kept = select(user.c.password).where(user.c.name == known).with_for_update()
        if connection.execute(now_kept).scalar() != kept:  # changed while it was checked
            return None
        connection.execute(delete(session).where(session.c.expires_at <= now))
        connection.execute(
            insert(session).values(
                token_sha256=_digest(token), user=known, created_at=now, seen_at=now, expires_at=now + SESSION_LASTS
            )
        )
    return token


def signed_in_user(engine: Engine, token: str, now: datetime) -> str | None:
    """The user that a browser's token stands for."""
    own = session.c.token_sha256 == _digest(token)
    with transaction(engine, reading=True) as connection:
        wanted = select(session.c.user, session.c.seen_at).where(own, session.c.expires_at > now)
        found = connection.execute(wanted).first()
    if found is None:
        return None
    if now - found.seen_at > SEEN_AT_PRECISION:
        with transaction(engine) as connection:
            connection.execute(update(session).where(own).values(seen_at=now))
    return str(found.user)


def sign_out(engine: Engine, token: str) -> None:
    """The token stands for nobody any more."""
    with transaction(engine) as connection:
        connection.execute(delete(session).where(session.c.token_sha256 == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _verify(kept: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(kept, unicodedata.normalize("NFC", password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _unknown_user_hash() -> str:
    """The hash that passwords of unknown names are held against."""
    return PasswordHasher().hash(secrets.token_urlsafe())
