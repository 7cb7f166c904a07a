"""An answer is made once for all who ask for it; who asks for another one does not wait."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace

from starlette.requests import Request

from aponta.show.http.cache import MOST, AnswerCache

ASKED = Request({"type": "http", "headers": []})
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def kept(content="1"):
    return AnswerCache(SimpleNamespace(current=lambda: content), lambda: NOW)


def test_who_asks_for_another_answer_does_not_wait():
    answers, begun, go_on = kept(), threading.Event(), threading.Event()

    def slowly():
        begun.set()
        assert go_on.wait(30)
        return b"slow"

    with ThreadPoolExecutor() as at_once:
        slow = at_once.submit(answers.answer, ASKED, ("slow",), slowly)
        try:
            assert begun.wait(30)
            other = at_once.submit(answers.answer, ASKED, ("other",), lambda: b"other")
            assert other.result(30).body == b"other" and not slow.done()
        finally:
            go_on.set()
        assert slow.result(30).body == b"slow"


def test_of_many_who_ask_at_once_one_has_it_made():
    answers, made, all_there = kept(), [], threading.Barrier(8)

    def ask():
        all_there.wait(30)
        return answers.answer(ASKED, ("same",), lambda: made.append(1) or b"same").body

    with ThreadPoolExecutor(8) as at_once:
        assert [one.result(30) for one in [at_once.submit(ask) for _ in range(8)]] == [b"same"] * 8
    assert made == [1]


def test_what_is_kept_is_bounded_and_nothing_of_what_failed_is():
    answers = kept()

    def fail():
        raise ValueError

    for number in range(MOST + 10):
        assert answers.answer(ASKED, (number,), lambda: b"x").body == b"x"
        try:
            answers.answer(ASKED, ("bad", number), fail)
        except ValueError:
            continue
    assert len(answers._answers) == MOST and not len(answers._renderings)
