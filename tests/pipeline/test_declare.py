"""Each stock system by itself: one that is unwell is asked again after a while, and none holds the others."""

from datetime import timedelta

import factory as small
import pytest

from aponta.config import load
from aponta.errors import TransientError
from aponta.ops.database import connected, transaction
from aponta.pipeline import post
from aponta.ship.outbox import backoff, status


@pytest.fixture
def unsure(tmp_path, monkeypatch):
    """A factory with one declaration, whose stock system answers each posting with an error of its own."""
    made = small.make(tmp_path)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    opened = post.open_destination

    class Unsure:
        def __init__(self, *of):
            self.sink = opened(*of)

        def post(self, declarations):
            raise TransientError("ship.unsure", destination="main", why="HTTP 500")

        def __getattr__(self, name):
            return getattr(self.sink, name)

    monkeypatch.setattr(post, "open_destination", Unsure)
    return made


def tries(factory):
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        return [one.attempts for one in status.outbox_entries(connection, "main", ["prepared", "unknown", "rejected"])]


def test_few_declarations_that_it_is_unsure_of_put_it_off_too(unsure):
    for _ in range(3):
        small.run(unsure, requested=False)
    assert tries(unsure) == [1]
    small.run(unsure, small.WEEK_LATER + timedelta(seconds=backoff.LONGEST_WAIT_S), requested=False)
    assert tries(unsure) == [2]
    small.run(unsure, small.WEEK_LATER + timedelta(seconds=backoff.LONGEST_WAIT_S), requested=True)
    assert tries(unsure) == [3], "a person who asks is not put off"


LATER = "start = 2026-03-01T00:00:00", "start = 2026-03-02T08:00:00"  # the factory's: 11:00 of UTC
SECOND = '[[stock]]\nname = "second"\nurl = "data/second.db"\nstart = 2026-03-01T00:00:00\n[[stock]]'


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("aponta.toml", *LATER),
        ("aponta.toml", 'finished = "finished", ', ""),
        ("machines.csv", "M01,L1,counted,finished", "M01,L1,counted,none"),
    ],
)
def test_hours_that_a_changed_configuration_makes_due_are_declared(tmp_path, file, before, after):
    first = small.FILES[file].replace(before, after)
    assert first != small.FILES[file]
    made = small.make(tmp_path, **{file.partition(".")[0]: first})
    for hour in range(2):
        small.deliver(made, small.name("M01", hour), small.text("M01", small.steady(hour)))
    small.run(made)
    assert small.on_hand(made) != {("SKU-P", "finished"): 24}
    (tmp_path / file).write_text(small.FILES[file], encoding="utf-8")
    made = load(tmp_path)
    small.run(made)
    assert small.on_hand(made) == {("SKU-P", "finished"): 24}
    assert small.run(made).shipped.prepared == 0


def test_a_second_stock_system_is_told_of_what_was_made_since_its_start(tmp_path):
    made = small.make(tmp_path)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made)
    (tmp_path / "aponta.toml").write_text(small.SETTINGS.replace("[stock]", SECOND), encoding="utf-8")
    shipped = small.run(load(tmp_path)).shipped
    assert (shipped.prepared, shipped.acknowledged) == (1, 1)


def test_one_whose_secret_is_gone_does_not_hold_the_others(tmp_path):
    first = '[[stock]]\nname = "erp"\nurl = "env:APONTA_NO_SUCH_URL"\nstart = 2026-03-01T00:00:00\n'
    made = small.make(tmp_path, aponta=small.SETTINGS.replace("[stock]", f"{first}[[stock]]"))
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    shipped = small.run(made).shipped
    assert (shipped.acknowledged, [one.code for one in shipped.stopped]) == (1, ["config.secret_missing"])
