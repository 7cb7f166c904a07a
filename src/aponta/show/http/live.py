"""Tells browsers that facts have changed: one server-sent event, upon which a page fetches itself again.

A browser that lost its network, or whose server was restarted, connects again by itself; the event it then gets tells
whether it missed something.
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from fastapi import Request
from fastapi.responses import StreamingResponse

from aponta.show.context import PageContext
from aponta.show.monitor.watcher import Watcher

LOOK_S = 0.25
QUIET_S = 5  # after so long without news an event says so: a browser that misses two knows that its network is gone


class ContentVersion:
    """One text that is another one whenever what pages show may be. All who ask within LOOK_S get the same.

    ending: the server is to stop, so streams of events end.
    """

    def __init__(self, context: PageContext, watcher: Watcher, ending: Callable[[], bool] = lambda: False) -> None:
        self.context, self.watcher, self.ending = context, watcher, ending
        self._known = ""
        self._looked = -LOOK_S

    def current(self) -> str:
        if time.monotonic() - self._looked >= LOOK_S:
            watched = zlib.crc32(self.watcher.status().fingerprint.encode())
            self._known = f"{self.context.reader.version()} {self._ops()} {self.context.stock.version()} {watched:x}"
            self._looked = time.monotonic()
        return self._known

    def expire(self) -> None:
        """Look again at the next question: something was changed here."""
        self._looked = -LOOK_S

    def _ops(self) -> str:
        """Of the operational database: when its file was written; of a server's, every two seconds may be news."""
        if self.context.engine.dialect.name != "sqlite":
            return str(int(time.time() // 2))
        path = str(self.context.engine.url.database)
        return " ".join(str(_written(Path(name))) for name in (path, f"{path}-wal"))


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def event_stream(content: ContentVersion) -> Callable[[Request], Awaitable[StreamingResponse]]:
    """What answers `/events`: a stream that says `facts` once at its beginning and at each change, else `quiet`."""

    async def stream(request: Request) -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        told, since = "", 0.0
        while not content.ending() and not await request.is_disconnected():
            now = content.current()
            if now != told:
                yield f"event: facts\ndata: {now}\n\n"
                told, since = now, 0.0
            elif since >= QUIET_S:
                yield "event: quiet\ndata:\n\n"
                since = 0.0
            await asyncio.sleep(LOOK_S)
            since += LOOK_S

    async def answer(request: Request) -> StreamingResponse:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream(request), media_type="text/event-stream", headers=headers)

    return answer
