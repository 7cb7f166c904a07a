"""A service's name and command, whatever its folder is called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aponta.errors import ConfigError, TransientError
from aponta.operate.service.unit import run_tool, service_command, service_name


@pytest.mark.parametrize(
    ("folder", "name"), [("shop", "aponta-shop-"), ("Fábrica 1 - 100%", "aponta-fabrica-1-100-"), ("工場", "aponta-")]
)
def test_a_folder_has_a_name_that_every_manager_takes(tmp_path: Path, folder: str, name: str) -> None:
    service = service_name(tmp_path / folder)
    assert service.startswith(name) and len(service) == len(name) + 4
    assert service == service_name(tmp_path / "x" / ".." / folder)
    assert service != service_name(tmp_path / "x" / folder)


def test_what_runs_needs_no_shell(tmp_path: Path) -> None:
    command = service_command(tmp_path / "a b", "watch")
    assert command[-3:] == ("watch", "-C", str(tmp_path / "a b"))
    environment = os.environ | {"PATH": ""}
    asked = [*command[:3], "--version"]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("aponta "), done.stderr


def test_a_failing_tool_is_an_error_with_its_text() -> None:
    with pytest.raises(ConfigError, match="no_manager"):
        run_tool(["no-such-program"])
    with pytest.raises(TransientError, match="it is late"):
        run_tool([sys.executable, "-c", "raise SystemExit('it is late')"])
    assert run_tool([sys.executable, "-c", "print('so'); raise SystemExit(1)"], accept=(0, 1)).strip() == "so"
