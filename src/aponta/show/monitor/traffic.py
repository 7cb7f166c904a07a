"""Requests counted and timed; those that fail for a mistake of aponta's own go to the log."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aponta.contract.clock import Clock
from aponta.errors import ContractError
from aponta.ops.log import Log, run_id

OTHER = "other"  # requests that fit no page's path


class Traffic:
    """Requests by path (as declared: /machines/{machine}) and status, and their seconds."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, page: str, status: int, seconds: float | None) -> None:
        """seconds: None for a request that stays open, as live events do."""
        with self._lock:
            self.requests[page, status] += 1
            if seconds is not None:
                self.seconds[page] += seconds  # type: ignore[assignment]  # a Counter of floats


class CountRequests:
    """refuse: renders an error as the page or JSON that answers the request."""

    def __init__(
        self,
        app: ASGIApp,
        traffic: Traffic,
        log: Log,
        clock: Clock,
        refuse: Callable[[Request, ContractError], Awaitable[Response]],
    ) -> None:
        self.app, self.traffic, self.log, self.clock, self.refuse = app, traffic, log, clock, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        since, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            request = run_id(self.clock())
            self.log.write("error", f"{scope['method']} {_page(scope)}", run=request, error=error)
            if status:  # part of the answer was sent: only an abort shows that the rest is missing
                raise
            failure = await self.refuse(Request(scope, receive), ContractError("show.broken", request=request))
            await failure(scope, receive, answer)
        finally:
            page = _page(scope)
            self.traffic.count(page, status, None if page == "/events" else time.perf_counter() - since)


def _page(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or OTHER
