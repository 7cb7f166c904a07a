"""The inbox to which machines send their files, as the server of the pages uses it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class InboxFile:
    """A received file. name: under which it is stored. known: the same bytes came before under this name; nothing was
    stored.
    """

    name: str
    sha256: str
    size: int  # bytes
    known: bool


class IncomingFile(Protocol):
    """A file that is being received."""

    def write(self, data: bytes) -> None:
        """Raises TransientError `ops.disk_full`, `ops.unwritable`."""

    def store(self) -> InboxFile:
        """Ends a complete file: it lies on the disk, whole, for the next pass. Without this call nothing is stored."""


class Inbox(Protocol):
    def receive(self, machine: str, name: str) -> AbstractContextManager[IncomingFile]:
        """name: as it was sent; only the last part of a path counts. Raises ConfigError `pipeline.bad_file_name`, and
        `pipeline.not_its_file` when a layout identifies another machine by the name.
        """
