import io
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponta.collect.raw import PIECE, RawZone
from aponta.errors import ContractError, TransientError

TEXT = b"M01;147924305000;05/01/2026 07:00:00.250;PNL-20-AL;A;270,3\r\n" * 50_000  # several pieces


@pytest.fixture
def raw(tmp_path: Path) -> RawZone:
    return RawZone(tmp_path / "raw")


@settings(deadline=None)
@given(data=st.binary(max_size=5000))
def test_any_bytes_come_back(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    raw = RawZone(tmp_path_factory.getbasetemp() / "any")
    assert raw.store(io.BytesIO(data)) == (sha256(data).hexdigest(), len(data))
    assert raw.read(sha256(data).hexdigest()) == data


def test_a_file_of_several_pieces_lies_compressed_under_its_hash(raw: RawZone) -> None:
    assert len(TEXT) > 2 * PIECE
    digest, size = raw.store(io.BytesIO(TEXT))
    assert (digest, size) == (sha256(TEXT).hexdigest(), len(TEXT))
    assert _files(raw) == [f"{digest[:2]}/{digest}.zst"]
    assert raw.path(digest).stat().st_size < size / 4
    assert raw.read(digest) == TEXT
    with raw.open(digest) as stream:
        assert stream.read(PIECE) + stream.read() == TEXT


def test_the_same_bytes_are_not_written_again(raw: RawZone) -> None:
    digest, _ = raw.store(io.BytesIO(TEXT))
    before = raw.path(digest).stat()
    raw.store(io.BytesIO(TEXT))
    after = raw.path(digest).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(_files(raw)) == 1


@pytest.mark.parametrize("damage", [b"", b"no zstd", None])
def test_damage_is_found_when_reading_and_healed_by_the_same_bytes(raw: RawZone, damage: bytes | None) -> None:
    digest, _ = raw.store(io.BytesIO(TEXT))
    path = raw.path(digest)
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    with pytest.raises(ContractError) as caught:
        raw.read(digest)
    assert caught.value.code == "collect.raw_altered"
    raw.store(io.BytesIO(TEXT))
    assert raw.read(digest) == TEXT


def test_other_bytes_under_a_hash_are_found(raw: RawZone) -> None:
    digest, _ = raw.store(io.BytesIO(b"one"))
    other, _ = raw.store(io.BytesIO(b"two"))
    raw.path(digest).write_bytes(raw.path(other).read_bytes())
    with pytest.raises(ContractError, match=r"collect\.raw_altered"):
        raw.read(digest)


def test_missing_bytes_are_an_error(raw: RawZone) -> None:
    assert not raw.has("0" * 64)
    with pytest.raises(ContractError, match=r"collect\.raw_missing"):
        raw.read("0" * 64)


@pytest.mark.parametrize("value", ["", "../../etc/passwd", "0" * 63, "A" * 64, "0" * 64 + "\n", "0" * 63 + "/"])
def test_only_a_hash_becomes_a_path(raw: RawZone, value: str) -> None:
    for use in (raw.has, raw.read, raw.path):
        with pytest.raises(ContractError, match=r"collect\.not_a_hash"):
            use(value)


def test_a_stream_that_breaks_leaves_nothing(raw: RawZone) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output error"):
        raw.store(Broken(TEXT))
    assert _files(raw) == []


def test_a_process_killed_while_it_takes_leaves_no_half_file(raw: RawZone) -> None:
    script = (
        "import os, sys; from pathlib import Path; from aponta.collect.raw import RawZone\n"
        "class Dying:\n"
        "    left = 3\n"
        "    def read(self, size):\n"
        "        self.left -= 1\n"
        "        if not self.left: os.kill(os.getpid(), 9)\n"
        "        return os.urandom(size)\n"
        "RawZone(Path(sys.argv[1])).store(Dying())"
    )
    subprocess.run([sys.executable, "-c", script, raw.folder])
    assert [Path(name).suffix for name in _files(raw)] == [".draft"]
    raw.sweep()
    assert _files(raw) == []


def test_the_same_bytes_taken_at_once_are_one_file(raw: RawZone) -> None:
    with ThreadPoolExecutor(4) as threads:
        digests = set(threads.map(lambda _: raw.store(io.BytesIO(TEXT))[0], range(8)))
    assert _files(raw) == [f"{digest[:2]}/{digest}.zst" for digest in digests]


def test_a_full_disk_leaves_nothing_half(small_disk: Path) -> None:
    raw = RawZone(small_disk / "raw")
    with pytest.raises(TransientError, match=r"ops\.disk_full"):
        raw.store(io.BytesIO(random.Random(1).randbytes(2_000_000)))
    assert _files(raw) == []


def _files(raw: RawZone) -> list[str]:
    return sorted(path.relative_to(raw.folder).as_posix() for path in raw.folder.rglob("*") if path.is_file())
