"""The places that files come from: one module in `collect` per kind of source."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Locked(OSError):
    """Another program holds the file: it is not finished."""


@dataclass(frozen=True)
class Listed:
    """A file seen in a source, not yet read. All of it unchanged means the same bytes."""

    path: str  # below the source's root, "/" between folders
    size: int  # bytes
    modified_ns: int  # nanoseconds since 1970
    etag: str = ""  # the source's own mark of the bytes, if it has any


class Source(Protocol):
    """It is asked by several threads at once. A ConnectionError or TimeoutError from any of its methods means that the
    source itself is gone: it is asked no more until the next pass.
    """

    name: str  # as configured, unique
    releases: bool  # whether release() does anything
    whole: bool  # its files appear whole: none is still being written

    def list(self) -> Iterator[Listed]:
        """Every file there now. Raises TransientError when the source cannot be reached: an absent share is not an
        empty one.
        """

    def look(self, listed: Listed) -> Listed | None:
        """The same file as it is now; None when it is gone. Raises OSError when that cannot be known."""

    def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
        """Its bytes, to be read once. Raises OSError when it is locked or unreadable: it counts as not seen yet."""

    def release(self, listed: Listed) -> None:
        """Called once the copy in `raw/` was verified: leaves, moves or deletes the original, as configured.

        A file that changed since it was `listed` is left alone. Raises OSError when it fails: the next pass calls it
        again.
        """

    def try_release(self) -> None:
        """Raises OSError when release() could not move or delete: tried on nothing that was there."""

    def close(self) -> None:
        """The pass is over, or nobody waits for its answers any more."""
