"""Users, passwords, and the browsers they signed in with."""

import hashlib
from datetime import timedelta

import factory as small
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from aponta.errors import ConfigError
from aponta.ops.database import connect, transaction
from aponta.ops.tables import session, user
from aponta.show.access import users as access

PASSWORD = "uma frase bem longa"
NOW = small.WEEK_LATER


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])  # a server takes seconds
def engine(request, tmp_path):
    kept = f"sqlite:///{tmp_path / 'ops.db'}" if request.param == "sqlite" else None
    engine = connect(kept or request.getfixturevalue("postgres_database"))
    with transaction(engine) as connection:
        access.add_user(connection, "Ana", access.hash_password(PASSWORD), NOW)
    yield engine
    engine.dispose()


def users(engine):
    with transaction(engine) as connection:
        return {one.name: one.sessions for one in access.users(connection, NOW)}


def test_who_knows_the_password_gets_a_token_that_stands_for_them(engine):
    token = access.sign_in(engine, " ANA ", PASSWORD, NOW)
    assert access.signed_in_user(engine, token, NOW) == "ana"
    assert access.sign_in(engine, "ana", PASSWORD, NOW) != token
    assert users(engine) == {"ana": 2}
    access.sign_out(engine, token)
    assert access.signed_in_user(engine, token, NOW) is None and users(engine) == {"ana": 1}


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ana", PASSWORD + " "),
        ("ana", ""),
        ("ana", "x" * 5000),
        ("bia", PASSWORD),
        ("", PASSWORD),
        ("a\x00b", PASSWORD),
    ],
)
def test_who_does_not_gets_none(engine, name, password):
    assert access.sign_in(engine, name, password, NOW) is None
    assert users(engine) == {"ana": 0}


def test_neither_password_nor_token_is_kept(engine):
    token = access.sign_in(engine, "ana", PASSWORD, NOW)
    with transaction(engine) as connection:
        [kept] = connection.execute(select(user.c.password)).scalars()
        [digest] = connection.execute(select(session.c.token_sha256)).scalars()
    assert kept.startswith("$argon2id$") and PASSWORD not in kept
    assert digest == hashlib.sha256(token.encode()).hexdigest() and len(token) >= 43
    assert access.signed_in_user(engine, digest, NOW) is None


def test_a_session_ends_by_itself(engine):
    token = access.sign_in(engine, "ana", PASSWORD, NOW)
    last = NOW + access.SESSION_LASTS
    assert access.signed_in_user(engine, token, last - timedelta(seconds=1)) == "ana"
    assert access.signed_in_user(engine, token, last) is None
    access.sign_in(engine, "ana", PASSWORD, last)
    assert users(engine) == {"ana": 1}, "and is not kept for ever"


def test_another_password_or_no_user_ends_sessions(engine):
    token = access.sign_in(engine, "ana", PASSWORD, NOW)
    with transaction(engine) as connection:
        access.change_password(connection, "ana", access.hash_password("outra frase longa"))
    assert access.signed_in_user(engine, token, NOW) is None
    assert access.sign_in(engine, "ana", PASSWORD, NOW) is None
    token = access.sign_in(engine, "ana", "outra frase longa", NOW)
    with transaction(engine) as connection:
        access.remove_user(connection, "ana")
        access.add_user(connection, "ana", access.hash_password(PASSWORD), NOW)
    assert access.signed_in_user(engine, token, NOW) is None


def test_a_password_changed_while_it_is_checked_opens_nothing(engine, monkeypatch):
    verify = PasswordHasher.verify

    def slow(self, kept, password):
        with transaction(engine) as connection:
            access.change_password(connection, "ana", access.hash_password("outra frase longa"))
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", slow)
    assert access.sign_in(engine, "ana", PASSWORD, NOW) is None
    assert users(engine) == {"ana": 0}


def test_an_unknown_name_is_as_much_work_as_a_wrong_password(engine, monkeypatch):
    verify, checked = PasswordHasher.verify, []
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: checked.append(given[1]) or verify(*given))
    for name in ("ana", "bia"):
        access.sign_in(engine, name, "wrong password", NOW)
    costs = [kept.split("$")[2:4] for kept in checked]
    assert len(costs) == 2 and costs[0] == costs[1]


def test_being_looked_at_is_rarely_written(engine):
    token = access.sign_in(engine, "ana", PASSWORD, NOW)

    def seen():
        with transaction(engine) as connection:
            return connection.execute(select(session.c.seen_at)).scalar_one()

    access.signed_in_user(engine, token, NOW + timedelta(minutes=59))
    assert seen() == NOW
    access.signed_in_user(engine, token, NOW + timedelta(minutes=61))
    assert seen() == NOW + timedelta(minutes=61)


def test_an_accent_is_one_however_a_keyboard_writes_it(engine):
    with transaction(engine) as connection:
        access.add_user(connection, "Jose\u0301", access.hash_password("acentuac\u0327a\u0303o"), NOW)
    assert access.sign_in(engine, "jos\u00e9", "acentua\u00e7\u00e3o", NOW)


@pytest.mark.parametrize("password", ["", "123456789", "x" * 201])
def test_a_weak_password_is_refused_and_not_repeated(password):
    with pytest.raises(ConfigError) as raised:
        access.hash_password(password)
    assert raised.value.code == "show.weak_password" and raised.value.facts == {"shortest": 10, "longest": 200}


@pytest.mark.parametrize(
    ("name", "code"), [("ANA", "user_exists"), ("a b", "bad_name"), ("", "bad_name"), ("x" * 101, "bad_name")]
)
def test_a_name_that_will_not_do(engine, name, code):
    with pytest.raises(ConfigError) as raised, transaction(engine) as connection:
        access.add_user(connection, name, "kept", NOW)
    assert raised.value.code == f"show.{code}"


def test_nobody_of_that_name(engine):
    for change in (access.remove_user, lambda connection, name: access.change_password(connection, name, "kept")):
        with pytest.raises(ConfigError) as raised, transaction(engine) as connection:
            change(connection, "bia")
        assert raised.value.code == "show.no_such_user"
