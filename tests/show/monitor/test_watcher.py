"""Whether somebody takes files, as every page says it, and when that is news."""

from datetime import timedelta

import factory as small
import pytest
from pages import RESTART, Clock, browser, opened

from aponta.errors import ApontaError, TransientError
from aponta.ops.heartbeat import Beat, Heartbeat, read_heartbeat
from aponta.show.http.live import LOOK_S, ContentVersion
from aponta.show.monitor.watcher import Watcher, WatcherStatus, status_by_heartbeat

NOW = small.WEEK_LATER


def beat(**other):
    return Beat(**{"pid": 1, "host": "h", "run": "r", "started_at": NOW, "looked_at": NOW, "poll_seconds": 5} | other)


def later(**given):
    return NOW + timedelta(**given)


@pytest.mark.parametrize(
    ("told", "now", "state"),
    [
        (None, NOW, "never"),
        (beat(), later(seconds=45), "beating"),
        (beat(), later(seconds=46), "silent"),
        (beat(poll_seconds=600), later(minutes=30, seconds=30), "beating"),
        (beat(state="ended"), NOW, "silent"),
        (beat(error=TransientError("ops.bad_url")), NOW, "failing"),
        (beat(error=TransientError("ops.bad_url")), later(minutes=5), "silent"),
        (beat(state="working", since=NOW, moved_at=NOW), later(seconds=9), "beating"),
        (beat(state="working", since=NOW, moved_at=NOW), later(seconds=11), "working"),
        (beat(state="working", since=NOW, moved_at=NOW, looked_at=later(minutes=14)), later(minutes=14), "working"),
        (beat(state="working", since=NOW, moved_at=NOW, looked_at=later(minutes=16)), later(minutes=16), "silent"),
    ],
)
def test_how_it_stands(told, now, state):
    found = status_by_heartbeat(told, now)
    assert found.state == state
    assert found.up is (state in ("beating", "working"))


def test_an_error_of_another_version_is_left_out():
    assert status_by_heartbeat(beat(error=ApontaError("ops.of_tomorrow")), NOW).error is None
    assert status_by_heartbeat(beat(error=ApontaError("ops.unwritable", other=1)), NOW).error is None


def test_progress_is_news_by_the_tenth_and_a_beat_is_none():
    first = WatcherStatus("working", NOW, "decode", 100, 1000)
    assert first.fingerprint == WatcherStatus("working", NOW, "decode", 199, 1000).fingerprint
    assert first.fingerprint != WatcherStatus("working", NOW, "decode", 200, 1000).fingerprint


@pytest.fixture(scope="module")
def one_hour(tmp_path_factory):
    factory = small.make(tmp_path_factory.mktemp("one_hour"))
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(factory)
    return factory


@pytest.fixture
def shop(one_hour, tmp_path):
    return small.copy_to(one_hour, tmp_path)


def shown(context, language):
    there = browser(context, restart=RESTART)
    there.cookies.set("language", language)
    return [there.get(path).text for path in ("/", "/nope", "/api/docs")]


@pytest.mark.parametrize(
    ("language", "never", "silent", "error"),
    [
        ("en", "nothing has looked for them yet", "is not taking files since 07:01.", "cannot be written: full"),
        ("pt-BR", "ninguém procurou por eles", "não recebe arquivos desde 07:01.", "Não foi possível gravar"),
    ],
)
def test_every_page_shows_that_nobody_takes_files_and_how_to_start_the_watcher(shop, language, never, silent, error):
    clock = Clock()
    with opened(shop, clock) as context:
        assert all(never in page and f"<code>{RESTART}</code>" in page for page in shown(context, language))
        heart = Heartbeat(shop.data, 5, clock)
        heart.begin()
        clock.now = later(minutes=1)
        heart.idle()
        for page in shown(context, language):
            assert never not in page and RESTART not in page and 'id="watcher" data-live' in page
        heart.idle(error=TransientError("ops.unwritable", path="x", reason="full"))
        assert all(error in page and RESTART not in page for page in shown(context, language))
        clock.now = later(minutes=2)
        for page in shown(context, language):
            assert RESTART in page and error in page and silent in page
        clock.now = later(days=1)
        assert all("09" in page and silent not in page for page in shown(context, language)), (
            "of another day, the day too"
        )


def test_a_long_pass_shows_its_progress(shop):
    clock = Clock()
    with opened(shop, clock) as context:
        heart = Heartbeat(shop.data, 5, clock)
        heart.begin()
        heart.step("decode", 120, 300)
        clock.now = later(seconds=20)
        heart._written = 0
        heart.step("decode", 121, 300)
        for page in shown(context, "en"):
            assert '<progress value="121" max="300"' in page and "Taking files: decode" in page
        heart.stop()


def test_where_time_stands_still_nobody_need_watch(shop):
    with opened(shop) as context:
        assert 'role="alert"' not in browser(context).get("/").text


def test_a_poll_changes_no_page_and_a_new_state_does(shop, monkeypatch):
    """A page fetches itself anew when this text is another one."""
    clock = Clock()
    with opened(shop, clock) as context:
        content = ContentVersion(context, Watcher(shop.data, clock, RESTART))

        def now():
            content._looked -= LOOK_S
            return content.current()

        heart = Heartbeat(shop.data, 5, clock)
        heart.begin()
        heart.idle()
        first = now()
        for second in range(1, 20):
            clock.now = later(seconds=5 * second)
            heart.begin()
            small.run(shop, clock.now)  # an idle pass
            heart.idle()
            assert now() == first
        heart.idle(error=TransientError("ops.unwritable", path="x", reason="full"))
        failing = now()
        assert failing != first
        heart.idle(error=TransientError("ops.unwritable", path="x", reason="full"))
        assert now() == failing
        heart.idle()
        assert now() == first
        clock.now = later(hours=1)
        assert now() != first, "nothing was written, and that is the news"
        assert read_heartbeat(shop.data).looked_at < clock.now
