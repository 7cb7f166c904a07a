"""Polls every source once: new, finished files are copied into the raw zone and recorded in the ledger, once."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Literal

from sqlalchemy import Engine

from aponta.collect.archive import unpack
from aponta.collect.ledger import EPOCH, AcceptedFile, fingerprint, known_fingerprints, record_arrivals
from aponta.collect.names import printable
from aponta.collect.polling import THREADS, PolledSource, SourceLost, is_gone
from aponta.collect.raw import RawZone
from aponta.contract.clock import Clock
from aponta.contract.source import Listed, Locked, Source
from aponta.errors import TransientError
from aponta.words import Phrase

GROUP = 64  # files recorded in one transaction
AHEAD = 2 * GROUP  # files begun before the first of them is recorded
REFUSALS = 10  # originals of a source that cannot be moved or deleted: the others are tried in the next pass


@dataclass(frozen=True)
class Problem:
    """A file that could not be read or released, and why: text of the operating system, or a phrase of ours."""

    source: str
    path: str
    reason: str | Phrase


@dataclass(frozen=True)
class CollectResult:
    """The result of one poll. listed = remembered + taken + young + unreadable, but for files that vanish meanwhile,
    alone or with their source.
    """

    listed: int
    remembered: int  # taken in an earlier pass, unchanged: not read again
    taken: int
    size: int  # bytes taken
    young: int  # still being written: left for the next pass
    unreadable: tuple[Problem, ...]  # left for the next pass
    unreleased: tuple[Problem, ...]  # taken, but the original could not be moved or deleted: the next pass tries again
    unreachable: tuple[TransientError, ...]  # sources; their remembered files stay remembered


@dataclass(frozen=True)
class _PolledFile:
    source: PolledSource
    listed: Listed

    def problem(self, error: OSError) -> Problem:
        reason = Phrase("collect.locked", {}) if isinstance(error, Locked) else error.strerror or str(error)
        return Problem(self.source.name, printable(self.listed.path), reason)


Outcome = AcceptedFile | Problem | Literal["young", "gone"]


def collect(
    sources: Iterable[Source],
    raw: RawZone,
    engine: Engine,
    clock: Clock,
    stable_seconds: float,
    *,
    wait: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> CollectResult:
    """Take every new, finished file of the sources, oldest first. Only for the holder of the pass's lock.

    A file is finished when it has not changed for `stable_seconds`; with `wait`, younger files are waited for, once;
    without it only files whose time is in the future. Each taken file becomes an `arrival` without a batch. Killed at
    any point and run again, nothing is lost and nothing is recorded twice. `progress` receives (files read, files to
    read), first as soon as there are any. Raises TransientError `ops.disk_full`, `ops.unwritable`, `ops.unreachable`:
    a file that is not recorded is still in its source.
    """
    raw.sweep()
    with ExitStack() as closing:
        polled = [closing.enter_context(PolledSource(source, str(raw.folder))) for source in sources]
        listings = _list(polled)
        fresh, remaining = _compare(listings, raw, engine)
        if fresh and progress:
            progress(0, len(fresh))
        ready, young = _finished(fresh, clock, stable_seconds, wait)
        unreleased = _release(remaining)
        unreadable: list[Problem] = []
        done, taken, size = 0, 0, 0
        outcomes = _outcomes(ready, raw, clock)
        while group := list(islice(outcomes, GROUP)):
            accepted: list[tuple[_PolledFile, AcceptedFile]] = []
            for file, outcome in group:
                match outcome:
                    case AcceptedFile() as copy:
                        accepted.append((file, copy))
                    case Problem() as problem:
                        unreadable.append(problem)
                    case "young":
                        young += 1
                done += 1
                if progress:
                    progress(done, len(ready))
            record_arrivals(engine, [copy for _, copy in accepted])
            unreleased += _release([file for file, _ in accepted])
            taken += len(accepted)
            size += sum(copy.listed.size for _, copy in accepted)
    listed = sum(len(files) for _, files in listings)
    return CollectResult(
        listed=listed,
        remembered=listed - len(fresh),
        taken=taken,
        size=size,
        young=young,
        unreadable=tuple(unreadable),
        unreleased=tuple(unreleased),
        unreachable=tuple(source.failure for source in polled if source.failure),
    )


def _list(sources: Iterable[PolledSource]) -> list[tuple[PolledSource, list[Listed]]]:
    """The files of each source that answers. All are polled at once: several silent ones cost one timeout."""
    listings: list[tuple[PolledSource, list[Listed]]] = []
    for source, listing in [(source, source.submit(source.listing)) for source in sources]:
        try:
            listings.append((source, source.result(listing)))
        except TransientError as error:
            source.fail(error)
        except SourceLost:
            continue
    return listings


def _compare(
    listings: Iterable[tuple[PolledSource, Sequence[Listed]]], raw: RawZone, engine: Engine
) -> tuple[list[_PolledFile], list[_PolledFile]]:
    """New and changed files, oldest first; and taken files whose source still has to release them."""
    fresh: list[_PolledFile] = []
    remaining: list[_PolledFile] = []
    for source, files in listings:
        known = known_fingerprints(engine, source.name, files)
        for listed in files:
            known_fingerprint, sha256 = known.get(printable(listed.path), (None, ""))
            file = _PolledFile(source, listed)
            if known_fingerprint != fingerprint(listed):
                fresh.append(file)
            elif source.releases:
                # Before an original is moved or deleted its copy must still be there; if it is not, it is taken again.
                (remaining if raw.has(sha256) else fresh).append(file)
    return sorted(fresh, key=lambda file: (file.listed.modified_ns, file.listed.path)), remaining


def _finished(
    fresh: Sequence[_PolledFile], clock: Clock, stable_seconds: float, wait: bool
) -> tuple[list[_PolledFile], int]:
    """Files that nobody writes any more, and how many are left for the next pass."""
    now_ns = (clock() - EPOCH) // timedelta(microseconds=1) * 1000
    rests_s = [
        0.0 if file.source.whole else stable_seconds - (now_ns - file.listed.modified_ns) / 1e9 for file in fresh
    ]
    # A time in the future does not show how long ago the file was written, nor will it for long: such a file is waited
    # for.
    waits = [wait or rest_s > stable_seconds for rest_s in rests_s]
    longest_s = max((rest_s for rest_s, waited in zip(rests_s, waits, strict=True) if waited), default=0)
    if longest_s > 0:
        time.sleep(min(stable_seconds, longest_s))
    ready, young = [], 0
    for file, rest_s, waited in zip(fresh, rests_s, waits, strict=True):
        if rest_s <= 0 or (waited and (now := _look(file)) == file.listed):
            ready.append(file)
        elif not waited or now:  # else it is gone
            young += 1
    return ready, young


def _look(file: _PolledFile) -> Listed | None:
    source = file.source
    try:
        return source.result(source.submit(partial(source.look, file.listed)))
    except OSError:  # opening it fails too, and gives the reason
        return file.listed
    except SourceLost:
        return None


def _outcomes(ready: Iterable[_PolledFile], raw: RawZone, clock: Clock) -> Iterator[tuple[_PolledFile, Outcome]]:
    """The outcome of each file, in this order; files of a source that is lost before are left out."""
    waiting, begun = iter(ready), deque[tuple[_PolledFile, Future[Outcome]]]()
    while True:
        for file in islice(waiting, AHEAD - len(begun)):
            begun.append((file, file.source.submit(partial(_take, file, raw, clock))))
        if not begun:
            return
        file, outcome = begun.popleft()
        try:
            yield file, file.source.result(outcome)
        except SourceLost:
            continue


def _take(file: _PolledFile, raw: RawZone, clock: Clock) -> Outcome:
    """Copy the file into the raw zone; else why it cannot be read, or that it changed or vanished while it was read."""
    source, listed = file.source, file.listed
    try:
        with source.open(listed) as stream:
            sha256, size = raw.store_with_name(listed.path, stream)
        now = source.look(listed)
        if size != listed.size or now != listed:
            return "young" if now else "gone"
        members = unpack(listed, sha256, raw)
    except OSError as error:
        if is_gone(error):
            raise
        vanished = isinstance(error, FileNotFoundError) and source.look(listed) is None
        return "gone" if vanished else file.problem(error)
    return AcceptedFile(source.name, listed, sha256, clock(), members)


def _release(taken: Iterable[_PolledFile]) -> list[Problem]:
    """Hand the originals back to their source, which leaves, moves or deletes them; the files it could not release.

    Each time in another order: originals that can never be moved hold up no others for long.
    """
    by_source: dict[str, list[_PolledFile]] = {}
    for file in taken:
        if file.source.releases:
            by_source.setdefault(file.source.name, []).append(file)
    unreleased: list[Problem] = []
    for files in by_source.values():
        mixed, refused = random.sample(files, len(files)), 0
        while mixed and refused < REFUSALS:
            some = [mixed.pop() for _ in range(min(THREADS, len(mixed)))]
            for file, released in [
                (file, file.source.submit(partial(file.source.release, file.listed))) for file in some
            ]:
                try:
                    file.source.result(released)
                except OSError as error:
                    unreleased.append(file.problem(error))
                    refused += 1
                except SourceLost:
                    mixed.clear()
    return unreleased
