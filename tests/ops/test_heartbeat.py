"""The watcher's sign of life: what is read back, what it costs, and when it stops."""

import time
from datetime import UTC, datetime

import pytest

from aponta.errors import ConfigError, TransientError
from aponta.ops import heartbeat
from aponta.ops.heartbeat import FILE, Heartbeat, LastPass, read_heartbeat
from aponta.words import LANGUAGES, Phrase, Words

NOW = datetime(2026, 3, 9, 10, tzinfo=UTC)


def test_what_beats_is_read_back(tmp_path):
    heart = Heartbeat(tmp_path, 5)
    assert read_heartbeat(tmp_path) is None, "a heart that only began has not looked yet"
    run = heart.begin()
    heart.idle(LastPass(run, NOW, 7, 1.5, 12))
    beat = read_heartbeat(tmp_path)
    assert (beat.run, beat.state, beat.poll_seconds) == (run, "idle", 5)
    assert beat.last_pass == LastPass(run, NOW, 7, 1.5, 12)
    assert beat.started_at <= beat.looked_at <= datetime.now(UTC)
    heart.begin()
    heart.idle()
    assert read_heartbeat(tmp_path).last_pass.batch == 7, "a look that finds nothing is no pass to tell of"


def test_progress_is_told_while_a_pass_works_and_goes_on_beating(tmp_path, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.02)
    heart = Heartbeat(tmp_path, 5)
    heart.begin()
    heart.step("decode", 3, 10)
    first = read_heartbeat(tmp_path)
    assert (first.state, first.step, first.done, first.total) == ("working", "decode", 3, 10)
    until = time.monotonic() + 10
    while read_heartbeat(tmp_path).looked_at == first.looked_at and time.monotonic() < until:
        time.sleep(0.01)
    assert read_heartbeat(tmp_path).looked_at > first.looked_at, "though the step told nothing"
    assert read_heartbeat(tmp_path).moved_at == first.moved_at
    heart.idle()
    time.sleep(0.1)
    beat = read_heartbeat(tmp_path)
    assert (beat.state, beat.step, beat.since) == ("idle", "", None)
    time.sleep(0.1)
    assert read_heartbeat(tmp_path) == beat, "nothing beats between two looks"


def test_progress_of_ten_thousand_files_is_not_ten_thousand_writes(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(heartbeat, "write_whole", lambda *given, **options: written.append(given))
    heart = Heartbeat(tmp_path, 5)
    heart.begin()
    for done in range(10_000):
        heart.step("collect", done, 10_000)
    heart.idle()
    assert 2 <= len(written) < 20


def test_an_error_is_kept_as_what_words_are_made_of(tmp_path):
    rule = Phrase("config.rule.too_long", {"max_length": 1})
    heart = Heartbeat(tmp_path, 5)
    inner = TransientError("ops.unwritable", path=tmp_path, reason=OSError("full"))
    for error in (
        ConfigError("config.bad_key", file="aponta.toml", key="a", value="1", rule=rule),
        TransientError("ops.unreachable", database="db", reason=inner),
    ):
        heart.begin()
        heart.idle(error=error)
        kept = read_heartbeat(tmp_path).error
        for language in LANGUAGES:
            assert Words(language).error(kept) == Words(language).error(error)
    since = read_heartbeat(tmp_path).failing_since
    heart.idle(error=error)
    assert read_heartbeat(tmp_path).failing_since == since
    heart.idle()
    assert (read_heartbeat(tmp_path).error, read_heartbeat(tmp_path).failing_since) == (None, None)


def test_the_end_is_told(tmp_path):
    heart = Heartbeat(tmp_path, 5)
    heart.begin()
    heart.step("collect", 0, 1)
    heart.stop()
    assert read_heartbeat(tmp_path).state == "ended"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"pid": 1}', b"\xff", b'{"looked_at": "noon"}'])
def test_what_is_torn_or_anothers_is_no_beat(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert read_heartbeat(tmp_path) is None


def test_a_beat_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / FILE).mkdir()
    heart = Heartbeat(tmp_path, 5)
    heart.begin()
    heart.step("collect", 1, 2)
    heart.idle()


def test_an_idle_look_costs_next_to_nothing(tmp_path):
    """A millisecond is the promise; on a computer that is busy otherwise the best of many is held against it."""
    heart = Heartbeat(tmp_path, 5)
    spent = []
    for _ in range(50):
        since = time.perf_counter()
        heart.begin()
        heart.idle()
        spent.append(time.perf_counter() - since)
    assert min(spent) < 0.001
