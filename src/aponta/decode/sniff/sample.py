"""A file to look at: its name, and as much of it as is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES, TAIL_BYTES = 4 * 2**20, 2**20  # of a huge file, its beginning and its end; even, for two bytes a character


@dataclass(frozen=True)
class Sample:
    name: str
    folder: str  # the one it lies in, and the one above
    head: bytes
    tail: bytes  # of a file that was read whole: nothing
    size: int

    @property
    def whole(self) -> bool:
        return not self.tail


def sample_of_chunks(name: str, chunks: Iterable[bytes]) -> Sample:
    """Of bytes that come one after another; never more than its own are held."""
    head, tail, size = b"", b"", 0
    for chunk in chunks:
        size += len(chunk)
        head += chunk[: max(0, HEAD_BYTES + TAIL_BYTES - len(head))]
        tail = (tail + chunk)[-TAIL_BYTES - 1 :]
    if size <= HEAD_BYTES + TAIL_BYTES:
        return Sample(name, "", head, b"", size)
    return Sample(name, "", head[:HEAD_BYTES], tail[len(tail) - size + _even(size - TAIL_BYTES) :], size)


def sample_of_bytes(name: str, data: bytes, folder: str = "") -> Sample:
    """Of bytes that are at hand."""
    if len(data) <= HEAD_BYTES + TAIL_BYTES:
        return Sample(name, folder, data, b"", len(data))
    return Sample(name, folder, data[:HEAD_BYTES], data[_even(len(data) - TAIL_BYTES) :], len(data))


def read_sample(path: Path) -> Sample:
    """Reads the first 4 MB and the last one at most. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES + TAIL_BYTES + 1)
        folder = "/".join(path.resolve().parent.parts[1:][-2:])
        if len(head) <= HEAD_BYTES + TAIL_BYTES:
            return Sample(path.name, folder, head, b"", len(head))
        size = file.seek(0, 2)
        file.seek(_even(size - TAIL_BYTES))
        return Sample(path.name, folder, head[:HEAD_BYTES], file.read(TAIL_BYTES + 1), size)


def _even(place: int) -> int:
    return place - place % 2
