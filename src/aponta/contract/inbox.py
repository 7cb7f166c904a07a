"""Where machines send their files to, as the pages' server sees it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class InboxFile:
    """name: as it was kept. known: the same bytes came before under this name; nothing was kept."""

    name: str
    sha256: str
    size: int  # bytes
    known: bool


class IncomingFile(Protocol):
    """A file that is being received."""

    def write(self, data: bytes) -> None:
        """Raises TransientError `ops.disk_full`, `ops.unwritable`."""

    def store(self) -> InboxFile:
        """All of it is there: it lies on the disk, whole, for the next pass. Without it nothing is kept."""


class Inbox(Protocol):
    def receive(self, machine: str, name: str) -> AbstractContextManager[IncomingFile]:
        """name: as it was sent, a path's last part counts. Raises ConfigError `pipeline.bad_file_name`, and
        `pipeline.not_its_file` when a layout tells by the name that it is another machine's.
        """
