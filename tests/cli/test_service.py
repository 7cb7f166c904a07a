"""aponta service, with a systemctl that only writes down what it is asked: the tests start nothing on this computer."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")
SYSTEMCTL = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in *show*) echo "$STATE";; esac
"""


@pytest.fixture
def computer(tmp_path):
    """Runs `aponta service ...` on a factory; gives exit code, stdout, stderr, and what the tools were asked."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("systemctl", "loginctl"):
        (tools / name).write_text(SYSTEMCTL)
        (tools / name).chmod(0o755)
    shop, calls = tmp_path / "Fábrica 100%", tmp_path / "calls"

    def run(*words, group="service", state="active", path=f"{tools}{os.pathsep}/bin"):
        calls.write_text("")
        told = {"PATH": path, "CALLS": str(calls), "STATE": state, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        environment = os.environ | told | {"LC_ALL": "C.UTF-8", "USER": "ana", "LOGNAME": "ana"}
        command = [sys.executable, "-m", "aponta.cli", group, *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr, calls.read_text().splitlines()

    run.units = tmp_path / "config" / "systemd" / "user"
    run.shop = str(shop)
    assert run(str(shop), group="init")[0] == 0
    return run


def test_a_service_is_installed_asked_and_removed(computer):
    code, _, says, asked = computer("install", "-C", computer.shop)
    assert code == 0, says
    (unit,) = computer.units.iterdir()
    assert "100%%" in unit.read_text(encoding="utf-8")
    assert asked == [
        "systemctl --user daemon-reload",
        "systemctl --user daemon-reload",
        f"systemctl --user enable {unit.name}",
        f"systemctl --user restart {unit.name}",
        "loginctl enable-linger ana",
    ]
    code, out, _, _ = computer("status", "-C", computer.shop, "--json")
    assert (code, json.loads(out)) == (0, {"service": unit.stem, "state": "running", "place": str(unit)})
    assert computer("status", "-C", computer.shop, state="failed")[0] == 1
    code, _, _, asked = computer("remove", "-C", computer.shop)
    assert code == 0 and asked[0] == f"systemctl --user disable --now {unit.name}"
    assert list(computer.units.iterdir()) == []
    code, _, _, asked = computer("remove", "-C", computer.shop)  # once more changes nothing
    assert (code, asked) == (0, [])
    code, out, _, _ = computer("status", "-C", computer.shop, "--json")
    assert (code, json.loads(out)["state"]) == (1, "absent")


def test_print_writes_nothing(computer):
    code, out, _, asked = computer("install", "-C", computer.shop, "--print")
    assert code == 0 and "ExecStart=" in out and asked == []
    assert not computer.units.exists()


def test_what_is_no_factory_is_no_service(computer, tmp_path):
    assert computer("install", "-C", str(tmp_path / "nothing"))[0] == 2
    assert not computer.units.exists()


def test_where_no_systemd_is_nothing_is_written(computer):
    code, _, says, _ = computer("install", "-C", computer.shop, path="")
    assert code == 2 and "systemctl" in says
    assert not computer.units.exists()
