"""Declarations drained into a Tryton on PostgreSQL, against a bare client that posts the same and keeps no books."""

import base64
import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from aponta.config.sections.stock import Locations, StockSection
from aponta.ops.database import connect, transaction
from aponta.ship.destinations import open_destination
from aponta.ship.drain import drain
from aponta.ship.outbox.destination import Destination
from aponta.ship.outbox.prepare import Fact, prepare_declarations

TURNS, EACH, PAGE = 5, 1_000, 100
START = datetime(2026, 1, 5, tzinfo=UTC)
STEPS = (("draft", "wait"), ("waiting", "assign_try"), ("assigned", "run"), ("running", "do"))


def measure(work: Path) -> Iterator[str]:
    with _server() as url:
        seconds: dict[str, float] = {"aponta": 0, "bare": 0}
        memory = []
        with tempfile.TemporaryDirectory() as folder:
            post = _feed(Path(folder), url)
            bare = _Bare(url)
            for turn in range(TURNS):
                for name, one in (("aponta", post), ("bare", bare.post)):
                    began = time.perf_counter()
                    one(turn)
                    seconds[name] += time.perf_counter() - began
                memory.append(_resident_mb())
    total = TURNS * EACH
    yield f"tryton  {total} declarations: {total / seconds['aponta']:.0f} a second"
    ratio = seconds["aponta"] / seconds["bare"]
    yield f"tryton  bare client: {total / seconds['bare']:.0f} a second; ratio {ratio:.2f}"
    yield f"tryton  memory after {EACH}: {memory[0]:.0f} MB, after {total}: {memory[-1]:.0f} MB"


@contextmanager
def _server() -> Iterator[str]:
    support = Path(__file__).parents[1] / "tests" / "support"
    sys.path += [str(support), str(support / "servers")]
    import postgres  # type: ignore[import-not-found,unused-ignore]
    import tryton  # type: ignore[import-not-found,unused-ignore]

    with (
        tempfile.TemporaryDirectory(prefix="aponta-pg-") as data,
        postgres.served(Path(data)) as database,
        tempfile.TemporaryDirectory(prefix="aponta-tryton-") as folder,
        tryton.served(Path(folder), database) as server,
    ):
        yield server.url


def _feed(folder: Path, url: str) -> Any:
    """Posts the turn's declarations: prepared in the outbox, drained, acknowledged."""
    engine = connect(f"sqlite:///{folder}/ops.db")
    destination = StockSection(kind="tryton", start=START, locations=Locations(finished="SP1/finished"))
    opened = open_destination(destination, url, folder)
    product = {"P": SimpleNamespace(stock_code="SKU-P", unit="un", pieces_per_unit=1)}

    def post(turn: int) -> None:
        facts = [
            Fact(f"M{machine}", "P", START + timedelta(hours=turn * EACH // 10 + hour), "good", 5)
            for machine in range(10)
            for hour in range(EACH // 10)
        ]
        touched = [(fact.machine, fact.hour) for fact in facts]
        roles = {fact.machine: "finished" for fact in facts}
        target = Destination(destination, "SP1", UTC, roles, product)  # type: ignore[arg-type]
        with transaction(engine) as connection:
            prepare_declarations(connection, target, touched, facts, START)
        drained = drain(engine, destination, opened, lambda: datetime.now(UTC))
        assert (drained.acknowledged, drained.stopped) == (EACH, None), drained

    return post


class _Bare:
    """The same documents by the same buttons: searched, made and pressed through, a hundred at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port)
        self.path, self.headers = f"{parts.path}/rpc/", {"Content-Type": "application/json", "Accept-Encoding": ""}
        user, token, *_ = self.ask("common.db.login", parts.username, {"password": parts.password})
        session = base64.b64encode(f"{parts.username}:{user}:{token}".encode()).decode()
        self.headers["Authorization"] = f"Session {session}"
        self.context = self.ask("model.res.user.get_preferences", True, {})
        (self.warehouse,) = self.read("stock.location", [["type", "=", "warehouse"]], ["production_location"])
        (self.place,) = self.read("stock.location", [["code", "=", "SP1/finished"]], [])
        (self.product,) = self.read("product.product", [["code", "=", "SKU-P"]], ["default_uom"])
        (self.company,) = self.read("company.company", [], ["currency"])

    def ask(self, method: str, *params: Any) -> Any:
        body = json.dumps({"id": 1, "method": method, "params": params})
        self.connection.request("POST", self.path, body, self.headers)
        answer = json.loads(self.connection.getresponse().read())
        assert not answer.get("error"), answer
        return answer["result"]

    def read(self, model: str, domain: list[Any], fields: list[str]) -> Any:
        return self.ask(f"model.{model}.search_read", domain, 0, None, None, fields, self.context)

    def post(self, turn: int) -> None:
        for page in range(EACH // PAGE):
            self.page([f"bare:{turn}:{page}:{number}" for number in range(PAGE)])

    def page(self, keys: list[str]) -> None:
        of_keys = ["reference", "in", keys]
        assert not self.read("production", [of_keys], ["state"])
        self.ask("model.production.create", [self.document(key) for key in keys], self.context)
        for state, button in STEPS:
            found = self.read("production", [of_keys, ["state", "=", state]], [])
            self.ask(f"model.production.{button}", [one["id"] for one in found], self.context)
        assert len(self.read("production", [of_keys, ["state", "=", "done"]], ["number", "quantity"])) == PAGE

    def document(self, key: str) -> dict[str, Any]:
        made_at, unit = self.warehouse["production_location"], self.product["default_uom"]
        day = {"__class__": "date", "year": 2026, "month": 1, "day": 5}
        of = {"product": self.product["id"], "unit": unit, "quantity": 5.0, "company": self.company["id"]}
        move = {"from_location": made_at, "to_location": self.place["id"], "currency": self.company["currency"]}
        move |= of | {"unit_price": {"__class__": "Decimal", "decimal": "4.20"}}
        places = {"warehouse": self.warehouse["id"], "location": made_at}
        dates = {"effective_date": day, "effective_start_date": day}
        return {"reference": key, "outputs": [["create", [move]]]} | of | places | dates


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
