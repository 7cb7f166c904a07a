"""Whatever is lost or killed between the outbox and a real Tryton: stock ends as the last facts say, once."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Thread

import pytest

from aponta.config.sections.stock import Locations, StockSection
from aponta.errors import TransientError
from ship.conformance import LawsOfOneThatRefuses, System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a server is set up in the first one's time
ON_SQLITE, ON_POSTGRESQL = (
    pytest.mark.parametrize("tryton_server", [one], indirect=True) for one in ("sqlite", "postgresql")
)
LOCATIONS = {"good": "SP1/finished", "scrap": "SP1/scrap"}
CODES = {"P": ("SKU-P", 1), "B": ("SKU-B", 12)}
FACTS = [  # more, then less of some and nothing of others, then as it was and more
    {("M1", "P", 0, "good"): 40, ("M2", "P", 0, "good"): 12, ("M1", "B", 1, "good"): 100, ("M2", "P", 1, "scrap"): 7},
    {("M1", "P", 0, "good"): 25, ("M1", "B", 1, "good"): 60, ("M2", "P", 1, "scrap"): 9, ("M2", "B", 2, "good"): 13},
    {("M1", "P", 0, "good"): 41, ("M2", "P", 0, "good"): 12, ("M2", "P", 1, "scrap"): 1, ("M2", "B", 2, "good"): 50},
]


@pytest.fixture
def database(tryton_server):
    tryton_server.clear()
    return tryton_server


@ON_POSTGRESQL
class TestTryton(LawsOfOneThatRefuses):
    test_we_are_killed_while_posting = None  # one is killed below, at each step

    @pytest.fixture
    def system(self, database):
        locations = Locations(finished="SP1/finished", scrap="SP1/scrap")
        return System(
            StockSection(kind="tryton", locations=locations),
            database.url,
            codes=("SKU-P", "SKU-Q", "SKU-R"),
            locations=("SP1/finished", "SP1/scrap"),
        )


@pytest.fixture
def shop(open_shop, database, tmp_path):
    return opened(open_shop, database, tmp_path)


def opened(open_shop, database, folder):
    locations = Locations(finished="SP1/finished", scrap="SP1/scrap")
    return open_shop(f"sqlite:///{folder}/ops.db", database.url, kind="tryton", locations=locations)


def expected_on_hand(facts):
    pieces = Counter()
    for (_, product, _, quality), count in facts.items():
        code, per_unit = CODES[product]
        pieces[code, LOCATIONS[quality], per_unit] += count
    return {(code, place): count // per_unit for (code, place, per_unit), count in pieces.items() if count // per_unit}


def documents_twice(database):
    return database.execute("SELECT reference FROM production GROUP BY reference HAVING count(*) > 1")


class Lossy:
    """Of what is said about productions, a quarter never arrives there, and a quarter of the answers never here."""

    def __init__(self, http, seed):
        self.http, self.place, self.random, self.lost = http, http.place, random.Random(seed), Counter()

    def ask(self, method, path, *, body=None, headers=None):
        about = body["method"].startswith("model.production.")
        self.lose("request", about)
        answer = self.http.ask(method, path, body=body, headers=headers)
        self.lose("answer", about)
        return answer

    def lose(self, what, about):
        if about and self.random.random() < 0.25:
            self.lost[what] += 1
            raise TransientError("ship.unreachable", destination="main", place=self.place, why="lost")


class Checked:
    """A sink that was checked."""

    def __init__(self, inner):
        self.inner = inner

    def check(self):
        pass

    def __getattr__(self, name):
        return getattr(self.inner, name)


@ON_SQLITE
def test_lost_requests_and_lost_answers(shop, database):
    shop.sink.check()
    http = shop.sink.rpc.http
    shop.sink.rpc.http = lossy = Lossy(http, seed=7)
    for facts in FACTS:
        shop.prepare(facts)
        tries = 0
        while shop.drain(Checked(shop.sink), batch=3).stopped:
            tries += 1
            assert tries < 400
    shop.sink.rpc.http = http
    assert lossy.lost["request"] > 8 and lossy.lost["answer"] > 8
    assert {state for (state,) in shop.outbox_rows("state")} == {"acknowledged"}
    assert shop.on_hand() == expected_on_hand(FACTS[-1])
    assert documents_twice(database) == []


@ON_POSTGRESQL
def test_the_server_is_killed_in_mid_batch(shop, database):
    facts = {(machine, "P", hour, "good"): 1 for machine in ("M1", "M2") for hour in range(100)}
    shop.prepare(facts, hours=range(100))
    stopped = 0
    for after in (0.3, 0.8, 1.5):
        outcome = []
        thread = Thread(target=lambda outcome=outcome: outcome.append(shop.drain(batch=200)))
        shop.sink.check()
        thread.start()
        time.sleep(after)
        database.kill()
        thread.join()
        database.start()
        stopped += outcome[0].stopped is not None
    while (done := shop.drain(batch=200)).stopped:
        assert isinstance(done.stopped, TransientError)
    assert stopped
    assert Counter(shop.outbox_rows("state")) == {("acknowledged",): 200}
    assert shop.on_hand() == {("SKU-P", "SP1/finished"): 200}
    assert documents_twice(database) == []


@ON_SQLITE
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: processes cannot be killed step by step")
def test_we_are_killed_at_any_step(database, tmp_path):
    script = Path(__file__).with_name("killed_before_tryton_answers.py")
    folders = os.pathsep.join([str(script.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])  # walk.py
    ran = subprocess.run(
        [sys.executable, script, tmp_path, database.url],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": folders},
    )
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["killed"] for line in lines] == [True] * (len(lines) - 1) + [False]
    assert len(lines) > 8, "the steps of a batch"
    for number, line in enumerate(lines, start=1):
        assert line["states"] == [["acknowledged", 4]], line
        assert sorted(line["on_hand"]) == [
            ["SKU-B", "SP1/finished", 4 * number],
            ["SKU-B", "SP1/scrap", 4 * number],
            ["SKU-P", "SP1/finished", 50 * number],
            ["SKU-P", "SP1/scrap", 50 * number],
        ]
    assert documents_twice(database) == []
