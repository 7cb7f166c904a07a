"""A sample: a file's name, and the part of it that is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES, TAIL_BYTES = 4 * 2**20, 2**20  # of a huge file, its beginning and its end; even, for two bytes a character


@dataclass(frozen=True)
class Sample:
    name: str
    folder: str  # the folder it is in, and the one above
    head: bytes
    tail: bytes  # empty where the head is the whole file
    size: int

    @property
    def whole(self) -> bool:
        return not self.tail


def sample_of_chunks(name: str, chunks: Iterable[bytes]) -> Sample:
    """A sample of bytes that arrive in chunks; only the bytes of the sample stay in memory."""
    head, tail, size = b"", b"", 0
    for chunk in chunks:
        size += len(chunk)
        head += chunk[: max(0, HEAD_BYTES + TAIL_BYTES - len(head))]
        tail = (tail + chunk)[-TAIL_BYTES - 1 :]
    if size <= HEAD_BYTES + TAIL_BYTES:
        return Sample(name, "", head, b"", size)
    return Sample(name, "", head[:HEAD_BYTES], tail[len(tail) - size + _even(size - TAIL_BYTES) :], size)


def sample_of_bytes(name: str, data: bytes, folder: str = "") -> Sample:
    """A sample of a file's bytes."""
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
