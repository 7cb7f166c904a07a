"""Where files come from. One module in `collect` per kind of source."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Listed:
    """A file seen in a source, not yet read. `(path, size, modified_ns)` unchanged means the same bytes."""

    path: str  # below the source's root, "/" between folders
    size: int  # bytes
    modified_ns: int  # nanoseconds since 1970


class Source(Protocol):
    name: str  # as configured, unique
    releases: bool  # whether release() does anything

    def list(self) -> Iterator[Listed]:
        """Every file there now. Raises TransientError when the source cannot be reached: an absent share is not an
        empty one.
        """

    def look(self, listed: Listed) -> Listed | None:
        """The same file as it is now; None when it is gone. Raises OSError when nobody can tell."""

    def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
        """Its bytes, to be read once. Raises OSError when it is locked or unreadable: it counts as not seen yet."""

    def release(self, listed: Listed) -> None:
        """Called once the copy in `raw/` was verified: leaves, moves or deletes the original, as configured.

        What changed since it was `listed` is left alone. Raises OSError when it fails: the next pass calls it again.
        """
