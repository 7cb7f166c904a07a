"""The laws that a stock system of every kind keeps, tried on a real one of each.

A kind's test derives from `Laws`, or from one of the two after it, and gives a fixture `system`, in which nothing is
posted yet. What is tried is the kind alone; `told` is the smallest driver that keeps the contract's rules.
"""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from source import PYTHONPATH

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.key import key_of
from aponta.contract.stock.sink import Declaration, Rejection, Sink, StockDocument
from aponta.errors import TransientError
from aponta.ship.destinations import open_destination

SITE = "SP1"
HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
ROUNDS = 300  # after so many it will never end
BATCH = 20
KILLED_AFTER_S = (0.003, 0.01, 0.02, 0.03, 0.05, 0.1)
Outcomes = dict[str, StockDocument | Rejection]


@dataclass
class System:
    """A stock system on trial; locations and codes are there."""

    section: StockSection
    url: str
    folder: Path = Path()
    codes: Sequence[str] = ("SKU-A", "SKU-B", "SKU-C")
    locations: Sequence[str] = ("finished", "scrap")
    unknown: str = "NO-SUCH"
    works: Callable[[], object] = lambda: None  # what it does by itself between two looks
    restart: Callable[[], object] = lambda: None

    def opened(self) -> Sink:
        return open_destination(self.section, self.url, self.folder)


class Lossy:
    """A sink of which a quarter of the requests, and a quarter of the answers, are lost."""

    def __init__(self, inner: Sink, seed: int) -> None:
        self.name, self.inner, self.chance = inner.name, inner, random.Random(seed)

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        return self._call(self.inner.look_up, keys)

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        return self._call(self.inner.post, declarations)

    def __getattr__(self, name: str):
        return getattr(self.inner, name)

    def _call(self, does, argument):
        self._lose()
        answer = does(argument)
        self._lose()
        return answer

    def _lose(self) -> None:
        if self.chance.random() < 0.25:
            raise TransientError("ship.unreachable", destination=self.name, place="a cable", why="cut")


def declared(system: System, count: int, first: int = 0) -> list[Declaration]:
    """Of so many hours, one each; a machine, a product and a place in turn."""
    made = []
    for at in range(first, first + count):
        hour = HOUR + timedelta(hours=at)
        machine, quality = f"M{at % 3}", "good" if at % 4 else "scrap"
        code = system.codes[at % len(system.codes)]
        place = system.locations[at % len(system.locations)]
        key = key_of(SITE, machine, code, hour, quality, 1)
        pieces = 10 + at % 90
        made.append(
            Declaration(
                key, machine, code, code, hour, quality, 1, pieces, Decimal(pieces), "pc", place, hour.date(), lot=None
            )
        )
    return made


def corrected(declaration: Declaration, quantity: int, revision: int = 2) -> Declaration:
    """The next revision, of so many more, or fewer."""
    key = key_of(SITE, declaration.machine, declaration.product, declaration.hour, declaration.quality, revision)
    return replace(declaration, key=key, revision=revision, pieces=quantity, quantity=Decimal(quantity))


def post_all(sink: Sink, declarations: Sequence[Declaration], works: Callable[[], object] = lambda: None) -> Outcomes:
    """The outcome of each: looked up before it is posted, and posted again until it is final."""
    outcomes: Outcomes = {}
    for _ in range(ROUNDS):
        waiting = [one for one in declarations if one.key not in outcomes]
        if not waiting:
            return outcomes
        for at in range(0, len(waiting), BATCH):
            try:
                outcomes |= _finished(sink, waiting[at : at + BATCH])
            except TransientError:
                time.sleep(0.02)  # so that a server that starts is not asked hundreds of times meanwhile
        works()
    raise AssertionError(f"not final after {ROUNDS} rounds: {waiting[0]}")


def _finished(sink: Sink, declarations: Sequence[Declaration]) -> Outcomes:
    there = sink.look_up([one.key for one in declarations])
    absent = [one for one in declarations if one.key not in there or there[one.key].progress == "partial"]
    found = there | (_posted(sink, absent) if absent else {})
    return {
        key: one
        for key, one in found.items()
        if isinstance(one, Rejection) or one.progress not in ("partial", "waiting")
    }


def _posted(sink: Sink, declarations: Sequence[Declaration]) -> Outcomes:
    try:
        return dict(sink.post(declarations))
    except Rejection as refusal:
        if len(declarations) == 1:
            return {declarations[0].key: refusal}
        return _posted(sink, declarations[: len(declarations) // 2]) | _posted(
            sink, declarations[len(declarations) // 2 :]
        )


def on_hand(system: System) -> dict[tuple[str, str], Decimal]:
    return {(code, place): quantity for code, place, quantity in system.opened().on_hand() if quantity}


def summed(declarations: Sequence[Declaration]) -> dict[tuple[str, str], Decimal]:
    sums: Counter[tuple[str, str]] = Counter()
    for one in declarations:
        sums[one.stock_code, one.location] += one.quantity
    return {place: quantity for place, quantity in sums.items() if quantity}


def listed(system: System, since: datetime = HOUR, until: datetime = HOUR + timedelta(days=999)) -> list[tuple]:
    return sorted((key, one.quantity, one.progress) for key, one in system.opened().list_documents(SITE, since, until))


def assert_there_once(system: System, declarations: Sequence[Declaration]) -> None:
    """By the system's own account: stock, and document by document."""
    assert on_hand(system) == summed(declarations)
    assert listed(system) == sorted((one.key, one.quantity, "done") for one in declarations)


class Laws:
    """Derive, and give a fixture `system`."""

    def test_it_is_ready(self, system):
        system.opened().check()
        closed = system.opened().closed_until()
        assert closed is None or closed < HOUR.date()

    @pytest.mark.parametrize("seed", [1, 2])
    def test_whatever_is_lost_each_is_there_once(self, system, seed):
        said = declared(system, 60)
        outcomes = post_all(Lossy(system.opened(), seed), said, system.works)
        assert {key: (one.quantity, one.progress) for key, one in outcomes.items()} == {
            one.key: (one.quantity, "done") for one in said
        }
        assert_there_once(system, said)

    def test_posted_twice_it_is_there_once(self, system):
        said = declared(system, 5)
        for _ in range(2):
            assert system.opened().post(said).keys() == {one.key for one in said}
            post_all(system.opened(), said, system.works)
        assert_there_once(system, said)

    def test_a_key_with_another_content_is_refused_and_changes_nothing(self, system):
        first, second = declared(system, 2)
        post_all(system.opened(), [first, second], system.works)
        other = replace(first, quantity=first.quantity + 1, pieces=first.pieces + 1)
        with suppress(Rejection):
            assert system.opened().post([other])[other.key].quantity == first.quantity
        post_all(system.opened(), [other], system.works)
        assert_there_once(system, [first, second])

    def test_a_correction_takes_back(self, system):
        first, second, third = declared(system, 3)
        less, more, all_of_it = corrected(first, -4), corrected(second, 7), corrected(third, -third.pieces)
        for said in ([first, second, third], [less, more, all_of_it]):
            outcomes = post_all(system.opened(), said, system.works)
            assert {one.progress for one in outcomes.values()} == {"done"}
        assert_there_once(system, [first, second, third, less, more, all_of_it])

    def test_two_that_post_the_same_post_it_once(self, system):
        said = declared(system, 40)
        failed: list[BaseException] = []

        def post() -> None:
            try:
                post_all(system.opened(), said, system.works)
            except BaseException as error:
                failed.append(error)

        both = [Thread(target=post) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert not failed
        assert_there_once(system, said)

    def test_what_is_listed_is_of_the_site_and_of_those_hours(self, system):
        said = declared(system, 6)
        post_all(system.opened(), said, system.works)
        assert listed(system, said[2].hour, said[4].hour) == sorted(
            (one.key, one.quantity, "done") for one in said[2:4]
        )
        assert list(system.opened().list_documents("SP", HOUR, HOUR + timedelta(days=1))) == []

    @pytest.mark.skipif(
        not hasattr(os, "fork"), reason="this system cannot fork: a process cannot be killed as it posts"
    )
    def test_we_are_killed_while_posting(self, system):
        said = declared(system, 60 * len(KILLED_AFTER_S))
        given = pickle.dumps((system.section, system.url, system.folder, said))
        killed = [sys.executable, "-m", "ship.conformance"]
        tests = os.environ | {"PYTHONPATH": PYTHONPATH}
        subprocess.run(killed, input=given, env=tests, check=True)
        post_all(system.opened(), said, system.works)
        assert_there_once(system, said)


class LawsOfOneThatRefuses(Laws):
    """It knows its codes: `unknown` is none of them."""

    def test_what_is_refused_stands_alone(self, system):
        said = declared(system, 8)
        bad = {said[3].key, said[4].key}
        spoiled = [replace(one, stock_code=system.unknown) if one.key in bad else one for one in said]
        outcomes = post_all(system.opened(), spoiled, system.works)
        for key, one in outcomes.items():
            refused = isinstance(one, Rejection) or one.progress == "refused"
            assert (refused, key) == (key in bad, key)
            assert not refused or one.why
        assert_there_once(system, [one for one in said if one.key not in bad])
        post_all(system.opened(), said, system.works)  # its cause was mended
        assert_there_once(system, said)


class LawsOfAServer(LawsOfOneThatRefuses):
    """It is a process of its own, which `restart` kills (kill -9) and starts again."""

    def test_it_is_killed_while_we_post(self, system):
        said = declared(system, 600)
        outcomes: Outcomes = {}
        posting = Thread(target=lambda: outcomes.update(post_all(system.opened(), said, system.works)))
        posting.start()
        for _ in range(3):
            time.sleep(0.05)
            system.restart()
        posting.join()
        assert outcomes.keys() == {one.key for one in said}
        assert_there_once(system, said)


def _kill_in_mid_batch() -> None:
    """Children post a part each, and are killed at it, one sooner than the other."""
    section, url, folder, said = pickle.load(sys.stdin.buffer)
    for number, after_s in enumerate(KILLED_AFTER_S):
        child = os.fork()
        if child == 0:
            posting = open_destination(section, url, folder)
            for part in (said[at : at + 10] for at in range(60 * number, 60 * (number + 1), 10)):
                _finished(posting, part)
            os._exit(0)
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    _kill_in_mid_batch()
