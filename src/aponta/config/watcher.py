"""The configuration for what runs long: read again when one of its files was written, once they rest.

Who saves or copies a file leaves it empty or cut for a moment, and what is cut may be read as something else: a
calendar of fewer shifts, a factory of fewer machines.
"""

import time
from collections.abc import Callable
from pathlib import Path

from aponta.config.factory import Factory, load

REST_S = 1.0
Written = tuple[tuple[Path, int, int], ...]


class Latest:
    """Called: the configuration as last read. clock: seconds that only go forward."""

    def __init__(self, folder: Path, found: Factory, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._found, self._clock = folder, found, clock
        self._read = self._seen = _written(folder)
        self._since = clock()

    def __call__(self) -> Factory:
        """Raises what `load` does, again and again, until the files are mended."""
        if not self.moving() and self._seen != self._read:
            seen = self._seen
            self._found = load(self._folder)
            self._read = seen
        return self._found

    def moving(self) -> bool:
        """Was a file written that was not read yet, just now?"""
        written = _written(self._folder)
        if written != self._seen:
            self._seen, self._since = written, self._clock()
        return self._seen != self._read and self._clock() - self._since < REST_S


def _written(folder: Path) -> Written:
    found = []
    for pattern in ("*.toml", "*.csv", "layouts/*.toml"):
        for path in sorted(folder.glob(pattern)):
            try:
                told = path.stat()
            except FileNotFoundError:  # replaced in this moment
                continue
            found.append((path, told.st_mtime_ns, told.st_size))
    return tuple(found)
