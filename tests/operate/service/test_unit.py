"""A service's name and command, whatever its folder is called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aponta.errors import ConfigError, TransientError
from aponta.operate.service.unit import call, name_of, runs


@pytest.mark.parametrize(
    ("folder", "name"), [("shop", "aponta-shop-"), ("Fábrica 1 - 100%", "aponta-fabrica-1-100-"), ("工場", "aponta-")]
)
def test_a_folder_has_a_name_that_every_manager_takes(tmp_path: Path, folder: str, name: str) -> None:
    found = name_of(tmp_path / folder)
    assert found.startswith(name) and len(found) == len(name) + 4
    assert found == name_of(tmp_path / "x" / ".." / folder)
    assert found != name_of(tmp_path / "x" / folder)


def test_what_runs_needs_no_shell(tmp_path: Path) -> None:
    command = runs(tmp_path / "a b", "watch")
    assert command[-3:] == ("watch", "-C", str(tmp_path / "a b"))
    environment = os.environ | {"PATH": ""}
    told = [*command[:3], "--version"]
    done = subprocess.run(told, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("aponta "), done.stderr


def test_what_a_tool_says_is_told() -> None:
    with pytest.raises(ConfigError, match="no_manager"):
        call(["no-such-program"])
    with pytest.raises(TransientError, match="it is late"):
        call([sys.executable, "-c", "raise SystemExit('it is late')"])
    assert call([sys.executable, "-c", "print('so'); raise SystemExit(1)"], accept=(0, 1)).strip() == "so"
