"""Posting to a document API: Lambda ERP's real server, through the description in examples/stock.

What every stock system keeps is in test_rest_laws.py.
"""

import threading
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import lambda_server
import pytest

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Declaration, Rejection
from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations import open_destination
from aponta.ship.destinations.http import HttpClient
from aponta.ship.destinations.rest.sink import RestSink

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
SITES = count(1)
POISON = "N/A"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a server is set up in the first one's time


@dataclass
class Plant:
    """A site and two warehouses of a test's own, in the company that all tests share."""

    server: lambda_server.Server
    folder: Path
    site: str
    finished: str
    scrap: str

    def section(self, **values: str) -> StockSection:
        known = {"company": lambda_server.COMPANY, "user": lambda_server.USER, "password": "env:LAMBDA_PASSWORD"}
        return StockSection.model_validate(
            {
                "kind": "rest",
                "url": self.server.url,
                "start": HOUR,
                "locations": {"finished": self.finished, "scrap": self.scrap},
                "rest": {"description": "lambda_erp.toml", "values": known | values},
            }
        )

    def sink(self, *changes: tuple[str, str], **values: str) -> RestSink:
        """Through the description, or one with these changes."""
        text = lambda_server.DESCRIPTION.read_text(encoding="utf-8")
        for there, instead in changes:
            assert there in text
            text = text.replace(there, instead)
        (self.folder / "lambda_erp.toml").write_text(text, encoding="utf-8")
        section = self.section(**values)
        opened = open_destination(section, section.url, self.folder)
        assert isinstance(opened, RestSink)
        return opened

    def declaration(self, hour: int = 0, quantity: int = 100, revision: int = 1, quality: str = "good") -> Declaration:
        at = HOUR + timedelta(hours=hour)
        return Declaration(
            key=f"{self.site}:M1:P/20:{at:%Y%m%dT%H}:{quality}:{revision}",
            machine="M1",
            product="P/20",
            stock_code="SKU-P",
            hour=at,
            quality=quality,
            revision=revision,
            pieces=quantity,
            quantity=Decimal(quantity),
            unit="pc",
            location=self.finished if quality == "good" else self.scrap,
            booked_on=at.date(),
        )

    def on_hand(self) -> dict[tuple[str, str], Decimal]:
        return {(code, place): quantity for code, place, quantity in self.sink().on_hand() if quantity}

    def document(self, said: Declaration, action: str = "", body: object = None) -> dict[str, object]:
        """As a person at the stock system's own pages has it."""
        path = f"documents/stock-entry/{urllib.parse.quote(said.key.replace('/', '%2F'), safe='')}{action}"
        found: dict[str, object] = self.server.ask("POST" if action else "GET", path, body)
        return found

    def draft(self, said: Declaration) -> None:
        """As a drainer leaves it that was killed between two requests."""
        line = {"item_code": said.stock_code, "qty": int(said.quantity), "basic_rate": 1}
        facts = {"name": said.key.replace("/", "%2F"), "company": lambda_server.COMPANY, "items": [line]}
        kind = {"stock_entry_type": "Material Receipt", "to_warehouse": said.location}
        self.server.ask("POST", "documents/stock-entry", facts | kind)


@pytest.fixture
def plant(lambda_erp: lambda_server.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setenv("LAMBDA_PASSWORD", lambda_server.PASSWORD)
    return Plant(lambda_erp, tmp_path, f"S{next(SITES)}", lambda_erp.warehouse(), lambda_erp.warehouse())


def test_a_document_is_posted_read_and_listed(plant: Plant) -> None:
    stock, good, scrap = plant.sink(), plant.declaration(), plant.declaration(quality="scrap", quantity=3)
    stock.check()
    assert stock.closed_until() is None
    assert stock.look_up([good.key]) == {}
    posted = stock.post([good, scrap])
    assert {key: (one.quantity, one.progress, one.location) for key, one in posted.items()} == {
        good.key: (100, "done", plant.finished),
        scrap.key: (3, "done", plant.scrap),
    }
    assert stock.look_up([good.key, scrap.key, "another"]) == posted
    assert plant.on_hand() == {("SKU-P", plant.finished): 100, ("SKU-P", plant.scrap): 3}
    there = plant.document(good)
    assert (there["posting_date"], there["docstatus"], there["remarks"]) == (
        "2026-03-02",
        1,
        "M1 2026-03-02T10:00:00Z good ",
    )
    assert there["items"][0]["basic_rate"] == 4.2  # type: ignore[index]


def test_a_correction_takes_back_in_a_document_of_its_own(plant: Plant) -> None:
    stock, first = plant.sink(), plant.declaration()
    back, more = plant.declaration(quantity=-40, revision=2), plant.declaration(quantity=5, revision=3)
    assert {key: one.quantity for key, one in stock.post([first, back, more]).items()} == {
        first.key: 100,
        back.key: -40,
        more.key: 5,
    }
    assert plant.document(back)["stock_entry_type"] == "Material Issue"
    assert stock.look_up([back.key])[back.key].location == plant.finished
    assert plant.on_hand() == {("SKU-P", plant.finished): 65}


def test_more_than_is_there_is_not_taken_back_until_it_is(plant: Plant) -> None:
    stock, back = plant.sink(), plant.declaration(quantity=-40, revision=2)
    with pytest.raises(Rejection, match="Negative stock not allowed") as raised:
        stock.post([back])
    assert raised.value.key == back.key
    assert stock.look_up([back.key])[back.key].progress == "partial"
    stock.post([plant.declaration()])
    assert stock.post([back])[back.key].progress == "done"
    assert plant.on_hand() == {("SKU-P", plant.finished): 60}


def test_a_key_is_never_used_for_another_content(plant: Plant) -> None:
    stock, said, begun = plant.sink(), plant.declaration(), plant.declaration(hour=1)
    stock.post([said])
    with pytest.raises(Rejection, match="location"):
        stock.post([replace(said, location=plant.scrap)])
    plant.draft(begun)
    for other in (replace(begun, quantity=Decimal(99)), replace(begun, stock_code="SKU-B")):
        with pytest.raises(Rejection, match=begun.key.replace("/", "%2F")):
            stock.post([other])
    assert plant.document(begun)["docstatus"] == 0
    assert plant.on_hand() == {("SKU-P", plant.finished): 100}


def test_what_is_begun_is_gone_on_with(plant: Plant) -> None:
    stock, said = plant.sink(), plant.declaration()
    plant.draft(said)
    assert stock.look_up([said.key])[said.key].progress == "partial"
    assert stock.post([said])[said.key].progress == "done"
    assert plant.on_hand() == {("SKU-P", plant.finished): 100}


def test_what_a_person_cancelled_is_not_posted_again(plant: Plant) -> None:
    stock, done, draft = plant.sink(), plant.declaration(), plant.declaration(hour=1)
    stock.post([done])
    plant.draft(draft)
    plant.document(done, "/cancel", {})
    plant.document(draft, "/discard", {})
    assert {one.progress for one in stock.look_up([done.key, draft.key]).values()} == {"cancelled"}
    assert {one.progress for one in stock.post([done, draft]).values()} == {"cancelled"}
    assert plant.on_hand() == {}
    assert [one.progress for _, one in stock.list_documents(plant.site, HOUR, HOUR + timedelta(hours=2))] == [
        "cancelled"
    ] * 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"stock_code": "SKU-NONE"}, "Item SKU-NONE not found"),
        ({"location": "nowhere"}, "'nowhere' does not exist"),
        ({"quantity": Decimal(0)}, "Qty"),
        ({"key": f"S:{'M' * 400}:P:20260302T10:good:1"}, "longest_key"),
    ],
)
def test_what_will_never_be_taken_is_refused_in_its_words(plant: Plant, change: dict[str, object], told: str) -> None:
    stock, said = plant.sink(), replace(plant.declaration(), **change)  # type: ignore[arg-type]
    with pytest.raises(Rejection, match=told) as raised:
        stock.post([said])
    assert raised.value.key == said.key
    assert stock.look_up([said.key]) == {}


def test_documents_of_a_range_are_listed_page_by_page(plant: Plant) -> None:
    stock = plant.sink(("limit=200", "limit=3"))
    every = [plant.declaration(hour=hour, quantity=hour + 1) for hour in range(8)]
    late = replace(plant.declaration(hour=2, quantity=9, quality="scrap"), booked_on=HOUR.date() + timedelta(days=40))
    stock.post([*every, late])
    listed = dict(stock.list_documents(plant.site, HOUR + timedelta(hours=2), HOUR + timedelta(hours=5)))
    assert {key: one.quantity for key, one in listed.items()} == {one.key: one.quantity for one in (*every[2:5], late)}
    assert list(stock.list_documents("S", HOUR, HOUR + timedelta(hours=9))) == []


class Killed(BaseException):
    pass


class Lossy:
    """Loses requests on the wire, and answers. A document needs some of each: of one in twenty about each second meets
    it.
    """

    def __init__(self, http: HttpClient, chance: Random, share: float, lost: Callable[[], BaseException]) -> None:
        self.http, self.chance, self.share, self.lost = http, chance, share, lost

    def ask(self, *request: Any, **more: Any) -> tuple[int, bytes]:
        self._lose()
        answer = self.http.ask(*request, **more)
        self._lose()
        return answer

    def _lose(self) -> None:
        if self.chance.random() < self.share:
            raise self.lost()


def unreachable() -> TransientError:
    return TransientError("ship.unreachable", destination="main", place="there", why="lost")


@pytest.mark.parametrize(("lost", "share"), [(unreachable, 0.05), (Killed, 0.02)])
def test_whatever_is_lost_amid_a_document_stock_ends_right(plant: Plant, open_shop, lost, share: float) -> None:
    """Facts change on the way, and one product is unknown there."""
    shop = open_shop(f"sqlite:///{plant.folder}/ops.db", f"sqlite:///{plant.folder}/unused.db")
    one, other = machines = [f"{plant.site}-{name}" for name in ("M1", "M2")]
    shop = replace(shop, destination=plant.section(), machines=dict.fromkeys(machines, "finished"))
    shop.products["X"] = replace(shop.products["P"], stock_code=POISON)
    keys = [(machine, product, hour, "good") for machine in machines for product in "PBX" for hour in (0, 1)]
    chance = Random(1)
    for number, pieces in enumerate((60, 36)):
        shop.prepare(dict.fromkeys(keys, pieces) | {(one, "P", 0, "scrap"): number + 1}, machines=f"{one} {other}")
        while True:  # a process, until it is killed
            stock = plant.sink()
            stock._session._http = Lossy(stock._session._http, chance, share, lost)  # type: ignore[assignment]
            with suppress(Killed):
                while shop.drain(stock, batch=5).stopped:
                    pass
                break
    assert plant.on_hand() == {
        ("SKU-P", plant.finished): 4 * 36,
        ("SKU-B", plant.finished): 4 * 36 // 12,
        ("SKU-P", plant.scrap): 2,
    }
    states = shop.outbox_rows("stock_code", "state")
    assert {state for code, state in states if code != POISON} == {"acknowledged"}
    assert {state for code, state in states if code == POISON} <= {"rejected", "prepared"}
    said = {
        key: quantity
        for key, state, quantity in shop.outbox_rows("key", "state", "quantity")
        if state == "acknowledged"
    }
    listed = list(plant.sink().list_documents("SP1", HOUR, HOUR + timedelta(hours=2)))
    mine = [(key, one.quantity) for key, one in listed if f":{plant.site}-M" in key]
    assert sorted(mine) == sorted(said.items())


def test_a_server_killed_amid_a_batch_loses_and_doubles_nothing(plant: Plant) -> None:
    said = [plant.declaration(hour=hour, quantity=10) for hour in range(60)]
    stock, server = plant.sink(), plant.server
    stock.check()

    def kill_amid() -> None:
        while server.ask("GET", f"documents/stock-entry?name__contains={plant.site}:&limit=1")["total"] < 10:
            pass
        server.kill()

    killer = threading.Thread(target=kill_amid)
    killer.start()
    try:
        with pytest.raises(TransientError, match="unreachable"):
            for batch in range(0, 60, 20):
                stock.post(said[batch : batch + 20])
    finally:
        killer.join()
        server.start()
    there = stock.look_up([one.key for one in said])
    assert 10 <= len(there) < 60
    assert {one.progress for one in stock.post(said).values()} == {"done"}
    assert plant.on_hand() == {("SKU-P", plant.finished): 600}


def test_a_session_that_ended_is_begun_again(plant: Plant) -> None:
    stock, said = plant.sink(), plant.declaration()
    stock.check()
    stock._session._http._cookies = dict.fromkeys(stock._session._http._cookies, "stale")
    assert stock.post([said])[said.key].progress == "done"


def test_a_key_of_the_api_goes_in_a_header(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = plant.server.ask
    ask("PUT", "auth/settings", {"rest_api_enabled": "1"})
    token = ask("POST", "auth/api-keys", {"name": f"aponta {plant.site}", "role": "manager"})["token"]
    monkeypatch.setenv("LAMBDA_KEY", token)
    text = lambda_server.DESCRIPTION.read_text(encoding="utf-8")
    login = text[text.index("[login]") : text.index("[find.rate]")]
    changed = (login, '[headers]\nAuthorization = "Bearer {key_of_api}"\n\n')
    stock, said = plant.sink(changed, key_of_api="env:LAMBDA_KEY"), plant.declaration()
    stock.check()
    assert stock.post([said])[said.key].progress == "done"
    with pytest.raises(ConfigError, match="sign_in_refused.*Invalid API key") as raised:
        plant.sink(changed, key_of_api="wr0ng").check()
    assert "wr0ng" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("/api/auth/login", "/api/auth/log-in"), "ship.sign_in_refused"),
        (('password = "{password}"', 'password = "{password}!"'), "ship.sign_in_refused"),
        (('{ email = "{user}", password', '{ mail = "{user}", password'), "ship.sign_in_refused"),
        (("stock-entry/{key}", "stock-entries/{key}"), "ship.not_absent"),
        (("stock-entry/{key}", "stock-entry/{key}/again"), "ship.not_absent"),
        (("absent = [404]", "already = [404]"), "ship.not_absent"),
    ],
)
def test_a_wrong_description_is_reported_before_anything_is_posted(
    plant: Plant, change: tuple[str, str], code: str
) -> None:
    """And the password is in nothing that is said, though this server tells what it was sent."""
    with pytest.raises(ConfigError) as raised:
        plant.sink(change).check()
    assert raised.value.code == code
    assert lambda_server.PASSWORD not in str(raised.value)


def test_a_server_that_is_off_is_waited_for(plant: Plant) -> None:
    section = plant.section().model_copy(update={"url": "http://127.0.0.1:9"})
    plant.sink()  # its file
    stock = open_destination(section, section.url, plant.folder)
    for ask in (stock.check, lambda: stock.look_up(["K"]), lambda: stock.post([plant.declaration()])):
        with pytest.raises(TransientError, match="unreachable"):
            ask()


@pytest.mark.parametrize(
    "url", ["data/stock.db", "postgresql://there/erp", "https://ana:pa55@erp.example.com", "http:///x"]
)
def test_an_address_that_is_none_is_refused_and_not_shown(plant: Plant, url: str) -> None:
    plant.sink()
    with pytest.raises(ConfigError, match="no_web_address") as raised:
        open_destination(plant.section(), url, plant.folder)
    assert "pa55" not in str(raised.value)
