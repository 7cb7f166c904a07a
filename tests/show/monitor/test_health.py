"""/health: what is not well is told by its status, and to whom may know by its name."""

import factory as small
import pytest
from pages import RESTART, Clock, browser, opened

from aponta.ops.heartbeat import Heartbeat
from aponta.show.monitor import health


@pytest.fixture(scope="module")
def one_hour(tmp_path_factory):
    factory = small.make(tmp_path_factory.mktemp("one_hour"))
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(factory)
    return factory


@pytest.fixture
def shop(one_hour, tmp_path):
    return small.copy_to(one_hour, tmp_path)


@pytest.fixture
def clock(shop):
    clock = Clock()
    heart = Heartbeat(shop.data, 5, clock)
    heart.begin()
    heart.idle()
    return clock


def told(context):
    answer = browser(context, restart=RESTART).get("/health")
    bad = [name for name, check in answer.json()["checks"].items() if not check["ok"]]
    assert answer.status_code == (503 if bad else 200)
    assert answer.json()["status"] == ("failing" if bad else "ok")
    return bad


def test_all_is_well(shop, clock):
    with opened(shop, clock) as context:
        assert told(context) == []


def test_a_factory_that_just_began_is_well_but_for_its_watcher(tmp_path):
    with opened(small.make(tmp_path)) as context:
        assert told(context) == ["watcher"]


def test_a_watcher_that_is_silent(shop, clock):
    clock.now = clock.now.replace(hour=clock.now.hour + 1)
    with opened(shop, clock) as context:
        assert told(context) == ["watcher"]


def test_a_lake_that_is_gone(shop, clock):
    (shop.lake_folder / "published.json").write_text("{")
    with opened(shop, clock) as context:
        assert told(context) == ["lake"]


def test_a_database_that_is_gone(shop, clock):
    with opened(shop, clock) as context:
        context.engine.dispose()
        path = shop.data / "ops.db"
        path.write_bytes(b"this is a shopping list\n" * 1000)
        for beside in ("ops.db-wal", "ops.db-shm"):
            (shop.data / beside).unlink(missing_ok=True)
        assert told(context) == ["database"]


def test_a_full_disk(shop, clock, monkeypatch):
    monkeypatch.setattr(health, "free_bytes", lambda path: 1_000_000)
    with opened(shop, clock) as context:
        assert told(context) == ["disk"]


def test_asking_often_is_not_looking_often(shop, clock, monkeypatch):
    looked = []
    monkeypatch.setattr(health, "health_checks", lambda *given: looked.append(1) or {"disk": (True, {})})
    with opened(shop, clock) as context:
        there = browser(context)
        for _ in range(20):
            assert there.get("/health").status_code == 200
    assert len(looked) <= 3
