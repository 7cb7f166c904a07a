"""The pages as a process: refused to the network until somebody has a password, beating, logging, ending well."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import factory as small
import httpx2 as httpx
import pytest
from command_line import aponta

from aponta.errors import ConfigError
from aponta.ops import heartbeat
from aponta.ops.database import connect, transaction
from aponta.show.access import users
from aponta.words import LANGUAGES, Words

APONTA = Path(sys.executable).with_name("aponta")
PASSWORD = "uma frase bem longa"
SETTINGS = small.SETTINGS.replace('site = "T"', 'site = "T"\nlanguage = "en"').replace(
    "[landing]", "[landing]\npoll_seconds = 0.2"
)


@pytest.fixture
def shop(tmp_path):
    return small.make(tmp_path, aponta=SETTINGS)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def running(shop, *arguments, ended_by=signal.SIGTERM):
    """The process, and the address that it answers at."""
    port = free_port()
    process = subprocess.Popen(
        [APONTA, *arguments, "-C", shop.folder, "--port", str(port)],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health")
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < until, process.stderr.read()
                time.sleep(0.1)
        yield process, f"http://127.0.0.1:{port}"
        process.send_signal(ended_by)
        stderr = process.communicate(timeout=60)[1]
        assert process.returncode == 0, stderr
        assert "Nothing is lost" in stderr and "Traceback" not in stderr
    finally:
        process.kill()
        process.communicate()


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("command", ["serve", "up"])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "panel.example", "::"])
def test_the_network_is_refused_until_somebody_has_a_password(shop, command, host):
    done = aponta(command, "-C", shop.folder, "--host", host)
    assert done.returncode == 2 and "aponta user add NAME" in done.stderr
    assert not (shop.data / heartbeat.FILE).exists(), "nor was any file taken meanwhile"


@pytest.mark.parametrize("command", ["serve", "up"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_taken_port_is_reported_and_no_file_is_taken(tmp_path, command, language):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = SETTINGS.replace('"en"', f'"{language}"') + f"[serve]\nport = {port}\n"
        shop = small.make(tmp_path, aponta=settings)
        small.deliver(shop, small.name("M01", 0), small.text("M01", small.steady(0)))
        done = aponta(command, "-C", shop.folder)
    facts = {"host": "127.0.0.1", "port": str(port), "other": str(port + 1)}
    assert done.returncode == 2
    assert all(text in done.stderr for text in Words(language).error(ConfigError("cli.port_taken", **facts)))
    assert not (shop.data / heartbeat.FILE).exists(), "nobody watches where no pages are"


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid"])
def test_an_address_of_another_computer_is_reported(shop, host):
    engine = connect(shop.ops_url)
    with transaction(engine) as connection:
        users.add_user(connection, "ana", users.hash_password(PASSWORD), small.WEEK_LATER)
    engine.dispose()
    done = aponta("up", "-C", shop.folder, "--host", host)
    assert done.returncode == 2 and f"cannot be shown at port 8000 of {host}" in done.stderr
    assert not (shop.data / heartbeat.FILE).exists()


def test_with_a_password_the_network_is_answered_to_who_signs_in(shop):
    engine = connect(shop.ops_url)
    with transaction(engine) as connection:
        users.add_user(connection, "ana", users.hash_password(PASSWORD), small.WEEK_LATER)
    engine.dispose()
    with running(shop, "serve", "--host", "0.0.0.0") as (_, address), httpx.Client(base_url=address) as there:
        assert there.get("/").headers["location"] == "/login?next=/"
        answer = there.post("/login", data={"name": "ana", "password": PASSWORD}, headers={"Origin": address})
        assert answer.status_code == 303 and "server" not in answer.headers
        assert there.get("/").status_code == 200
        assert there.get("/", headers={"Host": "evil.example"}).status_code == 421
        engine = connect(shop.ops_url)  # another process: `aponta user remove ana`
        with transaction(engine) as connection:
            users.remove_user(connection, "ana")
        engine.dispose()
        assert there.get("/").status_code == 303
    assert PASSWORD not in "".join(
        path.read_text(encoding="utf-8") for path in (shop.data / "logs").glob("aponta.log*")
    )


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT])
def test_up_beats_works_logs_and_reports_its_end(shop, ended_by):
    with running(shop, "up", ended_by=ended_by) as (process, address):
        wait_for(lambda: heartbeat.read_heartbeat(shop.data))
        assert heartbeat.read_heartbeat(shop.data).pid == process.pid
        assert httpx.get(f"{address}/health").status_code == 200
        small.deliver(shop, small.name("M01", 0), small.text("M01", small.steady(0)))
        beat = wait_for(lambda: (beat_now := heartbeat.read_heartbeat(shop.data)) and beat_now.last_pass and beat_now)
        assert (beat.last_pass.files, beat.last_pass.batch) == (1, 1)
        assert "aponta_items 12\n" in httpx.get(f"{address}/metrics").text
    assert heartbeat.read_heartbeat(shop.data).state == "ended"
    [entry] = [json.loads(line) for line in (shop.data / "logs" / "aponta.log").read_text("utf-8").splitlines()]
    assert (
        entry["run"] == beat.last_pass.run
        and entry["files"]["new"] == 1
        and entry["message"].startswith("1 file: 1 new")
    )


def test_a_share_that_is_gone_is_reported_once_and_stays_in_the_heartbeat(shop):
    landing = shop.folder / "landing"
    with running(shop, "up") as (_, address):
        wait_for(lambda: heartbeat.read_heartbeat(shop.data))
        landing.rmdir()
        assert wait_for(lambda: heartbeat.read_heartbeat(shop.data).error).code == "collect.unreachable"
        wait_for(lambda: httpx.get(f"{address}/health").status_code == 503)
        assert "landing" in httpx.get(address).text and "goes on trying" in httpx.get(address).text
        time.sleep(1)
        landing.mkdir()
        wait_for(lambda: heartbeat.read_heartbeat(shop.data).error is None)
    entries = [json.loads(line) for line in (shop.data / "logs" / "aponta.log").read_text("utf-8").splitlines()]
    assert [entry["code"] for entry in entries] == ["collect.unreachable"]


def test_an_error_that_ends_the_watcher_is_shown_by_the_pages_that_go_on(shop):
    small.deliver(shop, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(shop)
    for path in shop.data.glob("ops.db*"):
        path.unlink()
    with running(shop, "up") as (_, address):
        wait_for(lambda: (beat := heartbeat.read_heartbeat(shop.data)) and beat.state == "ended")
        shown = httpx.get(address).text
        assert "is not taking files since" in shown and f"aponta up -C {shop.folder}" in shown
        assert Words("en").error(heartbeat.read_heartbeat(shop.data).error)[0] in unescape(shown)
    [entry] = [json.loads(line) for line in (shop.data / "logs" / "aponta.log").read_text("utf-8").splitlines()]
    assert (entry["code"], entry["level"]) == ("pipeline.ledger_behind", "error")


def test_behind_a_proxy_everybody_signs_in_and_the_cookie_is_for_tls(tmp_path):
    shop = small.make(tmp_path, aponta=SETTINGS + '[serve]\nproxy = true\nnames = ["panel.example"]\n')
    engine = connect(shop.ops_url)
    with transaction(engine) as connection:
        users.add_user(connection, "ana", users.hash_password(PASSWORD), small.WEEK_LATER)
    engine.dispose()
    handed_on = {"Host": "panel.example", "X-Forwarded-For": "192.0.2.77", "X-Forwarded-Proto": "https"}
    with running(shop, "serve") as (_, address), httpx.Client(base_url=address, headers=handed_on) as there:
        assert there.get("/", headers={"Host": address.removeprefix("http://")}).status_code == 303
        answer = there.post(
            "/login", data={"name": "ana", "password": PASSWORD}, headers={"Origin": "https://panel.example"}
        )
        assert answer.status_code == 303 and "; Secure" in answer.headers["set-cookie"]
    [entry] = [json.loads(line) for line in (shop.data / "logs" / "aponta.log").read_text("utf-8").splitlines()]
    assert entry["address"] == "192.0.2.77"


def test_run_and_its_entry_in_the_log_have_one_name(shop):
    small.deliver(shop, small.name("M01", 0), small.text("M01", small.steady(0)))
    done = aponta("run", "--json", "-C", shop.folder)
    assert done.returncode == 0, done.stderr
    [entry] = [json.loads(line) for line in (shop.data / "logs" / "aponta.log").read_text("utf-8").splitlines()]
    assert entry["run"] == json.loads(done.stdout)["run"] != ""
    assert (entry["level"], entry["batch"]) == ("info", 1)
