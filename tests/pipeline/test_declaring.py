"""Each stock system by itself: one that is unwell is asked again after a while, and none holds the others."""

from datetime import timedelta

import pytest

import factory as small
from aponta.errors import TransientError
from aponta.ops.database import connected, transaction
from aponta.pipeline import declare
from aponta.ship import opening, standing


@pytest.fixture
def unsure(tmp_path, monkeypatch):
    """A factory with one declaration, whose stock system answers each posting with an error of its own."""
    made = small.make(tmp_path)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    opened = declare.sink

    class Unsure:
        def __init__(self, *of):
            self.sink = opened(*of)

        def post(self, declarations):
            raise TransientError("ship.unsure", destination="main", why="HTTP 500")

        def __getattr__(self, name):
            return getattr(self.sink, name)

    monkeypatch.setattr(declare, "sink", Unsure)
    return made


def tries(factory):
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        return [one.tries for one in standing.rows(connection, "main", ["prepared", "unknown", "rejected"])]


def test_few_declarations_that_it_is_unsure_of_put_it_off_too(unsure):
    for _ in range(3):
        small.run(unsure, asked=False)
    assert tries(unsure) == [1]
    small.run(unsure, small.WEEK_LATER + timedelta(seconds=opening.LONGEST_WAIT_S), asked=False)
    assert tries(unsure) == [2]
    small.run(unsure, small.WEEK_LATER + timedelta(seconds=opening.LONGEST_WAIT_S), asked=True)
    assert tries(unsure) == [3], "a person who asks is not put off"


def test_one_whose_secret_is_gone_does_not_hold_the_others(tmp_path):
    first = '[[stock]]\nname = "erp"\nurl = "env:APONTA_NO_SUCH_URL"\nstart = 2026-03-01T00:00:00\n'
    made = small.make(tmp_path, aponta=small.SETTINGS.replace("[stock]", f"{first}[[stock]]"))
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    shipped = small.run(made).shipped
    assert (shipped.acknowledged, [one.code for one in shipped.stopped]) == (1, ["config.secret_missing"])
