"""The state of the watcher that every page shows, judged by its heartbeat: is anybody taking files?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from aponta.contract.clock import Clock
from aponta.errors import ApontaError
from aponta.ops import heartbeat
from aponta.ops.heartbeat import FILE, Beat
from aponta.words import Words

PATIENCE = timedelta(seconds=30)
LONG = timedelta(seconds=10)  # shorter passes are not shown
STUCK = timedelta(minutes=15)  # no step takes so long without progress
State = Literal["beating", "working", "failing", "silent", "never"]


@dataclass(frozen=True)
class WatcherStatus:
    state: State
    since: datetime | None = None
    step: str = ""
    done: int = 0
    total: int = 0
    error: ApontaError | None = None

    @property
    def up(self) -> bool:
        return self.state in ("beating", "working")

    @property
    def fingerprint(self) -> str:
        """Changes when pages show another state: with each tenth of the progress, not with each beat."""
        return f"{self.state} {self.since} {self.step} {10 * self.done // max(self.total, 1)} {self.error}"


class Watcher:
    """Reads the heartbeat again only when it was written. restart: the command that starts the watcher; None: no
    watcher is needed, as the pages show a past time.
    """

    def __init__(self, data: Path, clock: Clock, restart: str | None) -> None:
        self.data, self.clock, self.restart = data, clock, restart
        self._read: tuple[tuple[int, int] | None, Beat | None] = (None, None)

    def beat(self) -> Beat | None:
        """The last heartbeat; None: there is none."""
        try:
            file = (self.data / FILE).stat()
        except OSError:
            return None
        written = file.st_mtime_ns, file.st_ino
        if self._read[0] != written:
            self._read = written, heartbeat.read_heartbeat(self.data)
        return self._read[1]

    def status(self) -> WatcherStatus:
        """The watcher's state at this time."""
        return status_by_heartbeat(self.beat(), self.clock()) if self.restart else WatcherStatus("beating")


def status_by_heartbeat(beat: Beat | None, now: datetime) -> WatcherStatus:
    """Silent: no beat for three polls and PATIENCE, or no progress in a step for STUCK, or the watcher has ended."""
    if beat is None:
        return WatcherStatus("never")
    error = beat.error if beat.error and _has_words(beat.error) else None
    missed = now - beat.looked_at > 3 * timedelta(seconds=beat.poll_seconds) + PATIENCE
    stuck = beat.state == "working" and beat.moved_at is not None and now - beat.moved_at > STUCK
    if missed or stuck or beat.state == "ended":
        return WatcherStatus("silent", beat.moved_at if stuck else beat.looked_at, error=error)
    if beat.error:
        return WatcherStatus("failing", beat.failing_since, error=error)
    if beat.state == "working" and beat.since and now - beat.since > LONG:
        return WatcherStatus("working", beat.since, beat.step, beat.done, beat.total)
    return WatcherStatus("beating")


def _has_words(error: ApontaError) -> bool:
    """The watcher may be another version of aponta, whose errors have no words here."""
    try:
        return all(Words().error(error))
    except (KeyError, ValueError):
        return False
