"""What tests write lies in memory only where there is room, is gone with them, and is at hand when one failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from memory_disk import MEMORY, NEEDED_BYTES, PREFIX, room, sweep
from source import REPO

pytestmark = pytest.mark.skipif(not MEMORY.is_dir(), reason="no disk in memory on this computer")
ALL_OF_IT = 1 << 60


def test_there_is_room_or_there_is_not(tmp_path):
    assert room(tmp_path, 1)
    assert not room(tmp_path, ALL_OF_IT)
    assert not room(tmp_path / "none", 1)


def test_what_killed_tests_left_is_removed_and_what_others_write_is_not(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, used, other = (tmp_path / name for name in (f"{PREFIX}{ended.pid}", f"{PREFIX}{os.getpid()}", "other"))
    for folder in (left, used, other):
        (folder / "factory").mkdir(parents=True)
    sweep(tmp_path)
    assert [folder.exists() for folder in (left, used, other)] == [False, True, True]


@pytest.mark.disk
def test_a_test_that_is_marked_keeps_to_the_disk(tmp_path):
    assert not tmp_path.is_relative_to(MEMORY)
    (tmp_path / "written").write_text("it can be written to")


def test_what_a_failed_test_wrote_is_moved_to_the_disk_and_the_memory_is_free(tmp_path):
    if not room(MEMORY, NEEDED_BYTES):
        pytest.skip("no room in memory on this computer")
    tests = tmp_path / "test_one.py"
    tests.write_text(
        "from pathlib import Path\n"
        "def test_fails(tmp_path):\n    (tmp_path / 'written').touch()\n    print('in', tmp_path)\n    assert False\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "APONTA"))}
    environment |= {"PYTHONPATH": str(REPO / "tests" / "support"), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-p", "memory_disk", "-p", "no:cacheprovider", "-c", os.devnull, tests]
    ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    (where,) = (line.split()[1] for line in ran.stdout.splitlines() if line.startswith("in "))
    (kept,) = (line.split()[-1] for line in ran.stdout.splitlines() if line.startswith("what the failed tests"))
    assert not Path(where).exists()
    assert [path.name for path in Path(kept).rglob("written")] == ["written"]
