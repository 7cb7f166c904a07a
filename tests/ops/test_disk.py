import subprocess
import sys
from pathlib import Path

import pytest

from aponta.errors import TransientError
from aponta.ops.disk import atomic_file, free_bytes, remove_drafts, write_whole


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "page.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert _names(path.parent) == ["page.json"]


def test_a_writer_writes_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    write_whole(path, lambda file: [file.write(b"%d\n" % number) for number in range(3)])
    assert path.read_bytes() == b"0\n1\n2\n"


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    write_whole(path, b"old")

    def fail(file: object) -> None:
        file.write(b"half")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_whole(path, fail)
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["page.json"]


def test_a_draft_that_is_not_kept_is_gone(tmp_path: Path) -> None:
    with atomic_file(tmp_path) as writing:
        writing.write(b"half")
        assert writing.path.exists()
    assert _names(tmp_path) == []


def test_a_killed_writer_leaves_the_old_file_and_a_draft_that_the_sweep_removes(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    write_whole(path, b"old")
    script = (
        "import os, signal, sys; from pathlib import Path; from aponta.ops.disk import write_whole\n"
        "write_whole(Path(sys.argv[1]), lambda file: (file.write(b'half'), file.flush(), os.kill(os.getpid(), 9)))"
    )
    subprocess.run([sys.executable, "-c", script, path])
    assert path.read_bytes() == b"old"
    assert len(_names(tmp_path)) == 2
    remove_drafts(tmp_path)
    assert _names(tmp_path) == ["page.json"]


def test_a_full_disk_is_said_with_what_is_free_and_leaves_nothing(small_disk: Path) -> None:
    write_whole(small_disk / "old", b"o" * 300_000)
    with pytest.raises(TransientError) as caught:
        write_whole(small_disk / "old", b"n" * 900_000)
    assert caught.value.code == "ops.disk_full"
    assert caught.value.facts["free"] < 800_000
    assert (small_disk / "old").read_bytes() == b"o" * 300_000
    assert _names(small_disk) == ["old"]


def test_a_disk_that_fills_while_a_writer_writes_is_said_too(small_disk: Path) -> None:
    with pytest.raises(TransientError, match=r"ops\.disk_full"):
        write_whole(small_disk / "page", lambda file: [file.write(bytes(100_000)) for _ in range(20)])
    assert _names(small_disk) == []


def test_a_folder_that_cannot_be_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TransientError) as caught:
        write_whole(tmp_path / "file" / "page.json", b"new")
    assert caught.value.code == "ops.unwritable"


def test_free_bytes_of_a_path_that_is_not_there_yet(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "data" / "lake") > 0
