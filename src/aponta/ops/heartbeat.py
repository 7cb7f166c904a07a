"""The watcher's heartbeat: data/watch.json, written whole at each look, so that pages can show that nobody looks.

It holds who watches, when the last look was, the step at work, how the last pass that had work went, and the last error
as its code and facts: a page shows the error in its own language.
"""

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any, Literal

from aponta.contract.clock import Clock, system_clock
from aponta.errors import ApontaError, TransientError
from aponta.ops.disk import write_whole
from aponta.ops.log import run_id
from aponta.words import Phrase

FILE = "watch.json"
BEAT_S = 5.0  # while a pass works: one step may take longer than the time between two looks
PROGRESS_S = 1.0
State = Literal["idle", "working", "ended"]


@dataclass(frozen=True)
class LastPass:
    """The last pass that had work."""

    run: str
    at: datetime
    batch: int
    seconds: float
    files: int


@dataclass(frozen=True)
class Beat:
    pid: int
    host: str
    run: str  # of the pass that this look is
    started_at: datetime
    looked_at: datetime
    poll_seconds: float
    state: State = "idle"
    since: datetime | None = None  # start of the pass at work
    moved_at: datetime | None = None  # when its progress last changed
    step: str = ""
    done: int = 0
    total: int = 0
    last_pass: LastPass | None = None
    error: ApontaError | None = None  # why the last look failed
    failing_since: datetime | None = None


class Heartbeat:
    """Beats for one watcher. A beat that cannot be written stops no pass: pages notice its absence."""

    def __init__(self, data: Path, poll_seconds: float, clock: Clock = system_clock) -> None:
        self.path, self.clock = data / FILE, clock
        now = clock()
        self._beat = Beat(os.getpid(), socket.gethostname(), run_id(now), now, now, poll_seconds)
        self._lock = RLock()
        self._resting = Event()
        self._written = 0.0

    def begin(self) -> str:
        """A pass begins. Returns its run id; nothing is written yet, as most looks find no work."""
        with self._lock:
            self._beat = replace(self._beat, run=run_id(self.clock()))
            return self._beat.run

    def step(self, step: str, done: int, total: int) -> None:
        """Progress of a pass that has work."""
        with self._lock:
            now, before = self.clock(), self._beat
            if (before.step, before.done, before.total) != (step, done, total):
                self._beat = replace(before, step=step, done=done, total=total, moved_at=now)
            if before.state != "working":
                self._beat = replace(self._beat, state="working", since=now, moved_at=now)
                self._resting = Event()
                Thread(target=self._go_on, args=(self._resting,), name="heartbeat", daemon=True).start()
            if time.monotonic() - self._written >= PROGRESS_S:
                self._write()

    def idle(self, last_pass: LastPass | None = None, error: ApontaError | None = None) -> None:
        """The look is over. last_pass: its result, if it had work; error: why it failed."""
        with self._lock:
            beat = self._beat
            self._rest("idle")
            self._beat = replace(
                self._beat,
                last_pass=last_pass or beat.last_pass,
                error=error,
                failing_since=(beat.failing_since or self.clock()) if error else None,
            )
            self._write()

    def stop(self) -> None:
        """The watcher ends: pages need not wait until its beats are missing."""
        with self._lock:
            self._rest("ended")
            self._write()

    def _rest(self, state: State) -> None:
        self._resting.set()
        self._beat = replace(self._beat, state=state, since=None, moved_at=None, step="", done=0, total=0)

    def _go_on(self, resting: Event) -> None:
        while not resting.wait(BEAT_S):
            with self._lock:
                if not resting.is_set():
                    self._write()

    def _write(self) -> None:
        self._beat = replace(self._beat, looked_at=self.clock())
        self._written = time.monotonic()
        with suppress(TransientError):
            write_whole(self.path, json.dumps(_as_json(self._beat), ensure_ascii=False).encode(), lasting=False)


def read_heartbeat(data: Path) -> Beat | None:
    """The last beat; None: there never was one, or it cannot be read."""
    try:
        found = json.loads((data / FILE).read_bytes())
        for name in ("started_at", "looked_at", "since", "moved_at", "failing_since"):
            found[name] = found[name] and datetime.fromisoformat(found[name])
        if found["last_pass"]:
            found["last_pass"] = LastPass(
                **found["last_pass"] | {"at": datetime.fromisoformat(found["last_pass"]["at"])}
            )
        if found["error"]:
            found["error"] = _fact(found["error"])
        return Beat(**found)
    except (OSError, ValueError, KeyError, TypeError):  # torn by a power cut, or written by another version
        return None


def _as_json(beat: Beat) -> dict[str, Any]:
    fields = asdict(replace(beat, error=None))
    return _plain(fields | {"error": beat.error})  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    """Numbers stay numbers, which plurals depend on; an error or phrase becomes its code or key, with its facts."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, ApontaError):
        return {"code": value.code, "facts": _plain(value.facts)}
    if isinstance(value, Phrase):
        return {"key": value.key, "facts": _plain(dict(value.facts))}
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | float | None) else str(value)


def _fact(value: Any) -> Any:
    """The inverse of `_plain` for a fact of an error."""
    if not isinstance(value, dict):
        return value
    facts = {name: _fact(one) for name, one in value["facts"].items()}
    return ApontaError(value["code"], **facts) if "code" in value else Phrase(value["key"], facts)
