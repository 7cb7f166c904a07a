import os
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from intake import HOUR, Intake
from sqlalchemy import select

from aponta.collect import ledger
from aponta.collect.landing import CollectResult, Problem
from aponta.collect.raw import RawZone
from aponta.collect.sources.folder import After, FolderSource
from aponta.contract.clock import system_clock
from aponta.contract.source import Listed
from aponta.errors import TransientError
from aponta.ops.database import connect, transaction
from aponta.ops.tables import seen


def test_new_files_are_in_the_raw_zone_and_in_the_ledger_oldest_first(plant: Intake) -> None:
    plant.put("b/M02.txt", b"two", at=HOUR + 1)
    plant.put("M03.txt", b"three", at=HOUR)
    plant.put("a/M01.txt", b"one", at=HOUR + 1)
    calls: list[tuple[int, int]] = []
    collected = plant.collect(progress=lambda done, total: calls.append((done, total)))
    assert collected == CollectResult(3, 0, 3, 11, 0, (), (), ())
    assert calls == [(0, 3), (1, 3), (2, 3), (3, 3)]
    arrivals = plant.arrivals()
    assert [row["name"] for row in arrivals] == ["M03.txt", "M01.txt", "M02.txt"]
    assert [plant.raw.read(row["sha256"]) for row in arrivals] == [b"three", b"one", b"two"]
    first = arrivals[0]
    assert first["modified_at"] == datetime.fromtimestamp(HOUR, UTC)
    assert (first["source"], first["size"], first["batch"], first["status"]) == ("landing", 5, None, None)
    assert abs((system_clock() - first["received_at"]).total_seconds()) < 60


def test_remembered_files_are_not_read_again(plant: Intake) -> None:
    plant.put("M01.txt")
    plant.collect()

    class Closed(FolderSource):
        def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
            raise AssertionError("read again")

    collected = plant.collect(Closed(plant.landing, "leave", "landing"))
    assert (collected.listed, collected.remembered, collected.taken) == (1, 1, 0)
    assert len(plant.arrivals()) == 1


def test_a_changed_file_is_taken_again_and_so_is_a_new_time(plant: Intake) -> None:
    plant.put("M01.txt", b"one")
    plant.collect()
    plant.put("M01.txt", b"two")  # same size, same time but for what follows
    plant.put("M01.txt", b"two", at=HOUR + 1)
    plant.collect()
    plant.put("M01.txt", b"two", at=HOUR + 2)
    plant.collect()
    assert [plant.raw.read(row["sha256"]) for row in plant.arrivals()] == [b"one", b"two", b"two"]
    with transaction(plant.engine) as connection:
        assert connection.execute(select(seen.c.path, seen.c.modified_ns)).all() == [("M01.txt", (HOUR + 2) * 10**9)]


def test_a_young_file_is_left_when_nobody_waits(plant: Intake) -> None:
    plant.put("M01.txt", at=time.time())
    plant.put("M02.txt")
    collected = plant.collect(wait=False)
    assert (collected.young, collected.taken) == (1, 1)
    assert plant.names() == ["M02.txt"]


@pytest.mark.parametrize("ahead", [0, 3600])
def test_a_young_file_is_taken_after_the_wait_even_from_a_clock_that_is_ahead(plant: Intake, ahead: float) -> None:
    plant.put("M01.txt", at=time.time() + ahead)
    started = time.monotonic()
    assert plant.collect(stable_seconds=0.2).taken == 1
    assert 0.1 < time.monotonic() - started < 2


def test_a_watcher_takes_a_file_from_a_clock_that_is_ahead(plant: Intake) -> None:
    """By that clock it would be young for days."""
    plant.put("ahead.txt", at=time.time() + 2 * 86_400)
    plant.put("young.txt", at=time.time())
    collected = plant.collect(stable_seconds=1, wait=False)
    assert (collected.young, plant.names()) == (1, ["ahead.txt"])


def test_a_file_that_grows_during_the_wait_is_left(plant: Intake) -> None:
    path = plant.put("M01.txt", at=time.time())
    gone = plant.put("M02.txt", at=time.time())

    def meanwhile() -> None:
        path.write_bytes(b"rows\r\nmore\r\n")
        gone.unlink()

    timer = threading.Timer(0.1, meanwhile)
    timer.start()
    collected = plant.collect(stable_seconds=0.5)
    timer.join()
    assert collected == CollectResult(2, 0, 0, 0, 1, (), (), ())  # what went is no trouble
    assert plant.arrivals() == []


@pytest.mark.parametrize("written", [b"rows\r\nmore\r\n", b"ROWS\r\n"])
def test_a_file_that_changes_while_it_is_read_is_left(plant: Intake, written: bytes) -> None:
    path = plant.put("M01.txt")

    class Writing(FolderSource):
        def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
            stream = super().open(listed)
            path.write_bytes(written)
            return stream

    collected = plant.collect(Writing(plant.landing, "delete", "landing"))
    assert (collected.young, collected.taken) == (1, 0)
    assert path.exists()
    assert plant.collect(stable_seconds=0).taken == 1


def test_a_file_that_comes_short_is_left(plant: Intake) -> None:
    plant.put("M01.txt")

    class Short(FolderSource):
        def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
            return BytesIO(b"row")

    assert plant.collect(Short(plant.landing, "leave", "landing")).young == 1
    assert plant.arrivals() == []


def test_a_locked_file_is_named_and_the_others_go_on(plant: Intake) -> None:
    plant.put("M01.txt")
    plant.put("M02.txt")
    plant.put("M03.txt")

    class Locked(FolderSource):
        def open(self, listed: Listed) -> AbstractContextManager[BinaryIO]:
            if listed.path == "M02.txt":
                raise PermissionError(13, "The process cannot access the file")
            return super().open(listed)

    collected = plant.collect(Locked(plant.landing, "leave", "landing"))
    assert collected.unreadable == (Problem("landing", "M02.txt", "The process cannot access the file"),)
    assert plant.names() == ["M01.txt", "M03.txt"]
    assert plant.collect().taken == 1  # unlocked now


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_and_a_folder_that_may_not_be_read_are_named(plant: Intake) -> None:
    plant.put("M01.txt")
    plant.put("M02.txt").chmod(0)
    plant.put("closed/M03.txt")
    (plant.landing / "closed").chmod(0)
    collected = plant.collect()
    (plant.landing / "closed").chmod(0o700)
    assert [trouble.path for trouble in collected.unreadable] == ["closed", "M02.txt"]
    assert plant.names() == ["M01.txt"]


def test_a_vanished_source_is_reported_and_nothing_of_it_is_forgotten(plant: Intake, tmp_path: Path) -> None:
    share = FolderSource(tmp_path / "share", "leave", "share")
    share.root.mkdir()
    (share.root / "M09.txt").write_bytes(b"nine")
    assert plant.collect(share, stable_seconds=0).taken == 1
    share.root.rename(tmp_path / "away")
    plant.put("M01.txt")
    collected = plant.collect(share, plant.source)
    assert [error.code for error in collected.unreachable] == ["collect.unreachable"]
    assert collected.taken == 1
    (tmp_path / "away").rename(share.root)
    assert plant.collect(share, plant.source).taken == 0


@pytest.mark.parametrize(("after", "left"), [("leave", ["M01.txt"]), ("move", ["taken/M01.txt"]), ("delete", [])])
def test_originals_are_left_moved_or_deleted(tmp_path: Path, plant: Intake, after: After, left: list[str]) -> None:
    plant = Intake(tmp_path, plant.engine, after)
    plant.put("M01.txt")
    assert plant.collect().taken == 1
    assert [p.relative_to(plant.landing).as_posix() for p in plant.landing.rglob("*") if p.is_file()] == left


def test_an_original_that_cannot_be_moved_is_reported_and_moved_in_the_next_pass(tmp_path: Path, plant: Intake) -> None:
    plant = Intake(tmp_path, plant.engine, "move")
    path = plant.put("M01.txt")
    (plant.landing / "taken").write_bytes(b"in the way")
    for _ in range(2):
        collected = plant.collect()
        assert [trouble.path for trouble in collected.unreleased] == ["M01.txt"]
        assert path.exists()
    (plant.landing / "taken").unlink()
    assert plant.collect().unreleased == ()
    assert not path.exists()
    assert len(plant.arrivals()) == 1


def test_an_original_is_never_deleted_while_its_copy_is_missing(tmp_path: Path, plant: Intake) -> None:
    path = plant.put("M01.txt")
    plant.collect()
    copy = plant.raw.path(plant.arrivals()[0]["sha256"])
    copy.unlink()
    Intake(tmp_path, plant.engine, "delete").collect()
    assert copy.exists()
    assert not path.exists()


def test_names_are_data(plant: Intake) -> None:
    names = ["new\nline.txt", "quo'te\".txt", "d" * 200 + "/" + "n" * 200 + ".txt", "%(name)s {0}.txt", "ação;.txt"]
    for name in names:
        plant.put(name)
    try:
        plant.put(os.fsdecode(b"m\xe1quina.txt"))
    except (OSError, UnicodeError):
        pytest.skip("this disk takes only names that are text")
    assert plant.collect().taken == 6
    assert plant.collect().remembered == 6
    assert sorted(plant.names()) == sorted(
        ["new\\nline.txt", "quo'te\".txt", "n" * 200 + ".txt", "%(name)s {0}.txt", "ação;.txt", "m\\udce1quina.txt"]
    )


def test_a_path_longer_than_the_ledger_s_column_is_kept_apart(plant: Intake, postgres_database: str) -> None:
    engine = connect(postgres_database)
    plant.engine = engine
    deep = "/".join(["folder" * 30] * 7)
    plant.put(f"{deep}/M01.txt", b"one")
    plant.put(f"{deep}/M02.txt", b"two")
    assert plant.collect().taken == 2
    assert plant.collect().remembered == 2
    engine.dispose()


def test_more_files_than_a_group_are_recorded_in_order_and_remembered(
    plant: Intake, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(postgres_database)
    plant.engine = engine
    for number in range(150):
        plant.put(f"M{number:03d}.txt", b"%d" % number, at=HOUR - number)
    assert plant.collect().taken == 150
    assert plant.names() == [f"M{number:03d}.txt" for number in reversed(range(150))]
    assert plant.collect().remembered == 150
    monkeypatch.setattr(ledger, "FEW", 149)  # now all of the source's memory is read
    assert plant.collect().remembered == 150
    engine.dispose()


def test_a_full_disk_takes_nothing_half_and_leaves_the_source(plant: Intake, small_disk: Path) -> None:
    path = plant.put("M01.txt", os.urandom(3_000_000))
    plant.raw = RawZone(small_disk / "raw")
    with pytest.raises(TransientError, match=r"ops\.disk_full"):
        plant.collect(FolderSource(plant.landing, "delete", "landing"))
    assert path.stat().st_size == 3_000_000
    assert [file for file in plant.raw.folder.rglob("*") if file.is_file()] == []
    assert plant.arrivals() == []


KILLED = """
import os, sys
from pathlib import Path
from aponta.collect.sources.folder import FolderSource
from aponta.collect.landing import collect
from aponta.collect.raw import RawZone
from aponta.contract.clock import system_clock
from aponta.ops.database import connect

base, point, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def step(name):
    global left
    if name == point:
        left -= 1
        if not left:
            os.kill(os.getpid(), 9)

class Dying(FolderSource):
    def open(self, listed):
        step("open")
        return super().open(listed)
    def look(self, listed):
        step("look")
        return super().look(listed)
    def release(self, listed):
        step("release")
        super().release(listed)
        step("released")

def clock():
    step("copied")
    return system_clock()

engine = connect(f"sqlite:///{base / 'ops.db'}")
collect([Dying(base / "landing", "move", "landing")], RawZone(base / "raw"), engine, clock, 5)
"""


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ("open", 1),
        ("open", 70),
        ("look", 3),
        ("copied", 40),
        ("copied", 68),
        ("release", 1),
        ("released", 5),
        ("release", 68),
    ],
)
def test_killed_and_run_again_nothing_is_lost_or_recorded_twice(
    plant: Intake, tmp_path: Path, point: str, number: int
) -> None:
    contents = {f"M{number:02d}.txt": b"rows of %d" % number for number in range(70)}  # more than a group
    for name, data in contents.items():
        plant.put(name, data)
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path, point, str(number)])
    assert killed.returncode == -9
    Intake(tmp_path, plant.engine, "move").collect()
    assert {row["name"]: plant.raw.read(row["sha256"]) for row in plant.arrivals()} == contents
    assert len(plant.arrivals()) == 70
    moved = {path.name: path.read_bytes() for path in (plant.landing / "taken").iterdir()}
    assert moved == contents
    assert not list(plant.raw.folder.glob("*.draft"))
