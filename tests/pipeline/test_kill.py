"""kill -9 at every step of a pass: made again, it leaves what an undisturbed one leaves, to the last receipt."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from source import PYTHONPATH

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: no process to kill by steps")


def walk(folder, *walks):
    """Walks at the same time, each (scene, first step, stride). Returns the lines of each."""
    running = []
    for number, each in enumerate(walks):
        (folder / str(number)).mkdir()
        script = [sys.executable, Path(__file__).with_name("killed_at_each_step.py"), folder / str(number)]
        given = {"env": os.environ | {"PYTHONPATH": PYTHONPATH}, "stdout": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen([*script, *map(str, each)], **given))
    told = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return [[json.loads(line) for line in lines.splitlines()] for lines in told]


def check(lines):
    assert [line for line in lines if line["differs"]] == []
    assert [line["killed"] is None for line in lines] == [False] * (len(lines) - 1) + [True], "it walked to the end"


def test_a_pass_killed_here_and_there_leaves_no_trace(tmp_path):
    for lines in walk(
        tmp_path, ("first", 5, 31), ("later", 9, 23), ("changed", 7, 13), ("reassigned", 6, 19), ("backfill", 5, 17)
    ):
        check(lines)
        assert len(lines) > 3


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("scene", "stride"), [("first", 2), ("later", 4), ("changed", 4), ("reassigned", 8), ("backfill", 4)]
)
def test_a_pass_killed_at_any_step_leaves_no_trace(tmp_path, scene, stride):
    """At every step of a first pass, at every few of what only adds to it."""
    walks = walk(tmp_path, (scene, 1, stride), (scene, 1 + stride // 2, stride))
    for lines in walks:
        check(lines)
    killed = [line["killed"] for lines in walks for line in lines if line["killed"]]
    sys.stdout.write(f"{scene}: killed at {len(killed)} steps\n")
    assert len(killed) > 20
    if scene == "first":
        for kind in ("commit", "create_write_transaction", "replace", "compact", "create"):
            assert any(kind in where for where in killed), kind
