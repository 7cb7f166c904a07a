"""kill -9 at every step of a pass: made again, it leaves what an undisturbed one leaves, to the last receipt.

What a kill leaves of a folder is a copy of it at that step, so one pass is enough to walk all of its steps. Real kills
hold that to be so.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from source import PYTHONPATH

SCENES = ("first", "later", "changed", "reassigned", "backfill")
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: no process to kill by steps"),
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]


def walked(script, folder, *how):
    """The lines that the script printed. A process of its own, for it forks."""
    command = [sys.executable, Path(__file__).with_name(script), folder, *map(str, how)]
    ran = subprocess.run(command, env=os.environ | {"PYTHONPATH": PYTHONPATH}, stdout=subprocess.PIPE, text=True)
    assert ran.returncode == 0
    return [json.loads(line) for line in ran.stdout.splitlines()]


def check_kinds(places):
    for kind in ("commit", "create_write_transaction", "replace", "compact", "create"):
        assert any(kind in place for place in places), kind


@pytest.mark.parametrize("scene", SCENES)
def test_a_pass_made_again_from_any_step_leaves_no_trace(tmp_path, scene):
    states = walked("copied_at_each_step.py", tmp_path, scene)
    assert [state for state in states if state["differs"]] == []
    steps = [n for state in states for n in state["steps"]]
    assert steps == [*range(1, len(steps) + 1)], "each was walked"
    assert len(steps) > 50 and len(states) > 25
    if scene == "first":
        check_kinds([state["where"] for state in states])


def check_kills(lines):
    """Returns at which steps the pass was killed."""
    assert [line for line in lines if line["differs"]] == []
    assert [line["killed"] is None for line in lines] == [False] * (len(lines) - 1) + [True], "it walked to the end"
    return [line["killed"] for line in lines[:-1]]


@pytest.mark.disk
def test_a_pass_that_is_killed_leaves_no_trace(tmp_path):
    killed = check_kills(walked("killed_at_each_step.py", tmp_path, "first", 2, 4))
    assert len(killed) > 20
    check_kinds(killed)


@pytest.mark.search
@pytest.mark.parametrize("scene", SCENES)
def test_a_pass_that_is_killed_at_any_step_leaves_no_trace(tmp_path, scene):
    assert len(check_kills(walked("killed_at_each_step.py", tmp_path, scene, 1, 1))) > 50
