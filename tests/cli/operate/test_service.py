"""aponta service, with a systemctl that only writes down what it is asked: the tests start nothing on this computer."""

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from command_line import aponta

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
        given = {"PATH": path, "CALLS": str(calls), "STATE": state, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        environment = os.environ | given | {"LC_ALL": "C.UTF-8", "USER": "ana", "LOGNAME": "ana"}
        done = aponta(group, *words, environment=environment, cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr, calls.read_text().splitlines()

    run.units = tmp_path / "config" / "systemd" / "user"
    run.shop = str(shop)
    assert run(str(shop), group="init")[0] == 0
    with (shop / "aponta.toml").open("a", encoding="utf-8") as settings, socket.create_server(("127.0.0.1", 0)) as free:
        settings.write(f"\n[serve]\nport = {free.getsockname()[1]}\n")
    return run


def test_a_service_is_installed_asked_and_removed(computer):
    code, _, says, asked = computer("install", "-C", computer.shop)
    assert code == 0, says
    (unit,) = computer.units.iterdir()
    text = unit.read_text(encoding="utf-8")
    assert '"up" "-C"' in text and "100%%" in text
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


def test_where_pages_are_not_wanted_it_only_watches(computer):
    assert '"watch" "-C"' in computer("install", "-C", computer.shop, "--print", "--command", "watch")[1]
    assert computer("install", "-C", computer.shop, "--command", "serve")[0] == 2


def test_pages_that_could_not_be_shown_are_reported_now_not_in_a_log(computer):
    settings = Path(computer.shop, "aponta.toml")
    text = settings.read_text(encoding="utf-8")
    port = int(text.rpartition("=")[2])
    with socket.create_server(("127.0.0.1", port)):
        code, _, says, asked = computer("install", "-C", computer.shop)
        assert (code, asked) == (2, []) and str(port) in says and f"--port {port + 1}" in says
        assert not computer.units.exists()
        assert computer("install", "-C", computer.shop, "--command", "watch")[0] == 0
        assert computer("install", "-C", computer.shop)[0] == 0, "it is the service itself that has the port"
    settings.write_text(f'{text}host = "0.0.0.0"\n', encoding="utf-8")
    code, _, says, _ = computer("install", "-C", computer.shop, state="inactive")
    assert code == 2 and "aponta user add" in says


def test_what_is_no_factory_is_no_service(computer, tmp_path):
    assert computer("install", "-C", str(tmp_path / "nothing"))[0] == 2
    assert not computer.units.exists()


def test_where_no_systemd_is_nothing_is_written(computer):
    code, _, says, _ = computer("install", "-C", computer.shop, path="")
    assert code == 2 and "systemctl" in says
    assert not computer.units.exists()
