"""One look at every source: what is new and finished is copied into the raw zone and written into the ledger, once."""

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
from aponta.collect.ledger import EPOCH, Taken, as_kept, memory, record
from aponta.collect.names import printable
from aponta.collect.polling import THREADS, Asked, Lost, gone
from aponta.collect.raw import RawZone
from aponta.contract.clock import Clock
from aponta.contract.source import Listed, Locked, Source
from aponta.errors import TransientError
from aponta.words import Phrase

GROUP = 64  # files recorded in one transaction
AHEAD = 2 * GROUP  # files begun before the first of them is recorded
REFUSALS = 10  # originals of a source that cannot be moved or deleted: the others are tried in the next pass


@dataclass(frozen=True)
class Trouble:
    """A file that something went wrong with, in words of the operating system or of ours."""

    source: str
    path: str
    reason: str | Phrase


@dataclass(frozen=True)
class Collected:
    """What one look found. listed = remembered + taken + young + unreadable, but for files that vanished meanwhile, and
    those of a source that did.
    """

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
    asked: Asked
    listed: Listed

    def trouble(self, error: OSError) -> Trouble:
        reason = Phrase("collect.locked", {}) if isinstance(error, Locked) else error.strerror or str(error)
        return Trouble(self.asked.source.name, printable(self.listed.path), reason)


Outcome = Taken | Trouble | Literal["young", "gone"]


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
    with ExitStack() as ending:
        asked = [ending.enter_context(Asked(source, str(raw.folder))) for source in sources]
        found = _list(asked)
        fresh, kept = _compare(found, raw, engine)
        if fresh and progress:
            progress(0, len(fresh))
        ready, young = _finished(fresh, clock, stable_seconds, wait)
        unreleased = _release(kept)
        unreadable: list[Trouble] = []
        done, taken, size = 0, 0, 0
        outcomes = _outcomes(ready, raw, clock)
        while looked_into := list(islice(outcomes, GROUP)):
            group: list[tuple[_Found, Taken]] = []
            for file, outcome in looked_into:
                match outcome:
                    case Taken() as copy:
                        group.append((file, copy))
                    case Trouble() as trouble:
                        unreadable.append(trouble)
                    case "young":
                        young += 1
                done += 1
                if progress:
                    progress(done, len(ready))
            record(engine, [copy for _, copy in group])
            unreleased += _release([file for file, _ in group])
            taken += len(group)
            size += sum(copy.listed.size for _, copy in group)
    listed = sum(len(files) for _, files in found)
    return Collected(
        listed=listed,
        remembered=listed - len(fresh),
        taken=taken,
        size=size,
        young=young,
        unreadable=tuple(unreadable),
        unreleased=tuple(unreleased),
        unreachable=tuple(one.lost for one in asked if one.lost),
    )


def _list(sources: Iterable[Asked]) -> list[tuple[Asked, list[Listed]]]:
    """Of those that answer. All are asked at once: of several that are silent the longest is waited for."""
    found: list[tuple[Asked, list[Listed]]] = []
    for asked, listing in [(one, one.ask(one.listing)) for one in sources]:
        try:
            found.append((asked, asked.answer(listing)))
        except TransientError as error:
            asked.unreachable(error)
        except Lost:
            continue
    return found


def _compare(
    found: Iterable[tuple[Asked, Sequence[Listed]]], raw: RawZone, engine: Engine
) -> tuple[list[_Found], list[_Found]]:
    """What was not taken yet as it is now, oldest first; and what was, yet its source still has to release it."""
    fresh: list[_Found] = []
    kept: list[_Found] = []
    for asked, listed in found:
        known = memory(engine, asked.source.name, listed)
        for one in listed:
            was, sha256 = known.get(printable(one.path), (None, ""))
            if was != as_kept(one):
                fresh.append(_Found(asked, one))
            elif asked.source.releases:
                # Before an original is moved or deleted its copy must still be there; if it is not, it is taken again.
                (kept if raw.has(sha256) else fresh).append(_Found(asked, one))
    return sorted(fresh, key=lambda one: (one.listed.modified_ns, one.listed.path)), kept


def _finished(fresh: Sequence[_Found], clock: Clock, stable_seconds: float, wait: bool) -> tuple[list[_Found], int]:
    """Those that nobody writes any more, and how many are left for the next pass."""
    now_ns = (clock() - EPOCH) // timedelta(microseconds=1) * 1000
    rests_s = [
        0.0 if one.asked.source.whole else stable_seconds - (now_ns - one.listed.modified_ns) / 1e9 for one in fresh
    ]
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
        return found.asked.answer(found.asked.ask(partial(found.asked.look, found.listed)))
    except OSError:  # opening it will fail too, and say why
        return found.listed
    except Lost:
        return None


def _outcomes(ready: Iterable[_Found], raw: RawZone, clock: Clock) -> Iterator[tuple[_Found, Outcome]]:
    """What becomes of each file, in this order; nothing of one whose source is lost before."""
    waiting, begun = iter(ready), deque[tuple[_Found, Future[Outcome]]]()
    while True:
        for file in islice(waiting, AHEAD - len(begun)):
            begun.append((file, file.asked.ask(partial(_take, file, raw, clock))))
        if not begun:
            return
        file, outcome = begun.popleft()
        try:
            yield file, file.asked.answer(outcome)
        except Lost:
            continue


def _take(found: _Found, raw: RawZone, clock: Clock) -> Outcome:
    """The file in the raw zone; or why it cannot be read; or that it changed, or vanished, while it was read."""
    asked, listed = found.asked, found.listed
    try:
        with asked.open(listed) as stream:
            sha256, size = raw.take_named(listed.path, stream)
        now = asked.look(listed)
        if size != listed.size or now != listed:
            return "young" if now else "gone"
        members = unpack(listed, sha256, raw)
    except OSError as error:
        if gone(error):
            raise
        vanished = isinstance(error, FileNotFoundError) and asked.look(listed) is None
        return "gone" if vanished else found.trouble(error)
    return Taken(asked.source.name, listed, sha256, clock(), members)


def _release(taken: Iterable[_Found]) -> list[Trouble]:
    """Hand the originals back to their source, to leave, move or delete; those it could not.

    In another order each time: those that can never be moved hold up no others for long.
    """
    by_source: dict[str, list[_Found]] = {}
    for one in taken:
        if one.asked.source.releases:
            by_source.setdefault(one.asked.source.name, []).append(one)
    unreleased: list[Trouble] = []
    for files in by_source.values():
        mixed, refused = random.sample(files, len(files)), 0
        while mixed and refused < REFUSALS:
            some = [mixed.pop() for _ in range(min(THREADS, len(mixed)))]
            for one, released in [(one, one.asked.ask(partial(one.asked.release, one.listed))) for one in some]:
                try:
                    one.asked.answer(released)
                except OSError as error:
                    unreleased.append(one.trouble(error))
                    refused += 1
                except Lost:
                    mixed.clear()
    return unreleased
