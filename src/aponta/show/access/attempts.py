"""Limits on attempts at a password: wrong attempts of the last quarter of an hour, by name and by address.

The limit of a name alone is high, so that a stranger cannot easily lock its owner out.
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
        """Counts an attempt before it is made, so that a thousand at once count as a thousand.

        Returns 0, or the seconds until the next attempt is allowed: this one must not be made, and was not counted.
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
        """Takes back the last attempt: it was right. Those before it were the same person's."""
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
    """Names are hashed: people type passwords there by mistake, and of any length."""
    name_hash = hashlib.sha256(name.encode(errors="replace")).hexdigest()
    return [("name and address", f"{name_hash} {address}"), ("address", address), ("name", name_hash)]
