"""Tokens at the command line: printed once, and then only their machines."""

import json

import factory as small
import pytest
from command_line import aponta

from aponta.ops.database import connect
from aponta.show.access import tokens


@pytest.fixture
def shop(tmp_path):
    return small.make(tmp_path, aponta=small.SETTINGS.replace('site = "T"', 'site = "T"\nlanguage = "en"'))


def token(shop, *arguments, code=0):
    done = aponta("token", *arguments, "-C", shop.folder)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def whose(shop, token):
    engine = connect(shop.ops_url)
    try:
        return tokens.machine_of_token(engine, token, small.START)
    finally:
        engine.dispose()


def test_a_token_is_printed_once_and_revoked(shop):
    assert "aponta token add MACHINE" in token(shop, "list").stderr
    added = token(shop, "add", "M01")
    issued = added.stdout.strip()
    assert whose(shop, issued) == "M01" and "shown once" in added.stderr and issued not in added.stderr
    assert "has a token already" in token(shop, "add", "M01", code=2).stderr
    listed = token(shop, "list").stdout
    assert "M01" in listed and issued not in listed
    other = json.loads(token(shop, "add", "M02", "--json").stdout)
    assert whose(shop, other["token"]) == other["machine"] == "M02"
    assert [one["machine"] for one in json.loads(token(shop, "list", "--json").stdout)] == ["M01", "M02"]
    token(shop, "remove", "M01")
    assert whose(shop, issued) is None
    assert "has no token" in token(shop, "remove", "M01", code=2).stderr


def test_only_a_machine_of_the_factory_has_one(shop):
    assert "There is no machine M99" in token(shop, "add", "M99", code=2).stderr
