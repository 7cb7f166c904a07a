import os
from pathlib import Path

import pytest

from aponta.collect.sources.folder import FolderSource
from aponta.contract.source import Listed, Source
from aponta.errors import TransientError


def _put(path: Path, data: bytes = b"rows") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _paths(source: Source) -> list[str]:
    return sorted(listed.path for listed in source.list())


def _only(source: Source) -> Listed:
    (listed,) = source.list()
    return listed


def test_files_are_listed_below_all_folders_with_size_and_time(tmp_path: Path) -> None:
    _put(tmp_path / "M01.txt")
    deep = _put(tmp_path / "line 2" / "reenvio" / "M02.txt", b"four")
    os.utime(deep, ns=(0, 123456789))
    assert _paths(FolderSource(tmp_path)) == ["M01.txt", "line 2/reenvio/M02.txt"]
    assert Listed("line 2/reenvio/M02.txt", 4, 123456789) in list(FolderSource(tmp_path).list())


@pytest.mark.parametrize(
    "name",
    ["M01.txt.tmp", "M01.PART", "M01.partial", "M01.crdownload", "M01.txt~", "~$M01.txt", ".M01.txt", ".git/M01.txt"],
)
def test_unfinished_and_hidden_files_are_ignored(tmp_path: Path, name: str) -> None:
    _put(tmp_path / name)
    _put(tmp_path / "line" / name)
    assert _paths(FolderSource(tmp_path)) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "landing"
    _put(root / "M01.txt")
    _put(tmp_path / "secret" / "salaries.txt")
    try:
        (root / "out").symlink_to(tmp_path / "secret", target_is_directory=True)
        (root / "round").symlink_to(root, target_is_directory=True)
        (root / "salaries.txt").symlink_to(tmp_path / "secret" / "salaries.txt")
    except OSError:
        pytest.skip("this system lets only administrators make links")
    assert _paths(FolderSource(root)) == ["M01.txt"]


def test_an_absent_folder_is_unreachable_not_empty(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match=r"collect\.unreachable"):
        list(FolderSource(tmp_path / "share").list())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_listed_itself_and_fails_to_open(tmp_path: Path) -> None:
    _put(tmp_path / "closed" / "M01.txt")
    (tmp_path / "closed").chmod(0)
    source = FolderSource(tmp_path)
    listed = _only(source)
    assert listed.path == "closed"
    with pytest.raises(PermissionError), source.open(listed):
        pass
    (tmp_path / "closed").chmod(0o700)


def test_left_originals_stay(tmp_path: Path) -> None:
    _put(tmp_path / "M01.txt")
    source = FolderSource(tmp_path, "leave")
    source.release(_only(source))
    assert _paths(source) == ["M01.txt"]


def test_deleted_originals_are_gone(tmp_path: Path) -> None:
    _put(tmp_path / "line" / "M01.txt")
    source = FolderSource(tmp_path, "delete")
    source.release(_only(source))
    assert not (tmp_path / "line" / "M01.txt").exists()


def test_moved_originals_keep_their_folders_and_a_clash_gets_a_number(tmp_path: Path) -> None:
    source = FolderSource(tmp_path, "move")
    for data in (b"first", b"second", b"third"):
        _put(tmp_path / "line" / "M01.txt", data)
        source.release(_only(source))
    taken = tmp_path / "taken" / "line"
    assert {path.name: path.read_bytes() for path in taken.iterdir()} == {
        "M01.txt": b"first",
        "M01-2.txt": b"second",
        "M01-3.txt": b"third",
    }
    assert _paths(source) == []


@pytest.mark.parametrize("after", ["move", "delete"])
def test_an_original_that_changed_since_is_another_file_and_stays(tmp_path: Path, after: str) -> None:
    path = _put(tmp_path / "M01.txt")
    source = FolderSource(tmp_path, after)  # type: ignore[arg-type]
    listed = _only(source)
    path.write_bytes(b"rows and more rows")
    source.release(listed)
    assert path.read_bytes() == b"rows and more rows"


def test_a_look_tells_growth_and_loss(tmp_path: Path) -> None:
    path = _put(tmp_path / "M01.txt")
    source = FolderSource(tmp_path)
    listed = _only(source)
    assert source.look(listed) == listed
    path.write_bytes(b"rows and more rows")
    grown = source.look(listed)
    assert grown is not None and grown.size == 18
    path.unlink()
    assert source.look(listed) is None


def test_a_time_beyond_all_calendars_fits_the_database(tmp_path: Path) -> None:
    path = _put(tmp_path / "M01.txt")
    try:
        os.utime(path, ns=(0, 15_000_000_000 * 10**9))
    except (OSError, OverflowError):
        pytest.skip("this disk keeps no such time")
    assert _only(FolderSource(tmp_path)).modified_ns < 2**63
