"""The configuration for programs that run long: read again once its changed files are at rest.

While a file is saved or copied it is empty or cut for a short time, and a cut file may be read as something else: a
calendar of fewer shifts, a factory of fewer machines.
"""

import time
from collections.abc import Callable
from pathlib import Path

from aponta.config.factory import Factory, load

REST_S = 1.0
Written = tuple[tuple[Path, int, int], ...]


class ConfigWatcher:
    """A call returns the latest valid reading. clock: seconds that only go forward."""

    def __init__(self, folder: Path, factory: Factory, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._factory, self._clock = folder, factory, clock
        self._read = self._seen = _written(folder)
        self._since = clock()

    def __call__(self) -> Factory:
        """Raises as `load` does, at each call, until the files are corrected."""
        if not self.changing() and self._seen != self._read:
            seen = self._seen
            self._factory = load(self._folder)
            self._read = seen
        return self._factory

    def changing(self) -> bool:
        """Was a file written less than REST_S ago, and not read since?"""
        written = _written(self._folder)
        if written != self._seen:
            self._seen, self._since = written, self._clock()
        return self._seen != self._read and self._clock() - self._since < REST_S


def _written(folder: Path) -> Written:
    files = []
    for pattern in ("*.toml", "*.csv", "layouts/*.toml"):
        for path in sorted(folder.glob(pattern)):
            try:
                stat = path.stat()
            except FileNotFoundError:  # being replaced
                continue
            files.append((path, stat.st_mtime_ns, stat.st_size))
    return tuple(files)
