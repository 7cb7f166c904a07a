"""The laws that a source of every kind keeps, tried on a real one of each."""

import os
import subprocess
import sys
from contextlib import contextmanager
from threading import Lock

import pytest
from stages import FolderStage, S3Stage, SftpStage

from aponta.collect.landing import GROUP
from aponta.contract.source import Listed
from aponta.ops.memory import resident_bytes

MANY = {FolderStage: 10_000, S3Stage: 10_000, SftpStage: 2_000}  # the last one's server takes its time


def only(source) -> Listed:
    (listed,) = source.list()
    return listed


def read(source, listed: Listed) -> bytes:
    with source.open(listed) as stream:
        return b"".join(iter(lambda: stream.read(1 << 20), b""))


class Meddled:
    """A source to which something happens while it is asked."""

    def __init__(self, source, **meanwhile) -> None:
        self.source, self.meanwhile = source, meanwhile

    def __getattr__(self, name):
        return getattr(self.source, name)

    @contextmanager
    def open(self, listed):
        self.meanwhile.get("before", lambda: None)()
        with self.source.open(listed) as stream:
            self.meanwhile.get("opened", lambda: None)()
            yield stream


def test_files_are_listed_below_the_root_with_their_sizes(stage):
    stage.put("M01.txt", b"one")
    stage.put("line 2/Peça á/M02.txt", b"four")
    source = stage.source()
    assert {(one.path, one.size) for one in source.list()} == {("M01.txt", 3), ("line 2/Peça á/M02.txt", 4)}
    assert [listed for listed in source.list() if source.look(listed) != listed] == []


@pytest.mark.parametrize(
    "path", ["M01.txt.tmp", "M01.PART", ".M01.txt", ".git/M01.txt", "taken/M01.txt", "Taken/a.txt"]
)
def test_hidden_unfinished_and_taken_files_are_ignored(stage, path):
    stage.put("M02.txt", b"rows")
    stage.put(path, b"rows")
    assert only(stage.source()).path == "M02.txt"


@pytest.mark.parametrize("size", [0, 1, 3_000_001])
def test_bytes_come_whole(stage, size):
    data = os.urandom(size)
    stage.put("M01.txt", data)
    source = stage.source()
    assert only(source).size == size
    assert read(source, only(source)) == data


def test_a_stream_gives_as_much_as_it_is_asked_for(stage):
    stage.put("M01.txt", b"rows\r\n")
    source = stage.source()
    with source.open(only(source)) as stream:
        assert [stream.read(4), stream.read(4), stream.read(4)] == [b"rows", b"\r\n", b""]


def test_a_look_tells_change_and_loss(stage):
    stage.put("M01.txt", b"rows")
    source = stage.source()
    listed = only(source)
    assert source.look(listed) == listed
    stage.put("M01.txt", b"rows and more")
    changed = source.look(listed)
    assert changed != listed and changed.size == 13
    stage.remove("M01.txt")
    assert source.look(listed) is None
    with pytest.raises(FileNotFoundError):
        read(source, listed)


@pytest.mark.parametrize(
    ("after", "left"), [("leave", ["line/M01.txt"]), ("move", ["taken/line/M01.txt"]), ("delete", [])]
)
def test_originals_are_left_moved_or_deleted(plant, stage, after, left):
    stage.put("line/M01.txt", b"rows")
    source = stage.source(after)
    assert source.releases == (after != "leave")
    assert plant.collect(source).taken == 1
    assert sorted(stage.files()) == left
    assert plant.collect(stage.source(after)).taken == 0


def test_a_moved_file_takes_the_place_of_none(plant, stage):
    for data in (b"first", b"second, another", b"third"):
        stage.put("M01.txt", data)
        assert plant.collect(stage.source("move")).taken == 1
    assert stage.files() == {
        "taken/M01.txt": b"first",
        "taken/M01-2.txt": b"second, another",
        "taken/M01-3.txt": b"third",
    }


@pytest.mark.parametrize("after", ["move", "delete"])
def test_a_file_changed_since_is_left_alone(stage, after):
    stage.put("M01.txt", b"rows")
    source = stage.source(after)
    listed = only(source)
    stage.put("M01.txt", b"rows and more")
    source.release(listed)
    assert stage.files() == {"M01.txt": b"rows and more"}
    stage.remove("M01.txt")
    source.release(listed)


@pytest.mark.parametrize("after", ["leave", "move", "delete"])
def test_a_doctor_tries_whether_it_can_be_released_and_leaves_nothing(stage, after):
    stage.put("M01.txt", b"rows")
    stage.source(after).try_release()
    assert stage.files() == {"M01.txt": b"rows"}


def test_each_file_is_taken_once_and_again_when_it_changed(plant, stage):
    stage.put("M01.txt", b"one")
    stage.put("M02.txt", b"two")
    assert plant.collect(stage.source()).taken == 2
    again = plant.collect(stage.source())
    assert (again.taken, again.remembered) == (0, 2)
    stage.put("M01.txt", b"one and more")
    assert plant.collect(stage.source()).taken == 1
    assert [plant.raw.read(row["sha256"]) for row in plant.arrivals()][2:] == [b"one and more"]
    assert {row["source"] for row in plant.arrivals()} == {"staged"}


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_pass(plant, stage):
    stage.put("M01.txt", b"rows")
    source = Meddled(stage.source("delete"), opened=lambda: stage.put("M01.txt", b"rows and more"))
    result = plant.collect(source)
    assert (result.taken, result.young, result.unreadable) == (0, 1, ())
    assert plant.collect(stage.source("delete")).taken == 1
    assert [plant.raw.read(row["sha256"]) for row in plant.arrivals()] == [b"rows and more"]


@pytest.mark.parametrize("when", ["before", "opened"])
def test_a_file_that_vanishes_while_it_is_read_is_no_problem(plant, stage, when):
    stage.put("M01.txt", b"rows")
    stage.put("M02.txt", b"rows 2")

    once = Lock()

    def vanish() -> None:
        if once.acquire(blocking=False):
            stage.remove("M01.txt")

    result = plant.collect(Meddled(stage.source(), **{when: vanish}))
    assert (result.young, result.unreadable, result.unreachable) == (0, (), ())
    assert plant.names() == ["M02.txt"]


def test_a_copy_that_is_missing_keeps_the_original(plant, stage):
    stage.put("M01.txt", b"rows")
    plant.collect(stage.source())
    plant.raw.path(plant.arrivals()[0]["sha256"]).unlink()
    plant.collect(stage.source("delete"))
    assert plant.raw.read(plant.arrivals()[0]["sha256"]) == b"rows"
    assert stage.files() == {}


KILLED = """
import os, pickle, sys
from pathlib import Path
from aponta.collect import landing
from aponta.collect.sources import open_configured
from aponta.collect.raw import RawZone
from aponta.config import SourceSection, load
from aponta.contract.clock import system_clock
from aponta.ops.database import connect

shop, base, point, section = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], pickle.loads(bytes.fromhex(sys.argv[4]))
source = open_configured(section, load(shop), None)

def die(*_, **__):
    os.kill(os.getpid(), 9)

if point == "copied":
    landing.record_arrivals = die
elif point == "recorded":
    landing._release = lambda taken: die() if list(taken) else []
else:
    released = source.release
    source.release = lambda listed: die(released(listed))
landing.collect([source], RawZone(base / "raw"), connect(f"sqlite:///{base / 'ops.db'}"), system_clock, 5)
"""


@pytest.mark.parametrize("point", ["copied", "recorded", "released"])
def test_killed_anywhere_each_file_is_taken_once(plant, stage, tmp_path, point, monkeypatch):
    import pickle

    import stages

    contents = {f"M{number:02d}.txt": b"rows of %d" % number for number in range(GROUP + 6)}
    for path, data in contents.items():
        stage.put(path, data)
    sections = []
    monkeypatch.setattr(stages, "open_configured", lambda section, *_: sections.append(section))
    stage.source("move")
    monkeypatch.undo()
    pickled = pickle.dumps(sections[0]).hex()
    killed = subprocess.run([sys.executable, "-c", KILLED, stage.factory.folder, tmp_path, point, pickled])
    assert killed.returncode == -9
    plant.collect(stage.source("move"))
    assert {row["name"]: plant.raw.read(row["sha256"]) for row in plant.arrivals()} == contents
    assert len(plant.arrivals()) == len(contents)
    assert stage.files() == {f"taken/{path}": data for path, data in contents.items()}


@pytest.mark.slow
def test_a_week_offline_is_taken_in_one_pass(plant, stage):
    """Progress is reported, and memory holds no more than a few files."""
    many = MANY[type(stage)]
    stage.put_all({f"M{number % 10:02d}/{number:05d}.txt": b"%d" % number for number in range(many)})
    calls: list[tuple[int, int]] = []
    most = before = resident_bytes() or 0

    def progress(done: int, total: int) -> None:
        nonlocal most
        calls.append((done, total))
        most = max(most, resident_bytes() or 0)

    result = plant.collect(stage.source(), progress=progress)
    assert (result.listed, result.taken, result.unreadable) == (many, many, ())
    assert calls[0] == (0, many) and calls[-1] == (many, many) and len(calls) == many + 1
    assert most - before < 100 * 2**20
    assert plant.collect(stage.source()).remembered == many
