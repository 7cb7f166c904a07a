"""The log: data/logs/aponta.log, with what passes and the server did and where they failed.

One JSON document a line, so that a traceback stays one entry, `grep RUN` finds a pass, and any collector of logs reads
it without a pattern. Several processes write into it: each entry is appended under a lock, and nobody keeps the file
open, so that it can be renamed on Windows too.
"""

import json
import re
import secrets
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock

from aponta.contract.clock import Clock, system_clock

Level = Literal["info", "warning", "error"]
MOST_BYTES = 5_000_000  # of one file
OLDER_FILES = 5  # older ones: aponta.log.1 ... aponta.log.5
LONGEST_TRACEBACK = 20_000
LOCK_S = 2.0
SECRETS = (
    re.compile(r"(?<=://)[^\s/@'\"]+(?=@)"),  # user and password of an address
    re.compile(r"(?<=password=)[^\s&;'\"]+|(?<=token=)[^\s&;'\"]+|(?<=session=)[^\s&;'\"]+", re.IGNORECASE),
    re.compile(r"\$argon2id\$[^\s'\"]+"),
)


def run_id(now: datetime) -> str:
    """The name of one pass, or one request: 20260305-182000-9f3a."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Log:
    def __init__(self, folder: Path, clock: Clock = system_clock, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self.clock, self.most_bytes = folder, clock, most_bytes
        self.path = folder / "aponta.log"

    def write(
        self, level: Level, message: str, *, run: str = "", error: BaseException | None = None, **facts: object
    ) -> None:
        """Appends an entry. error: a foreign one, whose traceback is stored.

        A log that cannot be written stops no work: its cause - a full disk - stops the work itself, and is reported
        there.
        """
        entry: dict[str, object] = {"time": self.clock().isoformat(timespec="milliseconds"), "level": level, "run": run}
        entry |= {"message": message, **facts}
        if error is not None:
            entry["traceback"] = "".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:]
        text = without_secrets(json.dumps(entry, ensure_ascii=False, default=str))
        line = text.encode(errors="backslashreplace") + b"\n"  # half a character, as JSON may contain: \ud800 again
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".aponta.log.lock", timeout=LOCK_S, fallback_to_soft=False):
                self._make_room(len(line))
                with self.path.open("ab") as file:
                    file.write(line)

    def _make_room(self, size: int) -> None:
        if not self.path.exists() or self.path.stat().st_size + size <= self.most_bytes:
            return
        with suppress(OSError):  # on Windows while somebody reads it: next time, then
            for number in range(OLDER_FILES, 0, -1):
                older = self._older(number - 1)
                if older.exists():
                    older.replace(self._older(number))

    def _older(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path


def without_secrets(text: str) -> str:
    """The text without possible secrets of a foreign message: passwords of addresses, tokens, hashes of passwords."""
    for pattern in SECRETS:
        text = pattern.sub("***", text)
    return text
