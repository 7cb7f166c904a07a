"""Answers that are made once for all who ask, until a fact changes."""

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
FRESH_S = 30  # an answer is made anew after so long though no fact changed: what is late depends on the time


class _Turn:
    """To make one answer."""

    def __init__(self) -> None:
        self.lock = Lock()


class AnswerCache:
    def __init__(self, content: ContentVersion, clock: Clock) -> None:
        self.content, self.clock = content, clock
        self._known: dict[tuple[Any, ...], tuple[str, bytes, str]] = {}
        self._lock = Lock()
        self._turns: WeakValueDictionary[tuple[Any, ...], _Turn] = WeakValueDictionary()  # of what is being made

    def answer(
        self, request: Request, key: tuple[Any, ...], make: Callable[[], bytes], media_type: str = "text/html"
    ) -> Response:
        """What `make` makes; 304 where the browser has it already."""
        now = f"{self.content.current()} {int(self.clock().timestamp() // FRESH_S)}"
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
        with turn.lock:  # of a hundred who ask at once, one has it made; who asks for another does not wait for it
            known = self._known.get(key)
            if known is None or known[0] != now:
                body = make()
                known = now, body, hashlib.sha256(body).hexdigest()[:20]
                with self._lock:
                    if len(self._known) >= MOST:
                        self._known.pop(next(iter(self._known)))
                    self._known[key] = known
        headers = {"ETag": f'"{known[2]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(known[1], media_type=media_type, headers=headers)
