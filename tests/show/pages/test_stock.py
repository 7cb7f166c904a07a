"""Stock as it stands: what was told to each stock system, what waits, what it refused, what it says it holds."""

import json
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import factory as small
import pytest

from aponta.config import load
from aponta.ops.database import connect, transaction
from aponta.ship.outbox.pause import pause_posting
from aponta.usecases.read.published import query
from aponta.usecases.stock import control

NOON = small.START + timedelta(hours=2, minutes=10)
PASSWORD = "s3cr3t-w0rd"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """The answers of stock systems are waited for: a busy computer is slow."""
    monkeypatch.setattr(control, "AT_ONCE_S", 20)


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


@pytest.fixture(scope="module")
def first_hour(tmp_path_factory):
    return delivered(small.make(tmp_path_factory.mktemp("first_hour")), 0, now=small.WEEK_LATER)


@pytest.fixture
def told(first_hour, tmp_path):
    """A factory whose first hour the stock system was told of."""
    return small.copy_to(first_hour, tmp_path)


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    """A factory of two hours, the second open still."""
    return delivered(small.make(tmp_path_factory.mktemp("boxes")), 0, 1, product="B")


def deliver(made, *hours, **items):
    for hour in hours:
        small.deliver(made, small.name("M01", hour), small.text("M01", small.steady(hour, **items), trailer=False))


def delivered(made, *hours, now=NOON, **items):
    deliver(made, *hours, **items)
    small.run(made, now)
    return made


def destination(client):
    (one,) = client.get("/api/stock").json()["destinations"]
    return one


def page_of(client, language="en"):
    client.cookies.set("language", language)
    return client.get("/stock").text


def configured(made, before, after):
    """The factory with a line of aponta.toml changed."""
    path = made.folder / "aponta.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    return load(made.folder)


def test_numbers_are_those_of_the_stock_system_and_of_sql(factory, browse):
    delivered(factory, 0, 1, now=small.WEEK_LATER)
    one = destination(browse(factory, NOON))
    held = {(line["stock_code"], line["location"]): Decimal(line["quantity"]) for line in one["on_hand"]}
    assert held == small.on_hand(factory) == {("SKU-P", "finished"): Decimal(24)}
    (told,) = query(factory, "SELECT count(*) AS n, sum(pieces)::BIGINT AS pieces FROM gold.stock_declarations")
    assert {state: n for state, n in one["counts"].items() if n} == {"acknowledged": told["n"]}
    (line,) = one["compared"]
    (made,) = query(factory, "SELECT sum(pieces)::BIGINT AS pieces FROM gold.production WHERE quality = 'good'")
    assert (line["product"], line["made"], line["declared"]) == ("P", made["pieces"], told["pieces"])
    assert line["gaps"] == []
    last = one["acknowledged"][0]
    assert (last["machine"], last["product"], last["quality"], Decimal(last["quantity"])) == ("M01", "P", "good", 12)
    page = page_of(browse(factory, NOON))
    assert last["reference"] in page
    assert "data-ago" in page and "</time>." not in page, "há 1 min.: a browser's words end in a full stop already"


def test_the_command_line_prints_the_same(factory, browse):
    deliver(factory, 0, 1, product="none such")
    delivered(factory, 2, now=small.WEEK_LATER)
    one = destination(browse(factory))
    program = Path(sys.executable).with_name("aponta")
    asked = [program, "stock", "status", "--json", "-C", factory.folder]
    (said,) = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert {state: said[state] for state in one["counts"]} == one["counts"]
    assert [line["quantity"] for line in said["on_hand"]] == ["12"]
    assert [line["key"] for line in said["rejections"]] == [entry["key"] for entry in one["rejected"]]


def test_a_difference_is_explained(factory, browse):
    small.deliver(factory, small.name("N01", 0), small.text("N01", small.steady(0, 5, quality="R"), trailer=9))
    delivered(factory, 0, 1)  # the second hour is open still
    good, scrap = destination(browse(factory, NOON))["compared"]
    assert (good["made"], good["declared"]) == (24, 12)
    assert good["gaps"] == [{"reason": "open", "pieces": 12, "hours": [["M01", "2026-03-02T11:00:00Z"]]}]
    assert (scrap["quality"], scrap["made"], scrap["declared"]) == ("scrap", 5, 0)
    assert [gap["reason"] for gap in scrap["gaps"]] == ["held"]
    page = page_of(browse(factory, NOON))
    assert "of hours still open" in page and "aponta files accept" in page


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("start = 2026-03-01T00:00:00", "start = 2026-03-02T08:00:00", "before_start"),
        ('scrap = "scrap", ', "", "no_location"),
    ],
)
def test_what_is_never_declared_is_explained(factory, browse, before, after, reason):
    made = configured(factory, before, after)
    delivered(made, 0, now=small.WEEK_LATER, quality="R")
    (line,) = destination(browse(made))["compared"]
    assert [gap["reason"] for gap in line["gaps"]] == [reason]


def test_without_a_start_the_page_shows_what_to_do(factory, browse):
    made = delivered(configured(factory, "start = 2026-03-01T00:00:00", ""), 0)
    assert destination(browse(made))["compared"] == []
    page = page_of(browse(made))
    assert "no start is set" in page and "start = 2026-01-01T00:00:00" in page


def test_who_holds_posting_and_why(factory, browse):
    engine = connect(factory.ops_url)
    with transaction(engine) as connection:
        pause_posting(connection, "main", who="joana", why="<b>count</b> of March", now=small.START)
    engine.dispose()
    delivered(factory, 0, 1)
    one = destination(browse(factory, NOON))
    assert one["paused"] == {"since": "2026-03-02T10:00:00Z", "who": "joana", "why": "<b>count</b> of March"}
    assert one["counts"]["prepared"] == 1 and one["oldest_waiting"] == "2026-03-02T10:00:00Z"
    page = page_of(browse(factory, NOON))
    assert "held by joana" in page and "&lt;b&gt;count" in page and "aponta stock resume --to main" in page


def test_a_rejection_shows_why_and_what_to_do(told, browse):
    url = told.stock_url(told.settings.stock[0]).removeprefix("sqlite:///")
    with sqlite3.connect(url) as stock:
        stock.execute(
            "CREATE TRIGGER no_more BEFORE INSERT ON stock_movement BEGIN "
            "SELECT raise(ABORT, 'no <script>alert(1)</script>\u202e in \"stock\"'); END"
        )
    deliver(told, 1)
    delivered(told, 2, now=small.WEEK_LATER, product="$(rm)")
    one = destination(browse(told))
    assert [entry["why"]["code"] for entry in one["rejected"]] == ["ship.refused", "ship.unknown_product"]
    page = page_of(browse(told))
    assert "<script>alert" not in page and "no &lt;script&gt;alert(1)&lt;/script&gt;‹202E›" in page
    assert f'<code class="typed">aponta stock retry {one["rejected"][0]["key"]}</code>' in page
    assert "products.csv" in page and "2 declarations were rejected" in page


def test_one_cause_of_many_rejections_is_shown_once(factory, browse):
    for hour in range(3):
        delivered(factory, hour, now=small.WEEK_LATER, product="NEW")
    page = page_of(browse(factory))
    assert page.count("is not in products.csv") == 1
    assert page.count("<bdi>NEW</bdi> · 03-02") == 3


def test_a_key_is_quoted_where_a_terminal_would_read_it(factory, browse):
    made = small.make(factory.folder, products="product\n$(rm)\n")
    delivered(made, 0, now=small.WEEK_LATER, product="$(rm)")
    engine = connect(made.ops_url)
    with transaction(engine) as connection:
        why = json.dumps(["ship.refused", {"key": "T:M01:$(rm):20260302T10:good:1", "why": "no"}])
        connection.exec_driver_sql("UPDATE outbox SET state = 'rejected', why = ?", (why,))
    engine.dispose()
    assert "aponta stock retry &#39;T:M01:$(rm):20260302T10:good:1&#39;" in page_of(browse(made))


@pytest.mark.parametrize("query", ["", "?application_name=aponta&password=" + PASSWORD])
def test_a_stock_system_that_is_down_is_shown_without_its_password(told, browse, query):
    pytest.importorskip("psycopg", reason="no PostgreSQL driver: pip install 'aponta[postgresql]'")
    url = f"postgresql://clerk:{PASSWORD}@127.0.0.1:9/stock{query}"
    made = configured(told, "start =", f'url = "{url}"\nstart =')
    client = browse(made)
    one = destination(client)
    assert one["on_hand"] is None and one["unreachable"]["code"] == "ship.unreachable"
    assert one["counts"]["acknowledged"] == 1 and len(one["compared"]) == 1  # the rest stands
    page = page_of(client)
    assert "could not do it now" in page and "127.0.0.1" in page
    assert PASSWORD not in page + client.get("/api/stock").text


@pytest.mark.parametrize("url", [f"postgresql://u:{PASSWORD}@server:port/db", f"postgresql://u:a@{PASSWORD}@server/db"])
def test_a_bad_address_is_shown_without_its_password(factory, browse, url):
    one = destination(browse(configured(factory, "start =", f'url = "{url}"\nstart =')))
    assert one["unreachable"] == {"code": "ship.bad_url", "facts": {"destination": "main"}}


def test_a_stock_system_that_never_answers_delays_nobody(factory, browse, monkeypatch):
    pytest.importorskip("psycopg", reason="no PostgreSQL driver: pip install 'aponta[postgresql]'")
    monkeypatch.undo()
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes the call, says nothing
        url = f"postgresql://clerk:{PASSWORD}@127.0.0.1:{deaf.getsockname()[1]}/stock?connect_timeout=5"
        client = browse(configured(factory, "start =", f'url = "{url}"\nstart ='))
        client.get("/quarantine")
        since = time.perf_counter()
        page = page_of(client)
        assert time.perf_counter() - since < 1
        assert "is being asked" in page
        monkeypatch.setattr(control, "SILENT_S", 0)
        assert destination(client)["unreachable"]["code"] == "pipeline.stock_silent"


def test_no_stock_system(factory, browse):
    text = (factory.folder / "aponta.toml").read_text(encoding="utf-8")
    (factory.folder / "aponta.toml").write_text(text.partition("[stock]")[0], encoding="utf-8")
    for language, said in (("en", "No stock system"), ("pt-BR", "Nenhum sistema de estoque")):
        assert said in page_of(browse(load(factory.folder)), language)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_in_both_languages(boxes, browse, language):
    page = page_of(browse(boxes, NOON), language)
    assert f'lang="{language}"' in page and "show." not in page and "SKU-B" in page


def test_nothing_came_yet(factory, browse):
    one = destination(browse(factory, NOON))
    assert (one["on_hand"], one["compared"], one["acknowledged"], one["oldest_waiting"]) == ([], [], [], None)
    assert "It has taken nothing yet" in page_of(browse(factory, NOON))
