"""Stock systems are asked beside, seldom, and what they said last is kept."""

import time
from decimal import Decimal

import factory as small
import pytest

from aponta.config import load
from aponta.contract.clock import system_clock
from aponta.contract.stock.control import StockOnHand
from aponta.errors import TransientError
from aponta.ops.database import connect
from aponta.usecases.stock import control
from aponta.usecases.stock.control import FactoryStockControl

HELD = StockOnHand((("SKU-P", "finished", Decimal(1)),), small.START)
DOWN = StockOnHand(why=TransientError("ship.unreachable", destination="main", place="a server", why="off"))


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A stockroom whose stock system says what is put into the list, and how often it was asked."""
    made = small.make(tmp_path)
    answers, times = [HELD], []

    def ask(factory, destination, clock):
        times.append(destination.name)
        return answers[-1]() if callable(answers[-1]) else answers[-1]

    monkeypatch.setattr(control, "ask_on_hand", ask)
    engine = connect(made.ops_url)
    yield FactoryStockControl(lambda: load(made.folder), engine, system_clock), answers, times
    engine.dispose()


def test_it_is_asked_seldom(asked):
    room, _, times = asked
    assert [room.on_hand() for _ in range(5)] == [{"main": HELD}] * 5
    assert times == ["main"]


def test_a_system_that_is_down_shows_its_last_answer_and_changes_once(asked, monkeypatch):
    room, answers, _ = asked
    monkeypatch.setattr(control, "FRESH_S", 0)
    versions = [room.version()]
    for answer in (HELD, HELD, DOWN, DOWN, HELD):
        answers.append(answer)
        told = room.on_hand()["main"]
        versions.append(room.version())
        assert told.quantities == HELD.quantities and str(told.why) == str(answer.why)
    assert [one != other for one, other in zip(versions, versions[1:], strict=False)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_a_question_without_an_answer_is_asked_once(asked, monkeypatch):
    room, answers, times = asked
    ended = []
    answers.append(lambda: (time.sleep(0.5), ended.append(True), HELD)[-1])
    before = time.monotonic()
    assert room.on_hand() == {"main": StockOnHand()} and room.on_hand() == {"main": StockOnHand()}
    assert time.monotonic() - before < 0.4 and times == ["main"]
    version = room.version()
    monkeypatch.setattr(control, "SILENT_S", 0)
    assert room.on_hand()["main"].why.code == "pipeline.stock_silent" and room.version() != version
    while not ended:
        time.sleep(0.05)
    time.sleep(0.05)
    assert room.on_hand() == {"main": HELD}


def test_an_error_of_a_driver_is_reported_without_its_words(tmp_path, monkeypatch):
    made = small.make(tmp_path)

    def breaks(destination, url):
        raise UnicodeError("host of clerk:s3cr3t")

    monkeypatch.setattr(control, "open_destination", breaks)
    told = control.ask_on_hand(made, made.settings.stock[0], system_clock)
    assert told.why.code == "ship.unreachable" and "s3cr3t" not in str(told.why)
