"""A folder that an earlier release left, stopped in the middle of a pass: this version goes on from there, and every
number is right.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from releases import releases, summary, unpack
from verification import query_in_process

from aponta.config import load
from aponta.ops.database import REVISIONS


class Folder:
    """The command line of this version, in a factory folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """What it prints as JSON, or, where it does not end well, what it says."""
        command = [sys.executable, "-m", "aponta.cli", *arguments, "--json"]
        language = {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"}
        done = subprocess.run(command, cwd=self.folder, env=os.environ | language, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout) if code < 2 and done.stdout else done.stderr


@pytest.fixture(params=releases(), ids=lambda kept: kept.name)
def kept(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def aponta(kept: Path, tmp_path: Path) -> Folder:
    return Folder(unpack(kept, tmp_path / "factory"))


def test_a_pass_goes_on_from_there(aponta: Folder) -> None:
    first = aponta("run", code=1)
    assert first["upgraded"]["revisions"] == list(REVISIONS)
    assert first["files"]["retried"] and first["files"]["new"] and first["stock"]["acknowledged"]
    second = aponta("run")
    assert second["files"]["seen"] == second["stock"]["prepared"] == 0
    assert aponta("files", "verify")["faults"] == []
    (holds,) = [one["number"] for one in aponta("reassign", "list") if one["undone_at"] is None]
    aponta("reassign", "undo", str(holds), "--yes")
    assert [one for one in aponta("lab", "verify") if one["differences"]] == []


def test_facts_are_what_they_were(aponta: Folder, kept: Path) -> None:
    factory, facts = load(aponta.folder), json.loads((kept / "facts.json").read_text(encoding="utf-8"))
    for table, held in facts.items():
        rows = query_in_process(factory, f"SELECT {', '.join(held['columns'])} FROM {table}")
        assert summary(rows) == held["machines"], table
