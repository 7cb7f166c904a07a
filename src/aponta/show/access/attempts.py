"""How often a password may be tried: wrong attempts of the last quarter of an hour, by who is named and from where.

A name alone is refused late, so that a stranger cannot easily keep its owner out.
"""

import hashlib
import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 900.0
LIMITS = {"name and address": 5, "address": 20, "name": 50}


class Attempts:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._tried: dict[tuple[str, str], deque[float]] = {}

    def begin(self, name: str, address: str) -> float:
        """Counts an attempt before it is made, so that a thousand at once are a thousand. Returns the seconds to wait
        until the next is allowed; then it must not be made and was not counted. 0: go on.
        """
        now = self.clock()
        self._forget(now)
        keys = _keys(name, address)
        waits = [
            tried[-LIMITS[key[0]]] + WINDOW_S - now
            for key in keys
            if len(tried := self._tried.get(key, deque())) >= LIMITS[key[0]]
        ]
        if waits:
            return max(waits)
        for key in keys:
            self._tried.setdefault(key, deque()).append(now)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The last attempt was no wrong one, and those before it were its owner's."""
        both, *others = _keys(name, address)
        self._tried.pop(both, None)
        for key in others:
            if tried := self._tried.get(key):
                tried.pop()

    def _forget(self, now: float) -> None:
        for key, tried in list(self._tried.items()):
            while tried and tried[0] <= now - WINDOW_S:
                tried.popleft()
            if not tried:
                del self._tried[key]


def _keys(name: str, address: str) -> list[tuple[str, str]]:
    """A name is kept as its hash: somebody may have typed a password there, and as long a one as they like."""
    named = hashlib.sha256(name.encode(errors="replace")).hexdigest()
    return [("name and address", f"{named} {address}"), ("address", address), ("name", named)]
