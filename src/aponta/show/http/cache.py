"""Answers that are rendered once for all readers, until a fact changes."""

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from fastapi import Request
from fastapi.responses import Response

from aponta.contract.clock import Clock
from aponta.show.http.live import ContentVersion

MOST = 400
FRESH_S = 30  # an answer lasts no longer although no fact changed: whether a file is late depends on the time


class _Rendering:
    """One answer that is being rendered."""

    def __init__(self) -> None:
        self.lock = Lock()


class AnswerCache:
    def __init__(self, content: ContentVersion, clock: Clock) -> None:
        self.content, self.clock = content, clock
        self._answers: dict[tuple[Any, ...], tuple[str, bytes, str]] = {}
        self._lock = Lock()
        self._renderings: WeakValueDictionary[tuple[Any, ...], _Rendering] = WeakValueDictionary()  # in progress

    def answer(
        self, request: Request, key: tuple[Any, ...], render: Callable[[], bytes], media_type: str = "text/html"
    ) -> Response:
        """The answer that `render` gives; 304 where the browser has it already."""
        now = f"{self.content.current()} {int(self.clock().timestamp() // FRESH_S)}"
        with self._lock:
            rendering = self._renderings.setdefault(key, _Rendering())
        with rendering.lock:  # a hundred requests at once render an answer once; those for other answers do not wait
            answer = self._answers.get(key)
            if answer is None or answer[0] != now:
                body = render()
                answer = now, body, hashlib.sha256(body).hexdigest()[:20]
                with self._lock:
                    if len(self._answers) >= MOST:
                        self._answers.pop(next(iter(self._answers)))
                    self._answers[key] = answer
        headers = {"ETag": f'"{answer[2]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(answer[1], media_type=media_type, headers=headers)
