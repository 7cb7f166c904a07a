"""aponta demo goes on to show its pages, until it is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2 as httpx
import pytest

APONTA = Path(sys.executable).with_name("aponta")
OPEN_BROWSER = (
    "import threading\nfrom aponta.cli.terminal.browser import open_browser\nopen_browser('http://127.0.0.1:1/')\n"
)
WAIT = "[one.join() for one in threading.enumerate() if one.daemon]\n"


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_its_pages_show_its_last_day_though_the_port_is_taken(tmp_path, ended_by):
    with ExitStack() as opened:
        with suppress(OSError):  # taken already
            opened.enter_context(socket.create_server(("127.0.0.1", 8000)))
        command = [APONTA, "demo", tmp_path / "d", "--machines", "4", "--days", "1", "--items-per-hour", "60"]
        environment = {name: value for name, value in os.environ.items() if name != "DEMO_SERVE"}
        demo = opened.enter_context(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        opened.callback(demo.kill)
        address = next(found[0] for line in demo.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        assert not address.endswith(":8000")
        panel = httpx.get(f"{address}/api/panel").json()
        assert panel["day"] == "2026-03-02" and sum(line["good"] for line in panel["lines"]) > 0
        assert "0 diferenças.\n" in demo.stdout, "printed before the pages are"
        demo.send_signal(ended_by)
        stderr = demo.communicate(timeout=60)[1]
        assert demo.returncode == 0, stderr
        assert "Traceback" not in stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Windows is no file")
@pytest.mark.parametrize(
    ("at_a_terminal", "desktop", "opened"),
    [
        (True, {"DISPLAY": ":0"}, True),
        (True, {"WAYLAND_DISPLAY": "wayland-0"}, True),
        (False, {"DISPLAY": ":0"}, False),
        (True, {}, False),
        (True, {"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, False),
    ],
)
def test_a_browser_opens_where_somebody_would_see_it(tmp_path, at_a_terminal, desktop, opened):
    import pty

    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{seen}"\n')
    browser.chmod(0o755)
    there = {name: value for name, value in os.environ.items() if "DISPLAY" not in name and name != "SSH_CONNECTION"}
    mine, theirs = pty.openpty()
    with os.fdopen(mine), os.fdopen(theirs) as terminal:
        subprocess.run(
            [sys.executable, "-c", OPEN_BROWSER + WAIT],
            env=there | desktop | {"BROWSER": f"{browser} %s"},
            stderr=terminal if at_a_terminal else subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
    assert (seen.read_text() if seen.exists() else None) == ("http://127.0.0.1:1/" if opened else None)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Windows is no file")
def test_where_no_browser_is_nothing_is_printed(tmp_path):
    import pty

    mine, theirs = pty.openpty()
    with os.fdopen(mine), os.fdopen(theirs) as terminal:
        environment = {"PATH": str(tmp_path), "DISPLAY": ":0"}
        code = f"import sys\n{OPEN_BROWSER}{WAIT}"
        done = subprocess.run([sys.executable, "-c", code], env=environment, stderr=terminal, timeout=60)
        os.set_blocking(mine, False)
        assert done.returncode == 0
        with pytest.raises(BlockingIOError):
            os.read(mine, 1000)
