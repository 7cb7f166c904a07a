"""A document API of another shape than Lambda ERP's, as small as can be: what no system here has that could be run.

A token, no step after creating, receipts and issues at two addresses, errors told with 200, many keys at once, numbers
for places, pages.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aponta.config.sections.stock import StockSection
from aponta.errors import ConfigError, TransientError
from ship.conformance import HOUR, LawsOfOneThatRefuses, System, declared

PASSWORD = "s3cret of shapes"
CODES = ("SKU-A", "SKU-B", "SKU-C")
PLACES = {"finished": 7, "scrap": 8}
PAGE = 4
DESCRIPTION = """
unique = "ref is unique among receipts and issues"
words = ["error.text"]
[headers]
Authorization = "Bearer {token}"
X-Plant = "{plant}"
[login]
request = "POST /token"
form = true
body = { user = "{user}", password = "{password}" }
token = "access_token"
[find.place]
request = "GET /places?name={location}"
value = "id"
[create]
request = "POST /receipts"
[create.body]
ref = "{key}"
code = "{stock_code}"
many = "{quantity_abs}"
place = "{place}"
day = "{booked_on:%d.%m.%Y}"
[create.means]
already = [{ at = "error.code", is = 17 }]
never = [{ at = "error" }]
unknown = [{ at = "error.text", contains = "busy" }]
[document]
key = "ref"
reference = "id"
quantity = "many"
stock_code = "code"
location = "at"
[look_up]
request = "GET /receipts?filter={each}"
documents = "found"
at_once = 3
each = "ref eq '{key}'"
between = " or "
[list]
request = "GET /receipts?begins={site}:&page={page}"
documents = "found"
[take_back.create]
request = "POST /issues"
body = { ref = "{key}", code = "{stock_code}", many = "{quantity_abs}", place = "{place}", lot = "{lot}" }
[take_back.create.means]
already = [{ at = "error.code", is = 17 }]
never = [{ at = "error" }]
[take_back.document]
key = "ref"
reference = "id"
quantity = "many"
stock_code = "code"
location = "at"
negative = true
[take_back.look_up]
request = "GET /issues?filter={each}"
documents = "found"
at_once = 3
each = "ref eq '{key}'"
between = " or "
[take_back.list]
request = "GET /issues?begins={site}:&page={page}"
documents = "found"
[on_hand]
request = "GET /levels?place={place}&skip={offset}"
rows = "racks.*.levels"
stock_code = "code"
quantity = "level"
[closed_until]
request = "GET /closed"
value = "until"
"""


@dataclass
class Shelf:
    """Documents by kind and ref; `said` is all that was posted."""

    kept: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"receipts": {}, "issues": {}})
    said: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str | None] = field(default_factory=list)
    closed: str | None = None
    tokens: int = 0
    lock: Lock = field(default_factory=Lock)

    def post(self, kind: str, said: dict[str, Any]) -> dict[str, Any]:
        self.said.append(said)
        if any(said["ref"] in kept for kept in self.kept.values()):
            return {"error": {"code": 17, "text": "there is one"}}
        if said["code"] not in CODES:
            return {"error": {"code": 4, "text": f"no item {said['code']}"}}
        at = next(name for name, number in PLACES.items() if number == said["place"])
        self.kept[kind][said["ref"]] = {**said, "id": len(self.said), "at": at}
        return {"ok": True}

    def get(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        if path == "places":
            return {"id": PLACES.get(asked["name"])}
        if path == "closed":
            return {"until": self.closed}
        if path == "levels":
            skip, racks = int(asked["skip"]), []
            for code in CODES[skip : skip + 2]:
                level = sum(
                    sign * one["many"]
                    for kind, sign in (("receipts", 1), ("issues", -1))
                    for one in self.kept[kind].values()
                    if (one["code"], one["place"]) == (code, int(asked["place"]))
                )
                racks.append({"levels": [{"code": code, "level": level}]})
            return {"racks": racks}
        kept = self.kept[path]
        if "filter" in asked:
            refs = [part.split("'")[1] for part in asked["filter"].split(" or ")]
            return {"found": [kept[ref] for ref in refs if ref in kept]}
        begins, page = asked["begins"], int(asked["page"])
        found = [kept[ref] for ref in sorted(kept) if ref.startswith(begins)]
        return {"found": found[PAGE * (page - 1) : PAGE * page]}


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece
    shelf: Shelf

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self._let_in():
            with self.shelf.lock:
                self._answer(self.shelf.get(parts.path[1:], {k: v[0] for k, v in parse_qs(parts.query).items()}))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/token":
            right = parse_qs(raw) == {"user": ["ana"], "password": [PASSWORD]}
            self.shelf.tokens += right
            self._answer(
                {"access_token": "t0"} if right else {"error": {"text": f"wrong: {raw}"}}, 200 if right else 400
            )
        elif self._let_in():
            with self.shelf.lock:
                self._answer(self.shelf.post(self.path[1:], json.loads(raw)))

    def _let_in(self) -> bool:
        self.shelf.headers.append(self.headers["X-Plant"])
        known = self.headers["Authorization"] == "Bearer t0" and self.shelf.tokens > 0
        if not known:
            self._answer({"error": {"text": "who are you?"}}, 401)
        return known

    def _answer(self, told: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client was killed; who asks and is not answered says so."""


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def system(shelf: Shelf, tmp_path, monkeypatch) -> Iterator[System]:
    monkeypatch.setenv("SHELF_PASSWORD", PASSWORD)
    (tmp_path / "shelf.toml").write_text(DESCRIPTION, encoding="utf-8")
    handler = type("Handler", (Asked,), {"shelf": shelf})
    with Server(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        values = {"user": "ana", "password": "env:SHELF_PASSWORD", "plant": "SP"}
        section = StockSection.model_validate(
            {"kind": "rest", "url": "x", "rest": {"description": "shelf.toml", "values": values}}
        )
        yield System(section, f"http://127.0.0.1:{server.server_address[1]}", tmp_path, CODES)
        server.shutdown()


class TestShelf(LawsOfOneThatRefuses):
    @pytest.fixture
    def system(self, system):
        return system


def test_a_text_that_is_one_name_keeps_its_type_and_what_is_not_there_is_left_out(system, shelf):
    first, second = declared(system, 2)
    system.opened().post([first])
    assert shelf.said[-1] == {
        "ref": first.key,
        "code": "SKU-A",
        "many": 10,
        "place": 7,
        "day": "02.03.2026",
    }
    system.opened().post([replace(second, quantity=Decimal("-2.5"), lot="L 1")])
    assert (shelf.said[-1]["many"], shelf.said[-1]["lot"]) == (2.5, "L 1")
    system.opened().post([replace(second, key=second.key + "0", quantity=Decimal("-2"))])
    assert "lot" not in shelf.said[-1]
    assert set(shelf.headers) == {"SP"}


def test_a_token_that_ended_is_asked_for_again(system, shelf):
    stock = system.opened()
    stock.check()
    shelf.tokens = 0
    assert stock.look_up(["K"]) == {}
    assert shelf.tokens == 1


def test_a_wrong_password_is_reported_without_it(system, monkeypatch):
    monkeypatch.setenv("SHELF_PASSWORD", "an0ther& ção")
    stock = system.opened()
    with pytest.raises(ConfigError, match="sign_in_refused.*wrong") as raised:
        stock.check()
    assert "an0ther" not in str(raised.value)
    with pytest.raises(TransientError, match="unreachable.*wrong"):
        stock.look_up(["K"])


def test_the_last_day_that_is_closed(system, shelf):
    assert system.opened().closed_until() is None
    shelf.closed = "2026-02-28T00:00:00"
    assert system.opened().closed_until().isoformat() == "2026-02-28"


def test_an_answer_that_nobody_described_is_never_taken_for_done(system, shelf, monkeypatch):
    said = declared(system, 1)
    busy = {"error": {"code": 5, "text": "busy with the backup"}}  # with 200
    monkeypatch.setattr(Shelf, "post", lambda *_: busy)
    with pytest.raises(TransientError, match="unsure.*busy"):
        system.opened().post(said)
    monkeypatch.setattr(Shelf, "get", lambda *_: {"found": [{"ref": "the first of all, whatever was asked"}]})
    with pytest.raises(TransientError, match="unsure.*not asked for"):
        system.opened().look_up([said[0].key])
    monkeypatch.undo()
    monkeypatch.setenv("SHELF_PASSWORD", PASSWORD)
    monkeypatch.setattr(Shelf, "post", lambda *_: {"ok": True})  # and keeps nothing
    with pytest.raises(TransientError, match="unsure.*not found"):
        system.opened().post(said)
    assert list(system.opened().list_documents("SP1", HOUR, HOUR.replace(year=2027))) == []
