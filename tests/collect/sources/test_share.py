"""A landing folder on a share: what networks, servers and other programs do to it."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pytest
from intake import HOUR, Intake

from aponta.collect import polling
from aponta.collect.sources.folder import After, FolderSource
from aponta.collect.sources.mounts import Mounts
from aponta.contract.source import Listed
from aponta.errors import TransientError
from aponta.ops.file_locks import refused_by_lock
from aponta.words import Phrase
from conftest import Mount


@pytest.fixture
def on_share(plant: Intake, share: Mount) -> FolderSource:
    return FolderSource(share.folder, "leave", "share", Mounts(plant.engine))


def put(folder: Path, name: str, data: bytes = b"rows\r\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (HOUR, HOUR))
    return path


def codes(collected) -> list[str]:
    return [error.code for error in collected.unreachable]


def test_a_mount_that_goes_and_comes_back_takes_nothing_twice(plant, share, on_share):
    put(share.folder, "M01.txt")
    assert plant.collect(on_share).taken == 1
    share.unmount()
    plant.put("M02.txt")
    away = plant.collect(on_share, plant.source)
    assert (codes(away), away.taken) == (["collect.unmounted"], 1)
    assert str(share.folder) in str(away.unreachable[0])
    share.mount()
    back = plant.collect(on_share, plant.source)
    assert (back.unreachable, back.taken, back.remembered) == ((), 0, 2)


def test_files_in_the_place_of_a_share_are_not_its_files(plant, share, on_share):
    """Files written there while the share is away lie beside it: they come to light once a person is informed."""
    plant.collect(on_share)
    share.unmount()
    put(share.folder, "M01.txt")
    assert codes(plant.collect(on_share)) == ["collect.unmounted"]
    assert plant.arrivals() == []


def test_a_folder_of_a_share_is_found_missing_as_the_share_is(plant, share):
    """Below the mount point there is nothing, or files somebody once made on this computer's own disk."""
    inner = FolderSource(share.folder / "landing", "leave", "inner", Mounts(plant.engine))
    put(share.folder, "landing/M01.txt")
    assert plant.collect(inner).taken == 1
    share.unmount()
    assert codes(plant.collect(inner)) == ["collect.unreachable"]
    (share.folder / "landing").mkdir()
    assert codes(plant.collect(inner)) == ["collect.unmounted"]


def test_a_folder_that_becomes_a_share_is_one_from_then_on(plant, tmp_path, share):
    share.unmount()
    folder = FolderSource(share.folder, "leave", "share", Mounts(plant.engine))
    assert plant.collect(folder).unreachable == ()
    share.mount()
    assert plant.collect(folder).unreachable == ()
    share.unmount()
    assert codes(plant.collect(folder)) == ["collect.unmounted"]
    renamed = FolderSource(share.folder, "leave", "./share", Mounts(plant.engine))  # as the message says
    assert plant.collect(renamed).unreachable == ()


def test_a_link_that_leads_to_another_disk_is_no_missing_share(plant, tmp_path, share):
    link = tmp_path / "link"
    link.symlink_to(share.folder, target_is_directory=True)
    folder = FolderSource(link, "leave", "link", Mounts(plant.engine))
    assert plant.collect(folder).unreachable == ()
    link.unlink()
    link.symlink_to(tmp_path, target_is_directory=True)
    assert codes(plant.collect(folder)) == []


def test_a_share_that_is_taken_away_while_it_is_read_takes_nothing_half(plant, share):
    whole = os.urandom(3_000_000)
    put(share.folder, "M01.txt", whole)

    class Going(FolderSource):
        def open(self, listed: Listed) -> BinaryIO:
            stream = super().open(listed)
            if os.path.ismount(share.folder):
                share.unmount(lazily=True)
            return stream

    gone = plant.collect(Going(share.folder, "delete", "share", Mounts(plant.engine)))
    assert gone.taken == 0 and plant.arrivals() == []
    share.mount()
    assert plant.collect(FolderSource(share.folder, "leave", "share", Mounts(plant.engine))).taken == 1


class Stuck(FolderSource):
    """A share whose server is gone: every reader waits, until it is back."""

    def __init__(self, root: Path, at: str, after: After = "leave") -> None:
        super().__init__(root, after, "share")
        self.at, self.back, self.asked = at, threading.Event(), 0

    def _stuck(self, at: str) -> None:
        if at == self.at:
            self.asked += 1
            self.back.wait(30)

    def list(self) -> Iterator[Listed]:
        self._stuck("list")
        yield from super().list()

    def look(self, listed: Listed) -> Listed | None:
        self._stuck("look")
        return super().look(listed)

    def open(self, listed: Listed) -> BinaryIO:
        self._stuck("open")
        return super().open(listed)

    def release(self, listed: Listed) -> None:
        self._stuck("release")
        super().release(listed)


@pytest.mark.parametrize("at", ["list", "look", "open", "release"])
def test_a_share_that_hangs_holds_up_no_other_source(plant, tmp_path, monkeypatch, at):
    monkeypatch.setattr(polling, "SILENT_S", 0.3)
    stuck = Stuck(tmp_path / "share", at, "delete")
    for number in range(9):
        put(stuck.root, f"M{number:02d}.txt", b"%d" % number)
        plant.put(f"N{number:02d}.txt")
    result = plant.collect(stuck, plant.source)
    assert codes(result) == ["collect.silent"]
    assert sum(name.startswith("N") for name in plant.names()) == 9
    times = stuck.asked
    plant.put("N10.txt")
    again = plant.collect(stuck, plant.source)
    assert (codes(again), again.taken, stuck.asked) == (["collect.silent"], 1, times)  # nobody else is sent to wait
    stuck.at = ""
    stuck.back.set()
    while codes(plant.collect(stuck, plant.source)):
        continue
    assert sorted(set(plant.names())) == [f"M{n:02d}.txt" for n in range(9)] + [f"N{n:02d}.txt" for n in range(9)] + [
        "N10.txt"
    ]
    assert len(plant.arrivals()) == 19
    assert list(stuck.root.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EHOSTDOWN, errno.ENOTCONN, errno.ETIMEDOUT])
def test_a_stale_share_is_unreachable_not_full_of_bad_files(plant, tmp_path, number):
    class Stale(FolderSource):
        def open(self, listed: Listed) -> BinaryIO:
            raise OSError(number, os.strerror(number))

    for name in range(20):
        put(tmp_path / "share", f"M{name:02d}.txt")
    plant.put("N01.txt")
    result = plant.collect(Stale(tmp_path / "share", "leave", "share"), plant.source)
    assert (codes(result), result.unreadable, result.taken) == (["collect.lost"], (), 1)
    assert os.strerror(number) in str(result.unreachable[0])


@pytest.mark.parametrize(
    "how",
    [
        "fcntl.flock(file, fcntl.LOCK_EX)",
        "fcntl.lockf(file, fcntl.LOCK_EX)",
        "fcntl.lockf(file, fcntl.LOCK_EX, 1, 4)",  # a part of it
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="locks of Linux")
def test_a_file_that_another_program_locks_is_left_until_it_lets_go(plant, how):
    path = plant.put("M01.txt")
    plant.put("M02.txt")
    code = f"import fcntl, sys\nfile = open(sys.argv[1], 'r+b')\n{how}\nprint('locked', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == "locked\n"
        result = plant.collect()
        other.communicate()
    ((problem),) = result.unreadable
    assert (problem.path, problem.reason) == ("M01.txt", Phrase("collect.locked", {}))
    assert plant.names() == ["M02.txt"]
    assert plant.collect().taken == 1


@pytest.mark.skipif(sys.platform != "linux", reason="locks of Linux")
def test_a_lock_that_lets_others_read_holds_up_nothing(plant):
    import fcntl

    path = plant.put("M01.txt")
    with path.open("rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        assert plant.collect().taken == 1


def test_a_sharing_violation_of_windows_is_a_lock():
    violation = PermissionError(13, "The process cannot access the file")
    assert not refused_by_lock(violation)
    violation.winerror = 32  # type: ignore[attr-defined]
    assert refused_by_lock(violation)


@contextmanager
def as_nobody() -> Iterator[None]:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("rights are tried as another user, which only root may become")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """Where others may go: pytest's folders are its user's alone."""
    with TemporaryDirectory(prefix="aponta-share-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_file_and_a_folder_without_rights_are_reported_and_the_others_taken(open_to_all):
    put(open_to_all, "M01.txt")
    put(open_to_all, "M02.txt").chmod(0)
    put(open_to_all, "closed/M03.txt")
    (open_to_all / "closed").chmod(0)
    source = FolderSource(open_to_all, "delete", "share")
    with as_nobody():
        listed = {one.path: one for one in source.list()}
        assert sorted(listed) == ["M01.txt", "M02.txt", "closed"]
        for path in ("M02.txt", "closed"):
            with pytest.raises(PermissionError):
                source.open(listed[path])
        with source.open(listed["M01.txt"]) as stream:
            assert stream.read() == b"rows\r\n"
        with pytest.raises(PermissionError):
            source.release(listed["M01.txt"])
        with pytest.raises(PermissionError):
            source.try_release()


def test_a_share_without_rights_is_unreachable(open_to_all):
    open_to_all.chmod(0o700)
    with as_nobody(), pytest.raises(TransientError, match=r"collect\.unreachable.*Permission denied"):
        list(FolderSource(open_to_all, "leave", "share").list())


@pytest.mark.parametrize("after", ["move", "delete"])
def test_from_a_read_only_share_files_are_taken_and_released_once_it_can_be_written(plant, share, after):
    source = FolderSource(share.folder, after, "share", Mounts(plant.engine))
    for number in range(30):
        put(share.folder, f"M{number:02d}.txt", b"%d" % number)
    share.read_only()
    result = plant.collect(source)
    assert result.taken == 30
    assert 10 <= len(result.unreleased) < 20, "a share that refuses is not asked for each file"
    assert {problem.reason for problem in result.unreleased} == {os.strerror(errno.EROFS)}
    with pytest.raises(OSError):
        source.try_release()
    again = plant.collect(source)
    assert again.taken == 0 and again.unreleased
    share.unmount()
    share.mount()
    source.try_release()
    assert plant.collect(source).unreleased == ()
    assert sorted(one.name for one in share.folder.iterdir()) == (["taken"] if after == "move" else [])
    assert len(plant.arrivals()) == 30


def test_ten_files_that_never_go_do_not_keep_the_others(plant, tmp_path):
    class Choosy(FolderSource):
        def release(self, listed: Listed) -> None:
            if listed.path < "M15":
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            super().release(listed)

    source = Choosy(tmp_path / "share", "delete", "share")
    for number in range(40):
        put(source.root, f"M{number:02d}.txt", b"%d" % number)
    for _ in range(40):
        plant.collect(source)
    assert sorted(one.name for one in source.root.iterdir()) == [f"M{n:02d}.txt" for n in range(15)]


def test_a_name_whose_case_changes_is_a_copy(plant):
    """Shares differ in what they make of capitals."""
    path = plant.put("M01_20260302_07.TXT")
    plant.collect()
    path.rename(path.with_name("m01_20260302_07.txt"))
    plant.collect()
    assert len({row["sha256"] for row in plant.arrivals()}) == 1
    assert [row["name"] for row in plant.arrivals()] == ["M01_20260302_07.TXT", "m01_20260302_07.txt"]


def test_a_taken_file_is_not_taken_again_however_its_folder_is_written(plant):
    plant.put("Taken/M01.txt")
    plant.put("line/taken/M02.txt")
    plant.collect()
    assert plant.names() == ["M02.txt"]


def test_accents_and_bytes_that_are_no_text_come_whole(plant):
    names = ["Peças/máquina 01.txt", "ma\u0301quina.txt", "\u00e1 \u0301.txt"]
    for name in names:
        plant.put(name, name.encode())
    plant.put(os.fsdecode(b"Pe\xe7as/m\xe1q.txt"), b"latin")
    assert plant.collect().taken == 4
    assert plant.collect().remembered == 4
    contents = {(row["folder"], row["name"]): plant.raw.read(row["sha256"]) for row in plant.arrivals()}
    assert contents["Peças", "máquina 01.txt"] == "Peças/máquina 01.txt".encode()
    assert contents["Pe\\udce7as", "m\\udce1q.txt"] == b"latin"
