"""The board of hours: what it shows is what SQL says, and what a person does on it is done."""

import json
import re
from datetime import timedelta
from itertools import product

import factory as small
import pytest

from aponta.usecases.read.published import query

EVENING = small.START + timedelta(hours=13)
DAY = "2026-03-02"
SAME = {"Origin": "http://127.0.0.1"}  # as a browser sends with a form of these pages
HOUR = "2026-03-02T{:02d}".format


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    made = small.make(tmp_path_factory.mktemp("evening"))
    for hour, minutes, trailer in ((0, 61, True), (1, 200, True), (2, 61, 14), (4, 61, True)):
        data = small.text("M01", small.steady(hour), trailer)
        small.deliver(made, small.name("M01", hour), data, hour * 3600 + minutes * 60)
    small.deliver(made, small.name("M01", 3), small.text("M02", small.steady(3)), 4 * 3600)
    small.deliver(made, small.name("M02", 0), small.text("M02", small.steady(0)), 3660)
    small.run(made, EVENING)
    return made


@pytest.fixture
def factory(evening, tmp_path):
    return small.copy_to(evening, tmp_path)


def statuses(answer, machine="M01"):
    (row,) = [row for line in answer["lines"] for row in line["machines"] if row["machine"] == machine]
    return [one and one["status"] for one in row["cells"]]


def test_the_board_equals_sql(factory, browse):
    told = browse(factory, EVENING).get("/api/completeness").json()
    rows = query(factory, "SELECT machine, hour, status FROM gold.completeness ORDER BY machine, hour", lambda: EVENING)
    assert told["day"] == DAY and told["hours"] == [f"{HOUR(hour)}:00:00Z" for hour in range(10, 22)]
    assert statuses(told) == [row["status"] for row in rows if row["machine"] == "M01"]
    assert statuses(told)[:6] == ["arrived", "late", "partial", "quarantined", "arrived", "missing"]
    assert statuses(told, "N01") == [None] * 12  # it never reported: nobody knows from when on
    assert sum(told["counts"].values()) == len(rows)
    assert list(told["counts"].items())[0] == ("missing", 18)
    assert browse(factory, EVENING).get(f"/api/completeness?day={DAY}").json() == told


@pytest.mark.parametrize(("language", "words"), [("pt-BR", "18 faltando"), ("en", "18 missing")])
def test_the_page_describes_each_hour_in_words_and_leads_to_it(factory, browse, language, words):
    client = browse(factory, EVENING)
    client.cookies.set("language", language)
    page = client.get("/completeness").text
    assert words in page
    assert len(re.findall(r'<a class="cell', page)) == 24
    assert f'href="/hours/M01/{HOUR(11)}"' in page
    assert re.search(r'class="cell h-late".*?#i-late.*?class="word"', page)
    assert page.count('href="/completeness/close?machine=') == 2


@pytest.mark.parametrize(
    ("language", "first_file", "without"),
    [
        ("pt-BR", "a partir do primeiro arquivo", "Máquinas sem nenhum arquivo até agora:"),
        ("en", "from the first file on", "Machines without any file so far:"),
    ],
)
def test_before_the_first_file_the_page_shows_that_none_came(tmp_path, factory, browse, language, first_file, without):
    client = browse(small.make(tmp_path / "new"), EVENING)
    client.cookies.set("language", language)
    page = client.get("/completeness").text
    assert first_file in page and without in page
    assert page.index(without) < page.index(">M01<") < page.index(">N01<")
    later = browse(factory, EVENING)
    assert later.get("/api/completeness").json()["never"] == ["N01"]
    later.cookies.set("language", language)
    assert without in later.get("/completeness").text
    sunday = later.get("/completeness?day=2026-03-01").text
    assert first_file not in sunday and 'class="empty"' in sunday


def test_seven_days_add_up_the_days(factory, browse):
    client = browse(factory, EVENING)
    week = client.get(f"/api/completeness/week?day={DAY}").json()
    assert week["days"][0] == "2026-02-24" and week["days"][-1] == DAY and week["following"] is None
    assert week["counts"] == client.get(f"/api/completeness?day={DAY}").json()["counts"]
    last = week["machines"][0]["days"][-1]
    assert (last["worst"], last["in_doubt"], len(last["statuses"])) == ("missing", 10, 12)
    assert week["machines"][0]["days"][0]["worst"] is None
    assert "10" in client.get("/completeness/week").text


@pytest.mark.parametrize("path", ["/completeness", "/completeness/week", f"/hours/M01/{HOUR(10)}"])
def test_an_empty_factory_has_a_page(tmp_path, browse, path):
    made = small.make(tmp_path)
    assert browse(made, EVENING).get(path).status_code == 200
    assert (
        browse(small.make(tmp_path / "none", machines="machine,line,layout,stock\n"), EVENING)
        .get("/completeness")
        .is_success
    )


@pytest.mark.parametrize(
    "path",
    [
        "/completeness?day=0001-01-01",
        "/completeness?day=9999-12-31",
        "/completeness/week?day=0001-01-03",
        "/completeness/week?day=9999-12-31",
        "/completeness/close?machine=M99&day=2026-03-02",
        "/completeness/close?machine=M01&day=2026-03-02&hour=noon",
        "/hours/M99/2026-03-02T10",
        "/hours/M01/2026-03-02",
        "/hours/M01/0001-01-01T00",
        "/hours/M01/9999-12-31T23",
        "/files/abc",
        "/files/ffffffffffff",
        "/files/%25%25%25%25%25%25%25%25",
    ],
)
def test_an_unknown_address_is_refused(factory, browse, path):
    client = browse(factory, EVENING)
    for prefix in ("", "/api"):
        answer = client.get(prefix + path)
        assert answer.status_code in (404, 422), answer.text
    assert "what" in answer.json()


def test_an_hour_shows_its_files_and_how_it_stands(factory, browse):
    client = browse(factory, EVENING)
    late = client.get(f"/api/hours/M01/{HOUR(11)}").json()
    assert (late["state"]["status"], late["state"]["late_ms"]) == ("late", (200 - 75) * 60_000)
    (file,) = late["files"]
    assert (file["records"], file["speaks"], file["in_force"], file["trailer"]) == (12, True, True, "right")
    assert (late["items"], late["closed_by"], late["held"]) == (12, "trailer", False)
    assert (late["previous"], late["following"]) == (f"{HOUR(10)}:00:00Z", f"{HOUR(12)}:00:00Z")
    assert client.get(f"/api/hours/M01/{HOUR(12)}").json()["held"]
    (refused,) = client.get(f"/api/hours/M01/{HOUR(13)}").json()["files"]
    assert refused["refused"] == "wrong_machine"
    assert client.get(f"/api/hours/M01/{HOUR(3)}").json()["state"] is None
    for hour in (3, 10, 11, 12, 13, 15):
        assert client.get(f"/hours/M01/{HOUR(hour)}").is_success


def test_a_missing_hour_comes_with_a_guess(factory, browse):
    client = browse(factory, EVENING)
    assert client.get(f"/api/hours/M01/{HOUR(15)}").json()["guess"] == "nobody"
    assert client.get(f"/api/hours/M02/{HOUR(11)}").json()["guess"] == "silent"
    small.deliver(factory, small.name("M01", 6), small.text("M01", small.steady(6)), 7 * 3600)
    small.run(factory, EVENING)
    assert client.get(f"/api/hours/M01/{HOUR(15)}").json()["guess"] == "alone"


def test_a_receipt_shows_the_sums_and_the_chain(factory, browse):
    client = browse(factory, EVENING)
    (file,) = client.get(f"/api/hours/M01/{HOUR(12)}").json()["files"]
    told = client.get(f"/api/files/{file['sha256'][:12]}").json()
    assert told["sha256"] == file["sha256"] and told["to_accept"]
    (receipt,) = told["receipts"]
    (row,) = query(factory, f"SELECT * FROM silver.files WHERE file_sha256 = '{file['sha256']}'")
    rows, records = receipt["sums"]
    assert rows["count"] == row["rows"] and records["count"] == row["records"] == 12
    assert rows["parts"] == {name: row[name] for name in ("records", "quarantined", "skipped")}
    assert records["parts"] == {
        f"items_{name}": row[f"items_{name}"] for name in ("new", "known", "changed", "repeated")
    }
    assert rows["right"] and records["right"] and receipt["unbroken"]
    assert f"aponta files accept {file['sha256'][:12]}" in client.get(f"/files/{file['sha256']}").text
    chain = {one[0]: one[1] for one in small.receipts(factory)}
    assert chain[receipt["hash"]] == receipt["previous"]


def test_a_receipt_that_was_changed_is_seen(factory, browse):
    from sqlalchemy import update

    from aponta.ops.database import connect, transaction
    from aponta.ops.tables import receipt

    client = browse(factory, EVENING)
    (file,) = client.get(f"/api/hours/M01/{HOUR(10)}").json()["files"]
    engine = connect(factory.ops_url)
    with transaction(engine) as connection:
        mine = receipt.c.sha256 == file["sha256"]
        body = connection.scalar(receipt.select().with_only_columns(receipt.c.body).where(mine))
        connection.execute(update(receipt).where(mine).values(body=body.replace('"records":12', '"records":13')))
    engine.dispose()
    (told,) = client.get(f"/api/files/{file['sha256']}").json()["receipts"]
    assert not told["unbroken"] and not told["sums"][0]["right"]


def test_a_refused_file_shows_why(factory, browse):
    client = browse(factory, EVENING)
    (file,) = client.get(f"/api/hours/M01/{HOUR(13)}").json()["files"]
    told = client.get(f"/api/files/{file['sha256']}").json()
    assert told["refused"] == "wrong_machine" and told["refused_rows"][0]["row_no"] is None
    assert f"reason={told['refused']}" in client.get(f"/files/{file['sha256']}").text


def test_a_file_named_after_another_hour_or_written_by_a_clock_ahead_is_flagged(factory, browse):
    small.deliver(factory, small.name("M02", 9), small.text("M02", small.steady(6)), 7 * 3600 - 180)
    small.run(factory, EVENING)
    client = browse(factory, EVENING)
    (file,) = client.get(f"/api/hours/M02/{HOUR(16)}").json()["files"]
    (told,) = client.get(f"/api/files/{file['sha256']}").json()["receipts"]
    assert told["flags"] == ["hour_in_name"], "written at the hour's end, as its last item says"
    assert "Corrija na máquina o nome" in client.get(f"/files/{file['sha256']}").text
    small.deliver(factory, small.name("M02", 7), small.text("M02", small.steady(7)), 8 * 3600 - 500)
    small.run(factory, EVENING)
    (file,) = client.get(f"/api/hours/M02/{HOUR(17)}").json()["files"]
    (told,) = client.get(f"/api/files/{file['sha256']}").json()["receipts"]
    assert told["flags"] == ["clock"] and told["skew_ms"] == 500_000 - 400_000
    assert "está adiantado" in client.get(f"/files/{file['sha256']}").text


def test_a_file_that_came_twice_has_two_receipts(factory, browse):
    small.deliver(factory, "M01_20260302_07_copy.txt", small.text("M01", small.steady(0)), 9 * 3600)
    small.run(factory, EVENING)
    client = browse(factory, EVENING)
    (file,) = client.get(f"/api/hours/M01/{HOUR(10)}").json()["files"]
    assert file["arrivals"] == 2
    first, again = client.get(f"/api/files/{file['sha256']}").json()["receipts"]
    assert (first["status"], again["status"], again["sums"]) == ("new", "duplicate", [])
    assert client.get(f"/files/{file['sha256']}").is_success


def test_a_form_closes_hours_and_leads_back_to_the_board(factory, browse):
    client = browse(factory, EVENING)
    asked = client.get(f"/completeness/close?machine=M01&day={DAY}").text
    offered = re.findall(r'name="hours" value="([^"]+)" checked', asked)
    assert offered == [HOUR(hour) for hour in (13, *range(15, 22))]  # where no good file came
    form = {"machine": "M01", "back": DAY, "hours": offered[1:3], "why": "máquina desligada"}
    done = client.post("/completeness/close", data=form, headers=SAME, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/completeness?day={DAY}")
    assert "2 closed" in client.get(done.headers["location"], headers={"Cookie": "language=en"}).text
    hour = client.get(f"/hours/M01/{HOUR(15)}").text
    assert "máquina desligada" in hour and "local" in hour and 'action="/completeness/reopen"' in hour

    undo = {"machine": "M01", "back": DAY, "hours": HOUR(15)}
    assert client.post("/completeness/reopen", data=undo, headers=SAME).is_success
    assert statuses(client.get("/api/completeness").json())[5:7] == ["missing", "closed"]


def test_a_form_without_hours_does_not_mean_the_whole_day(factory, browse):
    client = browse(factory, EVENING)
    form = {"machine": "M01", "back": DAY, "why": "off"}
    assert client.post("/completeness/close", data=form, headers=SAME).status_code == 422
    assert "closed" not in client.get("/api/completeness").json()["counts"]


def test_the_api_closes_a_day(factory, browse):
    client = browse(factory, EVENING)
    meant = {"machine": "M02", "day": DAY, "why": "no orders"}
    done = client.post("/api/completeness/close", json=meant, headers=SAME).json()
    assert done["hours"] == [f"{HOUR(hour)}:00:00Z" for hour in range(11, 22)]
    assert client.get("/api/completeness").json()["counts"]["closed"] == 11
    again = client.post("/api/completeness/close", json=meant, headers=SAME)
    assert (again.status_code, again.json()["error"]) == (422, "pipeline.nothing_to_close")
    assert "/completeness" in again.json()["do"], "SQL has 35 days, the page all"
    assert client.post("/api/completeness/reopen", json=meant, headers=SAME).json()["hours"] == done["hours"]
    for wrong in ({}, {"machine": "M02"}, meant | {"hours": ["noon"]}, meant | {"why": " "}, meant | {"day": "x"}):
        assert client.post("/api/completeness/close", json=wrong, headers=SAME).status_code == 422


@pytest.mark.parametrize(
    ("action", "field"),
    [("close", "why"), *product(("close", "reopen"), ("machine", "hours", "day", "back"))],
)
def test_half_a_character_is_refused_and_repeated_as_an_escape(factory, browse, action, field):
    client = browse(factory, EVENING)
    meant = {"machine": "M02", "day": DAY, "why": "off"} | {field: ["\ud800"] if field == "hours" else "x\ud800"}
    sent = json.dumps(meant).encode()  # in ASCII: "\\ud800"
    headers = SAME | {"Content-Type": "application/json"}
    answer = client.post(f"/api/completeness/{action}", content=sent, headers=headers)
    assert answer.status_code in (404, 422) and answer.json()["error"] != "show.broken", answer.text
    assert "\\ud800" in answer.json()["what"]
    assert "closed" not in client.get("/api/completeness").json()["counts"]


@pytest.mark.parametrize("hour", ["0001-01-01T00", "9999-12-31T23", "1999-12-31T00", "2100-01-01T00"])
def test_an_hour_of_no_year_of_ours_is_refused(factory, browse, hour):
    client = browse(factory, EVENING)
    meant = {"machine": "M01", "hours": [hour], "why": "off"}
    for action in ("close", "reopen"):
        answer = client.post(f"/api/completeness/{action}", json=meant, headers=SAME)
        assert (answer.status_code, answer.json()["error"]) == (422, "show.no_hour")
        assert client.post(f"/completeness/{action}", data=meant, headers=SAME).status_code == 422
    assert client.get(f"/hours/M01/{hour}").status_code == 422


def test_closed_hours_make_the_panel_certain_and_change_no_number(factory, browse):
    client = browse(factory, EVENING)

    def machine():
        lines = client.get("/api/panel").json()["lines"]
        return next(one for line in lines for one in line["machines"] if one["machine"] == "M02")

    before = machine()
    assert before["provisional"]
    client.post("/api/completeness/close", json={"machine": "M02", "day": DAY, "why": "off"}, headers=SAME)
    assert machine() == before | {"provisional": False}


def test_what_leads_to_an_hour_is_no_way_out_of_it(tmp_path, browse):
    """Browsers take /hours/../M02 for /M02."""
    rows = "M01,L1,counted,none,\n../M02,L1,counted,none,2026-01-01\n"
    made = small.make(tmp_path, machines=f"machine,line,layout,stock,installed_on\n{rows}")
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made, EVENING)
    client = browse(made, EVENING)
    for path in ("/completeness", f"/hours/..%2FM02/{HOUR(11)}"):
        page = client.get(path).text
        assert 'href="/hours/..%2FM02/' in page and 'href="/hours/../' not in page


def test_an_hour_of_a_machine_with_a_slash_in_its_name(tmp_path, browse):
    made = small.make(tmp_path, machines="machine,line,layout,stock\nA/B,L1,counted,none\n")
    assert browse(made, EVENING).get(f"/api/hours/A/B/{HOUR(10)}").json()["machine"] == "A/B"
    assert browse(made, EVENING).get(f"/api/hours/A%2FB/{HOUR(10)}").json()["machine"] == "A/B"
