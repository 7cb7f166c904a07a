"""Users at the command line: who may enter, and that no password is ever shown."""

import os
import sys
from pathlib import Path

import factory as small
import pytest
from command_line import aponta

from aponta.ops.database import connect, transaction
from aponta.show.access import users

APONTA = Path(sys.executable).with_name("aponta")
PASSWORD = "uma frase bem longa"


@pytest.fixture
def shop(tmp_path):
    return small.make(tmp_path, aponta=small.SETTINGS.replace('site = "T"', 'site = "T"\nlanguage = "en"'))


def user(shop, *arguments, code=0, **environment):
    done = aponta("user", *arguments, "-C", shop.folder, environment=os.environ | environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and PASSWORD not in done.stdout + done.stderr
    return done.stdout + done.stderr


def may_enter(shop, name, password):
    engine = connect(shop.ops_url)
    try:
        return users.sign_in(engine, name, password, small.WEEK_LATER) is not None
    finally:
        engine.dispose()


def test_a_user_comes_changes_and_goes(shop):
    assert "aponta user add NAME" in user(shop, "list")
    (shop.folder / "password.txt").write_text(PASSWORD + "\n", encoding="utf-8")
    assert "ana may sign in" in user(shop, "add", "Ana", "--password-from", "file:password.txt")
    assert may_enter(shop, "ana", PASSWORD)
    assert "There is a user ana already" in user(shop, "add", "ana", "--password-from", "file:password.txt", code=2)
    user(shop, "password", "ana", "--password-from", "env:NEW", NEW="outra frase longa")
    assert may_enter(shop, "ana", "outra frase longa") and not may_enter(shop, "ana", PASSWORD)
    assert "ana   admin" in user(shop, "list")
    user(shop, "remove", "ana")
    assert not may_enter(shop, "ana", "outra frase longa")
    assert "There is no user ana" in user(shop, "remove", "ana", code=2)


def test_a_password_is_not_taken_from_the_command(shop):
    assert "env:NAME or file:PATH" in user(shop, "add", "ana", "--password-from", PASSWORD, code=2)
    assert "--password-from" in user(shop, "add", "ana", code=2), "nobody types"
    assert "10 to 200 characters" in user(shop, "add", "ana", "--password-from", "env:NEW", code=2, NEW="short")
    engine = connect(shop.ops_url)
    with transaction(engine) as connection:
        assert users.users(connection, small.WEEK_LATER) == []
    engine.dispose()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is tried on a pseudo-terminal")
@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), ("something else", 2)])
def test_a_password_is_typed_twice_and_not_shown(shop, again, code):
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execv(APONTA, [str(APONTA), "user", "add", "ana", "-C", str(shop.folder)])
    shown = b""
    for prompt, typed in ((b"unseen", PASSWORD), (b"Once more", again)):
        while prompt not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, f"{typed}\n".encode())
    try:
        while part := os.read(terminal, 1000):
            shown += part
    except OSError:  # it has ended
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
    assert PASSWORD.encode() not in shown and again.encode() not in shown
    assert may_enter(shop, "ana", PASSWORD) is (code == 0)
