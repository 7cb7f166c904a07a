"""A source as a pass polls it: by threads of its own, so that a silent source holds up no other.

The server of a share is switched off, and a program that reads from the share waits, maybe for ever. Its threads are
left behind; as long as they wait there the source is not polled again.
"""

import errno
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, Self, TypeVar, cast

from aponta.contract.source import Listed, Source
from aponta.errors import TransientError

THREADS = 4  # hashing, compressing and syncing leave Python free for the others
SILENT_S = 30.0  # no answer for so long: none is expected any more
STEP_S = 0.5
GONE = {  # the share is gone, not one file
    getattr(errno, name, -1)
    for name in ("ESTALE", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "EREMOTEIO", "ENXIO")
}

Value = TypeVar("Value")


class SourceLost(Exception):
    """The source is gone, or silent: `PolledSource.failure` has the reason."""


def is_gone(error: OSError) -> bool:
    """Is the source itself out of reach, rather than one file of it?"""
    return isinstance(error, ConnectionError | TimeoutError) or error.errno in GONE


class PolledSource:
    """mark: names the source's threads in this process, together with the source's name."""

    def __init__(self, source: Source, mark: str) -> None:
        self.source = source
        self.name, self.releases, self.whole = source.name, source.releases, source.whole
        self.failure: TransientError | None = None
        self._silent = False
        self._waits: dict[int, float] = {}  # thread -> since when it waits for the source
        self._open: set[Future[object]] = set()
        prefix = f"{mark} {source.name} "
        left_behind = any(thread.name.startswith(prefix) for thread in threading.enumerate())
        self._threads = ThreadPoolExecutor(THREADS, prefix)
        if left_behind:
            self._fail_silent()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Calls that run are waited for, unless they wait for a silent source; the others do not begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while not self._silent and wait(tuple(self._open), STEP_S).not_done:
            self._check_silence()
        self.source.close()
        self._threads.shutdown(wait=not self._silent)

    def submit(self, call: Callable[[], Value]) -> Future[Value]:
        """Begin the call as soon as a thread is free."""
        if self.failure:
            future: Future[Value] = Future()
            future.cancel()
            return future
        future = self._threads.submit(call)
        self._open.add(cast(Future[object], future))
        future.add_done_callback(lambda done: self._open.discard(cast(Future[object], done)))
        return future

    def result(self, future: Future[Value]) -> Value:
        """The submitted call's value. Raises SourceLost when none comes; else what the call raises, OSError too."""
        while not self.failure and not wait([future], STEP_S).done:
            self._check_silence()
        if not future.done() or future.cancelled():
            raise SourceLost
        try:
            return future.result()
        except CancelledError:
            raise SourceLost from None
        except OSError as error:
            if not is_gone(error):
                raise
            self.fail(
                TransientError("collect.lost", source=self.source.name, reason=error.strerror or str(error) or "-")
            )
            raise SourceLost from error

    def fail(self, error: TransientError) -> None:
        """The source is out of reach, for this reason (the first one counts): no call begins any more."""
        self.failure = self.failure or error
        self._threads.shutdown(wait=False, cancel_futures=True)

    # The methods below are for `submit`: each may wait for the source.

    def listing(self, most: int | None = None) -> list[Listed]:
        """The source's files; most: so many are enough."""
        files: list[Listed] = []
        entries = self.source.list()
        while True:
            with self._waiting():
                listed = next(entries, None)
            if listed is None or len(files) == most:
                return files
            files.append(listed)

    def look(self, listed: Listed) -> Listed | None:
        with self._waiting():
            return self.source.look(listed)

    @contextmanager
    def open(self, listed: Listed) -> Iterator[BinaryIO]:
        with self._waiting():
            opened = self.source.open(listed)
        with opened as stream:
            yield cast(BinaryIO, _WatchedStream(stream, self._waiting))

    def release(self, listed: Listed) -> None:
        with self._waiting():
            self.source.release(listed)

    def try_release(self) -> None:
        with self._waiting():
            self.source.try_release()

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        self._waits[threading.get_ident()] = time.monotonic()
        try:
            yield
        finally:
            self._waits.pop(threading.get_ident(), None)

    def _check_silence(self) -> None:
        if time.monotonic() - min(list(self._waits.values()), default=time.monotonic()) > SILENT_S:
            self._fail_silent()

    def _fail_silent(self) -> None:
        self._silent = True
        self.fail(TransientError("collect.silent", source=self.source.name, seconds=SILENT_S))


class _WatchedStream:
    """A stream whose reads count as waiting for the source."""

    def __init__(self, stream: BinaryIO, waiting: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream, self._waiting = stream, waiting

    def read(self, size: int = -1) -> bytes:
        with self._waiting():
            return self._stream.read(size)
