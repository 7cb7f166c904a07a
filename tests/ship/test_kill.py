import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: processes cannot be killed step by step")
def test_a_process_killed_at_any_step_leaves_stock_as_if_it_had_not_been(tmp_path):
    script = Path(__file__).with_name("killed_at_each_step.py")
    ran = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["killed"] for line in lines] == [True] * (len(lines) - 1) + [False]
    assert len(lines) > 15, "steps of two batches"
    for line in lines:
        assert line["on_hand"] == [
            ["B", "finished", 4],
            ["B", "scrap", 4],
            ["P", "finished", 50],
            ["P", "scrap", 50],
        ], line
        assert line["states"] == [["acknowledged", 4]], line
