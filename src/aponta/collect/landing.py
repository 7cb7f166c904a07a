"""One look at every source: what is new and finished is copied into the raw zone and written into the ledger, once."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from aponta.collect.archive import unpack
from aponta.collect.ledger import EPOCH, Taken, memory, printable, record
from aponta.collect.raw import RawZone
from aponta.contract.clock import Clock
from aponta.contract.source import Listed, Source
from aponta.errors import TransientError

GROUP = 64  # files recorded in one transaction
THREADS = 4  # hashing, compressing and syncing leave Python free for the others


@dataclass(frozen=True)
class Trouble:
    """A file that something went wrong with, in words of the operating system."""

    source: str
    path: str
    reason: str


@dataclass(frozen=True)
class Collected:
    """What one look found. listed = remembered + taken + young + unreadable, but for files that vanished meanwhile."""

    listed: int
    remembered: int  # taken in an earlier pass, unchanged: not read again
    taken: int
    size: int  # bytes taken
    young: int  # still being written: left for the next pass
    unreadable: tuple[Trouble, ...]  # left for the next pass
    unreleased: tuple[Trouble, ...]  # taken, but the original could not be moved or deleted: the next pass tries again
    unreachable: tuple[TransientError, ...]  # sources; what is remembered of them is not forgotten


@dataclass(frozen=True)
class _Found:
    source: Source
    listed: Listed

    def trouble(self, error: OSError) -> Trouble:
        return Trouble(self.source.name, printable(self.listed.path), error.strerror or str(error))


def collect(
    sources: Iterable[Source],
    raw: RawZone,
    engine: Engine,
    clock: Clock,
    stable_seconds: float,
    *,
    wait: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Collected:
    """Take every new, finished file of the sources, oldest first. Only for who holds the pass's lock.

    A file is finished when it has not changed for `stable_seconds`; with `wait`, younger ones are waited for, once;
    without it only those whose time is in the future. Each taken file is an `arrival` of no batch yet. Killed at any
    point and run again, nothing is lost and nothing is recorded twice. `progress` is told (files looked into, files to
    look into), first as soon as there are any. Raises TransientError `ops.disk_full`, `ops.unwritable`,
    `ops.unreachable`: what is not recorded is still in its source.
    """
    raw.sweep()
    found, unreachable = _list(sources)
    fresh, kept = _compare(found, raw, engine)
    if fresh and progress:
        progress(0, len(fresh))
    ready, young = _finished(fresh, clock, stable_seconds, wait)
    unreleased = _release(kept)
    listed = sum(len(files) for _, files in found)
    unreadable: list[Trouble] = []
    done, taken, size = 0, 0, 0
    with ThreadPoolExecutor(THREADS) as threads, ExitStack() as ending:
        outcomes = threads.map(lambda file: _take(file, raw, clock), ready)
        ending.callback(threads.shutdown, cancel_futures=True)  # of a pass that fails what is not begun stays so
        for start in range(0, len(ready), GROUP):
            group: list[tuple[_Found, Taken]] = []
            for file in ready[start : start + GROUP]:
                match next(outcomes):
                    case Taken() as copy:
                        group.append((file, copy))
                    case Trouble() as trouble:
                        unreadable.append(trouble)
                    case None:
                        young += 1
                done += 1
                if progress:
                    progress(done, len(ready))
            record(engine, [copy for _, copy in group])
            unreleased += _release(file for file, _ in group)
            taken += len(group)
            size += sum(copy.listed.size for _, copy in group)
    return Collected(
        listed=listed,
        remembered=listed - len(fresh),
        taken=taken,
        size=size,
        young=young,
        unreadable=tuple(unreadable),
        unreleased=tuple(unreleased),
        unreachable=tuple(unreachable),
    )


def _list(sources: Iterable[Source]) -> tuple[list[tuple[Source, list[Listed]]], list[TransientError]]:
    found: list[tuple[Source, list[Listed]]] = []
    unreachable: list[TransientError] = []
    for source in sources:
        try:
            found.append((source, list(source.list())))
        except TransientError as error:
            unreachable.append(error)
    return found, unreachable


def _compare(
    found: Iterable[tuple[Source, Sequence[Listed]]], raw: RawZone, engine: Engine
) -> tuple[list[_Found], list[_Found]]:
    """What was not taken yet as it is now, oldest first; and what was, yet its source still has to release it."""
    fresh: list[_Found] = []
    kept: list[_Found] = []
    for source, listed in found:
        known = memory(engine, source.name, listed)
        for one in listed:
            size, modified_ns, sha256 = known.get(printable(one.path), (-1, 0, ""))
            if size != one.size or modified_ns != one.modified_ns:
                fresh.append(_Found(source, one))
            elif source.releases:
                # Before an original is moved or deleted its copy must still be there; if it is not, it is taken again.
                (kept if raw.has(sha256) else fresh).append(_Found(source, one))
    return sorted(fresh, key=lambda one: (one.listed.modified_ns, one.listed.path)), kept


def _finished(fresh: Sequence[_Found], clock: Clock, stable_seconds: float, wait: bool) -> tuple[list[_Found], int]:
    """Those that nobody writes any more, and how many are left for the next pass."""
    now_ns = (clock() - EPOCH) // timedelta(microseconds=1) * 1000
    rests_s = [stable_seconds - (now_ns - one.listed.modified_ns) / 1e9 for one in fresh]
    # A time in the future does not tell how long ago it was written, nor will it for long: such a file is waited for.
    waits = [wait or rest_s > stable_seconds for rest_s in rests_s]
    longest_s = max((rest_s for rest_s, waited in zip(rests_s, waits, strict=True) if waited), default=0)
    if longest_s > 0:
        time.sleep(min(stable_seconds, longest_s))
    ready, young = [], 0
    for one, rest_s, waited in zip(fresh, rests_s, waits, strict=True):
        if rest_s <= 0 or (waited and (now := _look(one)) == one.listed):
            ready.append(one)
        elif not waited or now:  # else it is gone
            young += 1
    return ready, young


def _look(found: _Found) -> Listed | None:
    try:
        return found.source.look(found.listed)
    except OSError:  # opening it will fail too, and say why
        return found.listed


def _take(found: _Found, raw: RawZone, clock: Clock) -> Taken | Trouble | None:
    """The file in the raw zone; or why it cannot be read; or None when it changed while it was read."""
    try:
        with found.source.open(found.listed) as stream:
            sha256, size = raw.take(stream)
        if size != found.listed.size or found.source.look(found.listed) != found.listed:
            return None
        members = unpack(found.listed, sha256, raw)
    except OSError as error:
        return found.trouble(error)
    return Taken(found.source.name, found.listed, sha256, clock(), members)


def _release(taken: Iterable[_Found]) -> list[Trouble]:
    """Hand the originals back to their source, to leave, move or delete; those it could not."""
    unreleased: list[Trouble] = []
    for one in taken:
        if one.source.releases:
            try:
                one.source.release(one.listed)
            except OSError as error:
                unreleased.append(one.trouble(error))
    return unreleased
