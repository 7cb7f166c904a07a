"""Live pages: a server-sent event reports that facts have changed, and the page fetches itself again.

A browser that lost its network, or whose server restarted, reconnects by itself; its first event then shows whether it
missed a change.
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
QUIET_S = 5  # an event at least so often: a browser that misses two knows that its network is gone


class ContentVersion:
    """The version of everything that pages show, as one text that changes with it; looked up every LOOK_S.

    ending: the server stops, so streams of events end.
    """

    def __init__(self, context: PageContext, watcher: Watcher, ending: Callable[[], bool] = lambda: False) -> None:
        self.context, self.watcher, self.ending = context, watcher, ending
        self._version = ""
        self._looked = -LOOK_S

    def current(self) -> str:
        if time.monotonic() - self._looked >= LOOK_S:
            watched = zlib.crc32(self.watcher.status().fingerprint.encode())
            self._version = f"{self.context.reader.version()} {self._ops()} {self.context.stock.version()} {watched:x}"
            self._looked = time.monotonic()
        return self._version

    def expire(self) -> None:
        """The next call looks again: an action has changed something."""
        self._looked = -LOOK_S

    def _ops(self) -> str:
        """The operational database: the time its file was written; for a server, another text every two seconds."""
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
    """The endpoint `/events`: a stream with `facts` at its beginning and at each change, and `quiet` in between."""

    async def stream(request: Request) -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        sent, since = "", 0.0
        while not content.ending() and not await request.is_disconnected():
            now = content.current()
            if now != sent:
                yield f"event: facts\ndata: {now}\n\n"
                sent, since = now, 0.0
            elif since >= QUIET_S:
                yield "event: quiet\ndata:\n\n"
                since = 0.0
            await asyncio.sleep(LOOK_S)
            since += LOOK_S

    async def answer(request: Request) -> StreamingResponse:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream(request), media_type="text/event-stream", headers=headers)

    return answer
