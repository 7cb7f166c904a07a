"""A source as a pass asks it: by threads of its own, so that one that falls silent holds up no other.

The server of a share is switched off, and who reads from the share waits, maybe for ever. Its threads are left behind;
as long as they wait there the source is not asked again.
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
GONE = {  # of the share, not of one file
    getattr(errno, name, -1)
    for name in ("ESTALE", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "EREMOTEIO", "ENXIO")
}

Answer = TypeVar("Answer")


class Lost(Exception):
    """The source is gone, or silent: `Asked.lost` says why."""


def gone(error: OSError) -> bool:
    """Is it the source that cannot be reached, rather than one file of it?"""
    return isinstance(error, ConnectionError | TimeoutError) or error.errno in GONE


class Asked:
    """mark: with the source's name, what its threads are known by, in this process."""

    def __init__(self, source: Source, mark: str) -> None:
        self.source = source
        self.lost: TransientError | None = None
        self._silent = False
        self._waits: dict[int, float] = {}  # thread -> since when it waits for the source
        self._open: set[Future[object]] = set()
        named = f"{mark} {source.name} "
        left_behind = any(one.name.startswith(named) for one in threading.enumerate())
        self._threads = ThreadPoolExecutor(THREADS, named)
        if left_behind:
            self._fall_silent()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What is begun is waited for, unless it waits itself; what is not is not begun any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while not self._silent and wait(tuple(self._open), STEP_S).not_done:
            self._listen()
        self.source.close()
        self._threads.shutdown(wait=not self._silent)

    def ask(self, do: Callable[[], Answer]) -> Future[Answer]:
        """Begins it, as soon as a thread is free."""
        if self.lost:
            asked: Future[Answer] = Future()
            asked.cancel()
            return asked
        asked = self._threads.submit(do)
        self._open.add(cast(Future[object], asked))
        asked.add_done_callback(lambda done: self._open.discard(cast(Future[object], done)))
        return asked

    def answer(self, asked: Future[Answer]) -> Answer:
        """Raises Lost when none comes; OSError and others as what was asked does."""
        while not self.lost and not wait([asked], STEP_S).done:
            self._listen()
        if not asked.done() or asked.cancelled():
            raise Lost
        try:
            return asked.result()
        except CancelledError:
            raise Lost from None
        except OSError as error:
            if not gone(error):
                raise
            self._lose(
                TransientError("collect.lost", source=self.source.name, reason=error.strerror or str(error) or "-")
            )
            raise Lost from error

    def listing(self, most: int | None = None) -> list[Listed]:
        """To be asked, as the following are. most: so many files are enough."""
        found: list[Listed] = []
        entries = self.source.list()
        while True:
            with self._waiting():
                one = next(entries, None)
            if one is None or len(found) == most:
                return found
            found.append(one)

    def look(self, listed: Listed) -> Listed | None:
        with self._waiting():
            return self.source.look(listed)

    @contextmanager
    def open(self, listed: Listed) -> Iterator[BinaryIO]:
        with self._waiting():
            opened = self.source.open(listed)
        with opened as stream:
            yield cast(BinaryIO, _Heard(stream, self._waiting))

    def release(self, listed: Listed) -> None:
        with self._waiting():
            self.source.release(listed)

    def try_release(self) -> None:
        with self._waiting():
            self.source.try_release()

    def unreachable(self, error: TransientError) -> None:
        """It said so itself."""
        self._lose(error)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        self._waits[threading.get_ident()] = time.monotonic()
        try:
            yield
        finally:
            self._waits.pop(threading.get_ident(), None)

    def _listen(self) -> None:
        if time.monotonic() - min(list(self._waits.values()), default=time.monotonic()) > SILENT_S:
            self._fall_silent()

    def _fall_silent(self) -> None:
        self._silent = True
        self._lose(TransientError("collect.silent", source=self.source.name, seconds=SILENT_S))

    def _lose(self, error: TransientError) -> None:
        self.lost = self.lost or error
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Heard:
    """A stream that is waited for."""

    def __init__(self, stream: BinaryIO, waiting: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream, self._waiting = stream, waiting

    def read(self, size: int = -1) -> bytes:
        with self._waiting():
            return self._stream.read(size)
