"""`aponta` as a process: what a shell, a pipe, Ctrl-C and a service manager see of it. What the commands do is tried
without one (`tests/support/command_line.py`).
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import factory as small
import pytest
from command_line import spoken

APONTA = Path(sys.executable).with_name("aponta")
SETTINGS = small.SETTINGS.replace('site = "T"', 'site = "T"\nlanguage = "en"')


def started(*arguments, **options):
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": spoken("en_US.UTF-8")}
    return subprocess.Popen([APONTA, *map(str, arguments)], start_new_session=True, **given | options)


def ended(process):
    """Exit code, stdout, stderr."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def shop(tmp_path):
    made = small.make(tmp_path / "shop", aponta=SETTINGS)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    return made.folder


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["--version"], 0, "aponta ", ""),
        (["run"], 0, "", "1 file: 1 new"),
        (["files", "accept", "abc"], 2, "", "What to do:"),
        (["doctor"], 1, "landing", ""),
        (["status", "-C", "nowhere", "--json"], 2, '"error": "config.no_factory"', "What to do:"),
        (["no-such-command"], 2, "", "Usage: aponta"),
    ],
)
def test_it_ends_with_the_code_of_the_command_and_what_is_for_people_is_on_stderr(shop, arguments, code, out, err):
    if arguments == ["doctor"]:
        (shop / "landing" / "0" / small.name("M01", 0)).unlink()
        (shop / "landing" / "0").rmdir()
        (shop / "landing").rmdir()
    found = ended(started(*arguments, cwd=shop))
    assert found[0] == code, found
    assert out in found[1] and err in found[2] and "Traceback" not in found[2], found


def test_what_cannot_be_done_now_has_a_code_of_its_own(shop):
    """Another process has the folder."""
    (shop / "data").mkdir()
    lock = "import sys, time; from pathlib import Path; from datetime import UTC, datetime\n"
    lock += "from aponta.ops.lock import pass_lock\n"
    lock += "with pass_lock(Path('data'), 0, lambda: datetime.now(UTC)): print('has it', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", lock], cwd=shop, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "has it\n"
            code, _, err = ended(started("run", "--wait", "0", cwd=shop))
        finally:
            holder.kill()
    assert code == 3 and f"process {holder.pid}" in err


def test_it_is_a_module_of_python_too(shop):
    asked = [sys.executable, "-m", "aponta.cli", "status", "--json"]
    done = subprocess.run(asked, cwd=shop, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["totals"]["items"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe that nobody reads is told by its number there")
def test_a_reader_that_has_seen_enough_is_no_error(shop):
    reading, writing = os.pipe()
    os.close(reading)
    code, _, err = ended(started("sql", "select * from range(100000)", cwd=shop, stdout=writing))
    os.close(writing)
    assert (code, err) == (1, "")


def test_ctrl_c_prints_that_nothing_is_lost(shop):
    """Stopped while it waits for a file to be whole."""
    config = shop / "aponta.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("stable_seconds = 0", "stable_seconds = 60"), "utf-8")
    for file in shop.glob("landing/*/*"):
        os.utime(file)
    running = started("run", cwd=shop)
    wait_for((shop / "data" / ".pass.json").exists)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    code, _, err = ended(running)
    assert code == 3 and "Nothing is lost" in err


def test_watch_takes_what_comes_and_ends_at_a_signal(shop):
    watcher = started("watch", "--poll", "0.2", cwd=shop)
    try:
        assert "Watching" in watcher.stderr.readline()
        assert "1 file: 1 new" in watcher.stderr.readline()
        small.deliver(small.load(shop), small.name("M01", 1), small.text("M01", small.steady(1)))
        while "1 file: 1 new" not in watcher.stderr.readline():
            assert watcher.poll() is None
        watcher.send_signal(signal.SIGTERM)
        code, _, err = ended(watcher)
        assert code == 0 and "Nothing is lost" in err
    finally:
        watcher.kill()
    status = subprocess.run([APONTA, "status", "--json"], cwd=shop, capture_output=True, text=True, check=True)
    assert json.loads(status.stdout)["totals"]["items"] == 24


def test_watch_reads_a_changed_calendar_and_waits_for_a_mistake_to_be_mended(shop):
    small.run(small.load(shop))
    calendar = shop / "calendar.toml"
    right = calendar.read_text(encoding="utf-8")
    watcher = started("watch", "--poll", "0.2", cwd=shop)
    try:
        assert "Watching" in watcher.stderr.readline()
        calendar.write_text("[[shift", encoding="utf-8")
        assert "calendar.toml" in watcher.stderr.readline()
        assert "What to do:" in watcher.stderr.readline()
        calendar.write_text(right.replace("08:30-08:45", "07:30-07:45"), encoding="utf-8")
        assert watcher.stderr.readline() == "No new files.\n"
        assert watcher.stderr.readline() == "1 hour of M01 restated, because of: the calendar.\n"
    finally:
        watcher.kill()
        watcher.communicate()
    run = subprocess.run([APONTA, "run", "--json"], cwd=shop, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout)["restated"] == []
