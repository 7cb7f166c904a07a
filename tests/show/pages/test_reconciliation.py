"""The pages where a day of stock is reconciled, and where a person decides about what was refused."""

import sqlite3

import factory as small
import pytest

from aponta.show.action import LOCAL_USER

DAY = "2026-03-02"
KEY = "T:M01:P:20260302T10:good:1"
OURS = {"origin": "http://127.0.0.1"}


@pytest.fixture(scope="module")
def hours(tmp_path_factory):
    """Two hours of finished goods, one of a product that nobody entered."""
    made = small.make(tmp_path_factory.mktemp("hours"))
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.deliver(made, small.name("M01", 1), small.text("M01", small.steady(1, product="X")))
    small.run(made)
    return made


@pytest.fixture
def factory(hours, tmp_path):
    return small.copy_to(hours, tmp_path)


def in_stock(factory, statement):
    with sqlite3.connect(factory.data / "stock.db") as database:
        database.execute(statement)


def reconcile(client, day=DAY):
    return client.post("/api/stock/reconcile", json={"to": "main", "day": day}, headers=OURS)


def test_nobody_asked_yet(factory, browse):
    client = browse(factory)
    told = client.get("/api/stock/reconciliation").json()
    assert (told["destination"], told["day"], told["reconciled"], told["days"]) == ("main", DAY, None, [])
    assert "/stock/reconcile" in client.get("/stock/reconciliation").text


def test_a_day_is_reconciled_and_shown(factory, browse):
    client = browse(factory)
    told = reconcile(client).json()
    assert (told["reconciled"]["gaps"], told["reconciled"]["who"]) == ([], LOCAL_USER)
    assert client.get(f"/api/stock/reconciliation?day={DAY}").json() == told
    page = client.get("/stock/reconciliation").text
    assert "/hours/M01/2026-03-02T10" in page and "mark-good" in page
    assert client.get("/stock").text.count(f"/stock/reconciliation?to=main&amp;day={DAY}") == 1


def test_a_difference_leads_to_the_document_and_its_files(factory, browse):
    in_stock(factory, f"update stock_movement set quantity = 1 where key = '{KEY}'")
    client = browse(factory)
    (gap,) = reconcile(client).json()["reconciled"]["gaps"]
    assert (gap["kind"], gap["key"], gap["files"]) == ("changed", KEY, [small.name("M01", 0)])
    page = client.get("/stock/reconciliation").text
    assert small.name("M01", 0) in page and "/stock/decide?to=main" in page
    assert KEY in client.get("/stock/decide?to=main").text


def test_an_hour_leads_to_its_declarations(factory, browse):
    client = browse(factory)
    told = client.get("/api/hours/M01/2026-03-02T10").json()
    (one,) = told["documents"]
    assert (one["key"], one["destination"], one["state"]) == (KEY, "main", "acknowledged")
    page = client.get("/hours/M01/2026-03-02T10").text
    assert KEY in page and one["reference"] in page
    assert client.get("/api/hours/M01/2026-03-02T18").json()["documents"] == []


def test_a_form_reconciles_and_leads_back(factory, browse):
    client = browse(factory)
    sent = client.post("/stock/reconcile", data={"to": "main", "day": DAY}, headers=OURS, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/stock/reconciliation?to=main&day={DAY}")


@pytest.mark.parametrize(
    ("given", "status"),
    [({"to": "nowhere", "day": DAY}, 404), ({"to": "main", "day": "yesterday"}, 422), ({"to": "main"}, 422)],
)
def test_what_cannot_be_reconciled(factory, browse, given, status):
    assert browse(factory).post("/api/stock/reconcile", json=given, headers=OURS).status_code == status


def decide(client, action, why="as agreed", keys=(KEY,)):
    return client.post("/api/stock/decide", json={"keys": [*keys], "action": action, "why": why}, headers=OURS)


def test_a_decision_shows_who_and_why(factory, browse):
    in_stock(factory, f"update stock_movement set quantity = 1 where key = '{KEY}'")
    client = browse(factory)
    reconcile(client)
    assert decide(client, "settle").json() == {"count": 1}
    (one,) = client.get("/api/stock").json()["destinations"][0]["decided"]
    assert (one["key"], one["action"], one["who"], one["why"]) == (KEY, "settle", LOCAL_USER, "as agreed")
    assert "as agreed" in client.get("/stock").text
    assert reconcile(client).json()["reconciled"]["gaps"] == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"action": "settle", "why": ""}, 422),
        ({"action": "settle", "why": "   "}, 422),
        ({"action": "delete", "why": "x"}, 422),
        ({"action": "retry", "why": "x", "keys": ["no:such"]}, 422),
    ],
)
def test_what_cannot_be_decided(factory, browse, given, status):
    told = {"keys": [KEY], **given}
    assert browse(factory).post("/api/stock/decide", json=told, headers=OURS).status_code == status


def test_only_what_was_refused_for_a_reason(factory, browse):
    client = browse(factory)
    told = client.get("/api/stock/decide?to=main&code=ship.unknown_product").json()
    assert [one["product"] for one in told["declarations"]] == ["X"]
    assert client.get("/api/stock/decide?to=main&code=ship.cancelled").json()["declarations"] == []
    assert client.get("/api/stock/decide?to=nowhere").status_code == 404


def test_a_decision_about_one_stock_system_does_not_touch_another(tmp_path, browse):
    second = f'[[stock]]\nname = "erp"\nurl = "{tmp_path}/erp.db"\nstart = 2026-03-01T00:00:00\n'
    made = small.make(tmp_path, aponta=small.SETTINGS.replace("[stock]", "[[stock]]") + second)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0, product="X")))
    small.run(made)
    client = browse(made)
    key = "T:M01:X:20260302T10:good:1"
    assert 'name="to" value="erp"' in client.get("/stock/decide?to=erp").text
    told = {"keys": key, "action": "settle", "why": "booked by Ana", "to": "erp"}
    assert client.post("/stock/decide", data=told, headers=OURS, follow_redirects=False).status_code == 303
    counts = {one["name"]: one["counts"] for one in client.get("/api/stock").json()["destinations"]}
    assert (counts["erp"]["settled"], counts["main"]["rejected"]) == (1, 1)
