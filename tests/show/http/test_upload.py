"""Files that machines send: by token, whole, under a name that is none of ours, once."""

import gzip
import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import AsyncExitStack

import anyio
import factory as small
import pytest
from pages import LAN, Clock, browser, opened

from aponta.errors import TransientError
from aponta.ops.database import transaction
from aponta.show.access import tokens
from aponta.show.http import upload
from aponta.usecases import inbox as receiving
from aponta.usecases.inbox import safe_file_name

NAME, ROWS = small.name("M01", 0), small.text("M01", small.steady(0))
HASH = hashlib.sha256(ROWS).hexdigest()


@pytest.fixture
def shop(tmp_path):
    return small.make(tmp_path)


@pytest.fixture
def context(shop):
    with opened(shop) as context:
        yield context


@pytest.fixture
def token(context):
    return token_of(context, "M01")


def token_of(context, machine):
    with transaction(context.engine) as connection:
        return tokens.add_token(connection, machine, small.START)


def send(client, token, name=NAME, data=ROWS, form=False, **headers):
    headers = {"Authorization": f"Bearer {token}"} | headers if token else headers
    if form:
        return client.post("/api/files", files={"file": (name, data)}, headers=headers)
    return client.post("/api/files", params={"name": name}, content=data, headers=headers)


@pytest.mark.parametrize("boundary", ["x" * 257, "x" * 60_000])
def test_a_boundary_that_is_too_long_is_no_form(context, token, boundary, caplog):
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Authorization": f"Bearer {token}"}
    with caplog.at_level("DEBUG"):
        answer = browser(context).post("/api/files", content=b"--x", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "show.no_file_sent")
    answer = browser(context).post(
        "/api/files", content=b"none", headers=headers | {"Content-Type": headers["Content-Type"][:40]}
    )
    assert answer.status_code == 400
    assert not [entry for entry in caplog.records if entry.name.startswith("python_multipart")]


def waiting(shop):
    root = shop.data / "inbox"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("address", [None, LAN])
def test_a_file_is_received_and_taken_by_the_next_pass(shop, context, token, address, form):
    answer = send(browser(context, address), token, form=form)
    assert (answer.status_code, answer.json()) == (
        201,
        {"name": NAME, "sha256": HASH, "size": len(ROWS), "known": False},
    )
    assert waiting(shop) == {f"M01/{NAME}": ROWS}
    report = small.run(shop)
    assert (report.counts.files["new"], report.counts.items["new"]) == (1, 12)
    assert waiting(shop) == {} and small.run(shop).counts.files["seen"] == 0
    with transaction(context.engine) as connection:
        assert connection.exec_driver_sql("SELECT source, folder, name FROM arrival").all() == [("http", "M01", NAME)]


def test_the_same_file_again_is_known_whether_it_waits_or_was_taken(shop, context, token):
    client = browser(context)
    assert send(client, token).status_code == 201
    again = send(client, token)
    assert (again.status_code, again.json()["known"]) == (200, True)
    small.run(shop)
    assert send(client, token).status_code == 200
    assert small.run(shop).counts.files["seen"] == 0
    other = send(client, token, name=small.name("M01", 0, "_b"))
    assert other.status_code == 201, "another name is a copy"
    assert small.run(shop).counts.files["duplicate"] == 1


def test_a_packed_file_is_known_as_it_came(shop, context, token):
    client, packed = browser(context), gzip.compress(ROWS, mtime=0)
    assert send(client, token, name=f"{NAME}.gz", data=packed).status_code == 201
    assert small.run(shop).counts.items["new"] == 12
    assert send(client, token, name=f"{NAME}.gz", data=packed).status_code == 200


def test_another_version_does_not_take_the_place_of_one_that_waits(shop, context, token):
    client = browser(context)
    longer = small.text("M01", [*small.steady(0), small.Item(3500, 13)])
    assert [send(client, token, data=data).status_code for data in (ROWS, longer, ROWS, longer)] == [201, 201, 200, 200]
    assert waiting(shop) == {f"M01/{NAME}": ROWS, f"M01/2/{NAME}": longer}
    report = small.run(shop)
    assert (report.counts.files["new"], report.counts.files["version"]) == (1, 1)
    assert sum(small.on_hand(shop).values()) == 13


def test_a_file_is_that_of_its_machine(shop, context, token):
    client = browser(context)
    answer = send(client, token, name=small.name("M02", 0))
    assert (answer.status_code, answer.json()["error"]) == (403, "pipeline.not_its_file")
    assert send(client, token, name=NAME.lower()).status_code == 201, "capitals of a name tell nothing"
    unknown = send(client, token, name="notes.txt", data=b"notes")
    assert unknown.status_code == 201
    assert small.run(shop).counts.files["quarantined"] == 1


def test_without_the_right_token_nothing_is_read(shop, context, token):
    for address in (None, LAN):
        for wrong, error in ((None, "no_token"), ("wr0ng", "wrong_token"), (f"{token}x", "wrong_token")):
            answer = send(browser(context, address), wrong)
            assert (answer.status_code, answer.json()["error"]) == (401, f"show.{error}")
    answer = browser(context).post("/api/files", headers={"Authorization": f"Basic {token}"}, content=ROWS)
    assert answer.status_code == 401
    assert not (shop.data / "inbox").exists()
    with transaction(context.engine) as connection:
        tokens.remove_token(connection, "M01")
    assert send(browser(context), token).status_code == 401


def test_a_token_opens_no_other_door(context, token):
    client = browser(context, LAN)
    for path in ("/", "/api/panel", "/metrics", "/api/files/abc"):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (303, 401)
    answer = client.post("/api/completeness/close", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert send(client, token, Host="evil.example").status_code == 421


def test_wrong_tokens_wait_and_right_ones_do_not(context, token):
    client = browser(context)
    told = [send(client, f"wr0ng-{number}").status_code for number in range(25)]
    assert told == [401] * 20 + [429] * 5
    assert "15 min" in send(client, "wr0ng").json()["do"]
    assert send(client, token).status_code == 201, "a neighbour that errs keeps no machine out"


def test_only_the_hash_of_a_token_is_kept(shop, context, token):
    with transaction(context.engine) as connection:
        rows = connection.exec_driver_sql("SELECT * FROM token").all()
    assert token not in str(rows) and hashlib.sha256(token.encode()).hexdigest() in str(rows)
    send(browser(context), token)
    log = (shop.data / "logs" / "aponta.log").read_text(encoding="utf-8")
    assert token not in log and "file sent" in log


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../aponta.toml", "aponta.toml"),
        ("C:\\fakepath\\M01.txt", "M01.txt"),
        ("/srv/M01.txt", "M01.txt"),
        ("máquina 01.txt", "máquina 01.txt"),
    ],
)
def test_a_name_is_never_a_path(sent, kept):
    assert safe_file_name(sent) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        ".",
        "a/",
        ".hidden",
        "M01.tmp",
        "M01.txt.part",
        "a\0b",
        "a\nb",
        "a:b",
        "con.txt",
        "NUL",
        "a.",
        "x" * 300,
        "a?b",
    ],
)
def test_names_that_no_disk_or_no_pass_takes_are_refused(shop, context, token, name):
    answer = send(browser(context), token, name=name)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] in ("pipeline.bad_file_name", "show.no_file_sent")
    assert not (shop.data / "inbox").exists() or waiting(shop) == {}


@pytest.mark.parametrize("form", [True, False])
def test_a_file_that_is_too_large_is_not_kept(shop, context, token, monkeypatch, form):
    monkeypatch.setattr(upload, "LARGEST_MB", 1)
    client = browser(context)
    assert send(client, token, data=b"x" * 2**20, form=form).status_code == 201
    large = send(client, token, name="other.txt", data=b"x" * (2**20 + 1), form=form)
    assert (large.status_code, large.json()["error"]) == (413, "show.too_large")
    told = send(client, token, name="other.txt", data=b"x" * 2**22, form=form)
    assert told.status_code == 413
    assert list(waiting(shop)) == [f"M01/{NAME}"], "not even a draft"


def test_a_large_file_is_never_in_memory_whole(shop, context, token, monkeypatch):
    written: list[int] = []
    write = receiving._Incoming.write
    monkeypatch.setattr(
        receiving._Incoming, "write", lambda self, data: (written.append(len(data)), write(self, data))[1]
    )
    data = os.urandom(5_000_000)

    async def pieces():
        for at in range(0, len(data), 65_536):
            yield NAME, data[at : at + 65_536]

    async def receive():
        async with AsyncExitStack() as ending:
            return (await upload._received(pieces(), context.inbox, "M01", ending)).store()

    assert anyio.run(receive).sha256 == hashlib.sha256(data).hexdigest()
    assert sum(written) == len(data) and max(written) <= upload.PIECE + 65_536
    assert waiting(shop) == {f"M01/{NAME}": data}


def test_a_full_disk_is_reported_and_nothing_is_stored(context, token, shop, monkeypatch):
    def full(self, data):
        raise TransientError("ops.disk_full", path="data/inbox", free=0)

    monkeypatch.setattr(receiving._Incoming, "write", full)
    answer = send(browser(context), token)
    assert (answer.status_code, answer.json()["error"]) == (507, "ops.disk_full")
    assert waiting(shop) == {}


def form_of(*files, end=b"--x--\r\n"):
    head = 'Content-Disposition: form-data; name="file"; filename="{}"'
    return b"".join(b"--x\r\n%s\r\n\r\n%s\r\n" % (head.format(name).encode(), data) for name, data in files) + end


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"", "multipart/form-data; boundary=x", "no_file_sent"),
        (form_of((NAME, ROWS), end=b""), "multipart/form-data; boundary=x", "no_file_sent"),
        (b"nonsense", "multipart/form-data; boundary=x", "no_file_sent"),
        (form_of((NAME, ROWS)), "multipart/form-data", "no_file_sent"),
        (form_of((NAME, ROWS), ("b.txt", ROWS)), "multipart/form-data; boundary=x", "two_files_sent"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            "no_file_sent",
        ),
        (ROWS, "text/plain", "no_file_sent"),
    ],
)
def test_what_is_no_whole_file_is_refused(shop, context, token, body, kind, error):
    answer = browser(context).post(
        "/api/files", content=body, headers={"Authorization": f"Bearer {token}", "Content-Type": kind}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, f"show.{error}")
    assert not (shop.data / "inbox").exists() or waiting(shop) == {}


def test_other_fields_of_a_form_are_passed_over_and_an_empty_file_is_one(shop, context, token):
    head = b'--x\r\nContent-Disposition: form-data; name="comment"\r\n\r\nhello\r\n'
    answer = browser(context).post(
        "/api/files",
        content=head + form_of((NAME, b"")),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert (answer.status_code, answer.json()["size"]) == (201, 0)
    assert waiting(shop) == {f"M01/{NAME}": b""}


def test_the_api_describes_uploads(context):
    told = browser(context).get("/api/openapi.json").json()["paths"]["/api/files"]["post"]
    assert {"multipart/form-data", "application/octet-stream"} == told["requestBody"]["content"].keys()
    assert {"200", "201", "400", "401", "403", "413", "429", "507"} <= told["responses"].keys()
    assert told["security"] == [{"HTTPBearer": []}]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Linux")
def test_a_connection_that_breaks_and_a_server_that_is_killed_leave_nothing_half(shop, context, token):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [
        sys.executable,
        "-c",
        "from aponta.cli import main; main()",
        "serve",
        "-C",
        shop.folder,
        "--port",
        str(port),
    ]

    def begun() -> socket.socket:
        until = time.monotonic() + 30
        while True:
            try:
                sending = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        head = f"POST /api/files?name={NAME} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        sending.sendall(f"{head}Content-Length: {3 * 2**20}\r\n\r\n".encode() + b"x" * 2**21)
        root = shop.data / "inbox" / "M01"
        while not (root.is_dir() and any(one.stat().st_size for one in root.iterdir())):
            assert time.monotonic() < until
            time.sleep(0.01)
        return sending

    server = subprocess.Popen(serve, stderr=subprocess.PIPE)
    try:
        begun().close()
        until = time.monotonic() + 10
        while waiting(shop) and time.monotonic() < until:
            time.sleep(0.05)
        assert waiting(shop) == {}
        sending = begun()
    finally:
        server.kill()
        server.communicate()
    sending.close()
    assert [re.sub("[0-9a-f]{16}", "HEX", name) for name in waiting(shop)] == ["M01/.HEX.draft"]
    assert small.run(shop).counts.files["seen"] == 0, "what is half is no file"
    for left in (shop.data / "inbox" / "M01").iterdir():
        os.utime(left, (0, 0))
    with context.inbox.receive("M01", NAME):
        assert len(waiting(shop)) == 1, "what a killed server left is swept a day later"


def test_many_send_at_once(shop, context, token):
    client, codes = browser(context), []

    def one(number):
        codes.append(send(client, token, name=f"M01_{number % 5}.txt", data=b"%d" % (number % 10)).status_code)

    threads = [threading.Thread(target=one, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {200, 201}
    assert {(path.rpartition("/")[2], data) for path, data in waiting(shop).items()} == {
        (f"M01_{number % 5}.txt", b"%d" % (number % 10)) for number in range(20)
    }


def test_a_machine_with_an_odd_name_gets_a_folder_that_is_no_path(context):
    from aponta.collect.sources.inbox import machine_folder

    assert machine_folder("M01") == "M01" and machine_folder("Máquina-1") == "Máquina-1"
    for odd in ("../M01", "a/b", ".x", "a.tmp", "M 01", "a\\b"):
        assert re.fullmatch(r"[\w%-]+", machine_folder(odd)) and machine_folder(odd) != machine_folder("M01")


def test_the_last_use_of_a_token_is_recorded(context, token):
    clock = Clock()
    desk_then = context.__class__(**{**context.__dict__, "clock": clock})
    send(browser(desk_then), token)
    with transaction(context.engine) as connection:
        assert [(one.machine, one.used_at) for one in tokens.tokens(connection)] == [("M01", clock.now)]
