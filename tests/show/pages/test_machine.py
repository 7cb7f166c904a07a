"""A machine's day says what SQL says, of any machine, on any day, and says plainly what it does not know."""

from datetime import timedelta
from urllib.parse import quote

import factory as small
import pytest

from aponta.usecases.read.published import query

EVENING = small.START + timedelta(hours=13)
NOON = small.START + timedelta(hours=2, minutes=10)
DAY = "2026-03-02"
MADE = "machine = 'M01' AND production_day = DATE '2026-03-02'"
PATH = f"/machines/M01?day={DAY}"


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    """Hour 0: two products. 1: half scrap and a rework. 2: missing. 3: a long stop. 4: another machine's file."""
    made = small.make(tmp_path_factory.mktemp("evening"))
    first = [*small.steady(0, 6), *(item for item in small.steady(0, product="Q")[6:])]
    second = [*small.steady(1, 11, first=13, quality="R")[:5], *small.steady(1, first=18)[5:]]
    second[-1] = small.Item(second[-1].at, second[-1].counter, quality="T")
    third = [item for item in small.steady(3) if not 1000 < item.at - 3 * 3600 < 3000]
    for hour, items in ((0, first), (1, second), (3, third)):
        small.deliver(made, small.name("M01", hour), small.text("M01", items))
    small.deliver(made, small.name("M01", 4), small.text("M02", small.steady(4)))
    small.deliver(made, small.name("M02", 0), small.text("M02", small.steady(0)))
    small.run(made, EVENING)
    return made


@pytest.fixture
def factory(evening, tmp_path):
    return small.copy_to(evening, tmp_path)


def test_figures_are_those_of_sql_and_of_the_panel(factory, browse):
    client = browse(factory, EVENING)
    told = client.get("/api" + PATH).json()
    (made,) = query(
        factory,
        "SELECT sum(pieces)::BIGINT AS produced, sum(pieces) FILTER (quality = 'good')::BIGINT AS good, sum(pieces) "
        "FILTER (quality = 'scrap')::BIGINT AS scrap, sum(pieces) FILTER (quality = 'rework')::BIGINT AS rework "
        f"FROM gold.production WHERE {MADE}",
    )
    (times,) = query(
        factory,
        "SELECT sum(ideal_ms_good) / sum(planned_ms - planned_down_ms - unknown_ms) AS oee, sum(run_ms) / "
        "sum(planned_ms - planned_down_ms - unknown_ms) AS availability, sum(ideal_ms_produced) / sum(run_ms) AS "
        f"effectiveness, sum(good) / sum(produced) AS quality FROM kpi.oee WHERE {MADE} AND shift IS NOT NULL",
    )
    assert {name: told[name] for name in made} == made and made["scrap"] == 5 and made["rework"] == 1
    for name, ratio in times.items():
        assert told[name] == pytest.approx(ratio, abs=1e-12), name
    assert told["oee"] != pytest.approx(told["availability"] * told["effectiveness"] * told["quality"], rel=0.01)
    assert 'class="oee about"' in client.get(PATH).text  # its scrap was of one of two products: no equation there
    assert 'class="oee"' in client.get(f"/machines/M02?day={DAY}").text
    (card,) = [
        one
        for line in client.get(f"/api/panel?day={DAY}").json()["lines"]
        for one in line["machines"]
        if one["machine"] == "M01"
    ]
    same = card.keys() & told.keys() - {"band"}
    assert {"oee", "ideal", "good", "provisional", "state"} <= same
    assert {name: told[name] for name in same} == {name: card[name] for name in same}


def test_hours_add_up_to_the_day(factory, browse):
    told = browse(factory, EVENING).get("/api" + PATH).json()
    hours = told["output"]
    assert [one["hour"][11:13] for one in hours] == [f"{hour:02d}" for hour in range(10, 22)]
    for name in ("good", "scrap", "rework", "unclassified"):
        assert sum(one[name] for one in hours) == told[name]
    assert round(sum(one["ideal"] or 0 for one in hours)) == told["ideal"]
    rows = query(factory, f"SELECT hour, sum(pieces)::BIGINT AS n FROM gold.production WHERE {MADE} GROUP BY hour")
    counted = {row["hour"]: row["n"] for row in rows}
    pieces = {one["hour"]: one["good"] + one["scrap"] + one["rework"] + one["unclassified"] for one in hours}
    assert {hour: n for hour, n in pieces.items() if n} == counted
    assert [one["state"] for one in hours[:5]] == ["known", "known", "missing", "known", "missing"]
    assert told["provisional"]


def test_the_ideal_is_that_of_the_product_in_force(factory, browse):
    """5 s of P, 10 s of Q: an hour of both is neither's; one of P alone is 3600 / 5, less its break."""
    first, second, *_ = browse(factory, EVENING).get("/api" + PATH).json()["output"]
    parts = query(
        factory,
        "SELECT product, (planned_ms - planned_down_ms - unknown_ms)::BIGINT AS ms FROM kpi.oee "
        f"WHERE {MADE} AND hour = TIMESTAMPTZ '2026-03-02 10:00:00+00'",
    )
    assert {row["product"] for row in parts} == {"P", "Q"}
    cycles = {"P": 5000, "Q": 10_000}
    assert first["ideal"] == pytest.approx(sum(row["ms"] / cycles[row["product"]] for row in parts))
    assert 0.9 * 45 * 60 / 5 < second["ideal"] <= 45 * 60 / 5


def test_losses_lead_from_the_planned_time_to_the_ideal_time_of_the_good_pieces(factory, browse):
    steps = browse(factory, EVENING).get("/api" + PATH).json()["losses"]
    (times,) = query(
        factory,
        "SELECT sum(planned_ms - unknown_ms)::BIGINT AS planned, sum(planned_down_ms)::BIGINT AS down, "
        "sum(stop_ms)::BIGINT AS stop, sum(run_ms)::BIGINT AS run, sum(ideal_ms_good)::BIGINT AS ideal_good "
        f"FROM kpi.oee WHERE {MADE} AND shift IS NOT NULL",
    )
    told = {one["name"]: one["ms"] for one in steps}
    assert {name: told[name] for name in times} == times
    assert [one["name"] for one in steps if one["from_ms"] == 0] == ["planned", "run", "ideal_good"]
    for before, after in zip(steps, steps[1:], strict=False):
        reached = after["to_ms"] if after["from_ms"] == 0 else after["from_ms"]
        assert abs(before["to_ms"] - reached) < 10  # milliseconds are cut off, row by row
    assert told["planned"] == 3 * 3_600_000 and told["down"] == 15 * 60_000


def test_stops_are_those_of_the_day_and_add_up(factory, browse):
    told = browse(factory, EVENING).get("/api" + PATH).json()
    (times,) = query(
        factory,
        "SELECT sum(stop_ms)::BIGINT AS stop, sum(micro_stop_ms)::BIGINT AS micro_stop, sum(setup_ms)::BIGINT AS "
        f"changeover FROM kpi.oee WHERE {MADE} AND shift IS NOT NULL",
    )
    sums = {one["kind"]: one["ms"] for one in told["stops_of_kind"]}
    for kind, ms in times.items():
        assert sums.get(kind, 0) == pytest.approx(ms, abs=10), kind
    assert told["stops_ms"] == sum(sums.values())
    assert told["stops_count"] == sum(one["count"] for one in told["stops_of_kind"]) > len(told["stops"]) == 25
    lengths = [one["ms"] for one in told["stops"]]
    assert lengths == sorted(lengths, reverse=True)
    assert told["stops"][0]["kind"] == "stop" and told["stops"][0]["start"].startswith("2026-03-02T13:14")


def test_files_lead_to_their_receipts(factory, browse):
    client = browse(factory, EVENING)
    files = client.get("/api" + PATH).json()["files"]
    assert [(one["name"], one["refused"]) for one in files] == [
        *((small.name("M01", hour), None) for hour in (0, 1, 3)),
        (small.name("M01", 4), "wrong_machine"),
    ]
    assert [one["records"] for one in files] == [12, 12, 5, 0]
    page = client.get(PATH).text
    assert all(f'href="/files/{one["sha256"]}"' in page for one in files)
    small.deliver(
        factory, small.name("M01", 0, " again"), (factory.folder / "landing/0" / files[0]["name"]).read_bytes()
    )
    small.run(factory, EVENING)
    assert client.get("/api" + PATH).json()["files"][0]["arrivals"] == 2


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("pt-BR", ["9 horas não têm arquivo", "provisório", "Para onde foi o tempo planejado", "ISO 22400"]),
        ("en", ["9 hours have no file", "provisional", "Where the planned time went", "ISO 22400"]),
    ],
)
def test_in_both_languages(factory, browse, language, said):
    client = browse(factory, EVENING)
    client.cookies.set("language", language)
    page = client.get(PATH).text
    assert f'lang="{language}"' in page and "show." not in page
    for words in said:
        assert words in page
    for hour in (12, 14):
        assert f'href="/hours/M01/2026-03-02T{hour}"' in page


def test_an_open_hour_is_marked(factory, browse):
    small.deliver(factory, small.name("M02", 2), small.text("M02", small.steady(2, 6), trailer=False))
    now = small.START + timedelta(hours=2, minutes=30)
    small.run(factory, now)
    client = browse(factory, now)
    client.cookies.set("language", "en")
    told = client.get(f"/api/machines/M02?day={DAY}").json()
    assert told["provisional"] and told["is_today"] and told["following"] is None
    assert "open" in {one["state"] for one in told["output"]}
    assert told["output"][-1]["state"] == "future"
    assert "still open" in client.get("/machines/M02").text


def test_hours_that_nobody_waits_for_are_unknown_and_change_nothing(factory, browse):
    """A person closed one; the others lie before the machine's first file."""
    client = browse(factory, EVENING)
    said = {"machine": "M01", "hours": ["2026-03-02T12"], "why": "off", "back": DAY}
    assert client.post("/api/completeness/close", json=said, headers={"Origin": "http://127.0.0.1"}).is_success
    states = [one["state"] for one in client.get("/api" + PATH).json()["output"]]
    assert states[:5] == ["known", "known", "unknown", "known", "missing"]
    late = small.make(factory.folder.parent / "late")
    small.deliver(late, small.name("M01", 2), small.text("M01", small.steady(2)))
    now = small.START + timedelta(hours=3, minutes=5)
    small.run(late, now)
    told = browse(late, now).get("/api" + PATH).json()
    assert [one["state"] for one in told["output"]][:4] == ["unknown", "unknown", "known", "future"]
    assert not told["provisional"]


def test_a_machine_that_never_reported(factory, browse):
    client = browse(factory, EVENING)
    told = client.get(f"/api/machines/N01?day={DAY}").json()
    assert (told["state"], told["oee"], told["output"], told["files"]) == ("never", None, [], [])
    assert told["machine_before"] == "M02" and told["machine_after"] is None
    page = client.get(f"/machines/N01?day={DAY}").text
    assert "Ainda não veio nenhum arquivo" in page and "layout uncounted" in page
    assert "data-chart" not in page


def test_a_day_without_facts(factory, browse):
    client = browse(factory, EVENING)
    assert "Nada neste dia" in client.get("/machines/M01?day=2026-03-01").text
    assert client.get("/machines/M01?day=2031-01-01").is_success


def test_without_a_calendar_pieces_are_counted_and_there_is_no_oee(tmp_path, browse):
    made = small.make(tmp_path, calendar="")
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made, EVENING)
    client = browse(made, EVENING)
    told = client.get("/api" + PATH).json()
    assert (told["good"], told["oee"], told["losses"]) == (12, None, [])
    assert not told["has_shift"] and not told["has_calendar"]
    page = client.get(PATH).text
    assert 'class="oee' not in page and 'class="band"' not in page
    assert "calendar.toml" in page and "/api/charts/losses" not in page and "/api/charts/output" in page


def test_work_outside_the_shifts_is_counted(tmp_path, browse):
    made = small.make(tmp_path, calendar=small.CALENDAR + 'days = "tue"\n')
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made, EVENING)
    client = browse(made, EVENING)
    told = client.get("/api" + PATH).json()
    assert (told["good"], told["has_shift"], told["has_calendar"]) == (12, False, True)
    assert "Sem turno neste dia" in client.get(PATH).text


def test_without_an_ideal_cycle_the_losses_end_at_the_run(tmp_path, browse):
    made = small.make(tmp_path, ideal_cycles="machine,product,ideal_cycle_s\n")
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made, EVENING)
    client = browse(made, EVENING)
    told = client.get("/api" + PATH).json()
    assert told["ideal"] is None and told["oee"] is None and told["losses"][-1]["name"] == "run"
    assert "sem ciclo ideal" in client.get(PATH).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/machines/M99", 404),
        ("/machines/%3Cscript%3E", 404),
        ("/machines/M01?day=yesterday", 422),
        ("/machines/M01?day=0001-01-01", 422),
        ("/machines/M01?day=9999-12-31", 422),
        ("/charts/output?machine=M99", 404),
        ("/charts/losses?machine=M99", 404),
        ("/charts/output", 422),
        ("/charts/none", 404),
    ],
)
def test_an_unknown_address_is_refused(factory, browse, path, status):
    client = browse(factory, EVENING)
    answer = client.get("/api" + path)
    assert answer.status_code == status and answer.json()["do"]
    if path.startswith("/machines"):
        page = client.get(path)
        assert page.status_code == status and "<script>" not in page.text


@pytest.mark.parametrize("name", ["A/B", "Prensa nº 1", "100%", "a?b#c&d", "'\"><b>", "../hours"])
def test_any_name_has_its_page(tmp_path, browse, name):
    quoted = name.replace('"', '""')
    made = small.make(
        tmp_path, machines=f'machine,line,layout,stock\nM01,L1,counted,none\n"{quoted}",L1,counted,none\n'
    )
    client = browse(made, EVENING)
    panel = client.get("/").text
    address = f"/machines/{quote(name, safe='')}"
    assert f'href="{address}"' in panel
    assert f'href="{address}?day=2026-03-01"' in client.get("/machines/M01?day=2026-03-01").text
    assert client.get("/api" + address).json()["machine"] == name
    assert "<b>" not in client.get(address).text.replace("<b>–</b>", "")


def test_machines_are_reached_from_panel_and_board(factory, browse):
    client = browse(factory, EVENING)
    assert 'href="/machines/M01"' in client.get("/").text
    assert 'href="/machines/M01?day=2026-03-01"' in client.get("/?day=2026-03-01").text
    for board in ("/completeness", "/completeness/week"):
        assert f'href="{PATH}"' in client.get(board).text
