"""The panel shows what SQL says, on any day, of any factory."""

import re
from datetime import timedelta

import factory as small
import pytest

from aponta.usecases.read.published import query

NOON = small.START + timedelta(hours=2, minutes=10)  # two hours were reported


@pytest.fixture(scope="module")
def noon(tmp_path_factory):
    made = small.make(tmp_path_factory.mktemp("noon"))
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.deliver(made, small.name("M01", 1), small.text("M01", small.steady(1, quality="R")))
    small.deliver(made, small.name("M02", 0), small.text("M02", small.steady(0)))
    small.run(made, NOON)
    return made


@pytest.fixture
def factory(noon, tmp_path):
    return small.copy_to(noon, tmp_path)


def machines(answer):
    return {one["machine"]: one for line in answer["lines"] for one in line["machines"]}


def test_numbers_are_those_of_sql(factory, browse):
    told = machines(browse(factory, NOON).get("/api/panel").json())
    made = query(
        factory,
        "SELECT machine, coalesce(sum(pieces) FILTER (quality = 'good'), 0)::BIGINT AS good, "
        "sum(pieces)::BIGINT AS produced, coalesce(sum(pieces) FILTER (quality = 'scrap'), 0)::BIGINT AS scrap "
        "FROM gold.production WHERE production_day = DATE '2026-03-02' GROUP BY machine ORDER BY machine",
    )
    times = query(
        factory,
        "SELECT machine, sum(ideal_ms_good) / sum(planned_ms - planned_down_ms - unknown_ms) AS oee, "
        "sum(planned_ms - planned_down_ms - unknown_ms)::BIGINT AS busy FROM kpi.oee GROUP BY machine ORDER BY machine",
    )
    for name, pieces, time in zip(("M01", "M02"), made, times, strict=True):
        assert {key: told[name][key] for key in pieces} == pieces
        assert time["machine"] == name
        assert told[name]["oee"] == pytest.approx(time["oee"], abs=1e-12)
        assert told[name]["busy_ms"] == time["busy"]


def test_a_line_adds_its_machines_and_divides_then(factory, browse):
    (line,) = browse(factory, NOON).get("/api/panel").json()["lines"]
    (times,) = query(
        factory,
        "SELECT sum(ideal_ms_good) / sum(planned_ms - planned_down_ms - unknown_ms) AS oee, sum(good)::BIGINT AS good "
        "FROM kpi.oee",
    )
    assert line["oee"] == pytest.approx(times["oee"], abs=1e-12)
    assert line["good"] == times["good"] == 24


def test_states_are_as_the_last_reported_hour_left_them(factory, browse):
    told = machines(browse(factory, NOON).get("/api/panel").json())
    assert told["M01"]["state"] == "stopped"  # items 290 s apart: it ends in a gap
    assert told["M02"]["state"] == "stopped"  # its second file is not due yet
    assert told["N01"]["state"] == "never" and told["N01"]["oee"] is None
    later = machines(browse(factory, NOON + timedelta(minutes=10)).get("/api/panel").json())
    assert later["M02"]["state"] == "no_data" and later["M02"]["since"] == "2026-03-02T11:00:00Z"
    evening = machines(browse(factory, small.START + timedelta(hours=13)).get("/api/panel?day=2026-03-02").json())
    assert evening["M01"]["state"] == "off"


def test_the_band_has_no_gap(factory, browse):
    answer = browse(factory, NOON).get("/api/panel").json()
    for one in machines(answer).values():
        ends = [answer["start"], *(stretch["end"] for stretch in one["band"])]
        assert [stretch["start"] for stretch in one["band"]] == ends[:-1]
        assert ends[-1] == answer["end"]


@pytest.mark.parametrize(
    ("language", "number", "word"), [("pt-BR", "50,0%", "refugo"), ("en", "50.0%", "scrap")], ids=["pt-BR", "en"]
)
def test_in_both_languages(factory, browse, language, number, word):
    client = browse(factory, NOON)
    client.cookies.set("language", language)
    page = client.get("/").text
    assert f'lang="{language}"' in page and word in page
    assert "show." not in page  # no key without its words
    assert number in page  # M01: half of its pieces are scrap


def test_a_few_items_in_the_night_make_no_day(tmp_path, browse):
    """Friday's shift; its last items come in the night to Saturday, when nobody works."""
    made = small.make(tmp_path)
    friday = 4 * 24
    small.deliver(made, small.name("M01", friday), small.text("M01", small.steady(friday)))
    night = [small.Item((friday + 20) * 3600 + n, 9000 + n) for n in range(4)]
    small.deliver(made, small.name("M01", friday + 20), small.text("M01", night))
    sunday = small.START + timedelta(days=6)
    small.run(made, sunday)
    days = query(made, "SELECT production_day AS day, shift FROM gold.production GROUP BY ALL ORDER BY 1")
    assert [(row["day"], row["shift"]) for row in days] == [("2026-03-06", "1"), ("2026-03-07", None)]
    for page in ("panel", "machines/M01"):
        assert browse(made, sunday).get(f"/api/{page}").json()["day"] == "2026-03-06", page


def test_a_day_outside_every_shift_is_shown_where_there_is_no_other(tmp_path, browse):
    made = small.make(tmp_path, calendar="")
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made, NOON)
    assert browse(made, NOON + timedelta(days=3)).get("/api/panel").json()["day"] == "2026-03-02"


@pytest.mark.parametrize(
    ("language", "no_calendar", "no_shift", "no_ideal", "nothing"),
    [
        ("pt-BR", "sem turno para esta linha", "sem turno neste dia", "sem ciclo ideal", "nada produzido"),
        ("en", "no shift of this line", "no shift on this day", "no ideal cycle", "nothing made"),
    ],
)
def test_why_there_is_no_ideal(tmp_path, browse, language, no_calendar, no_shift, no_ideal, nothing):
    machines = small.MACHINES.replace("M02,L1", "M02,L2")
    calendar = small.CALENDAR + 'lines = ["L1"]\n'
    made = small.make(
        tmp_path, machines=machines, calendar=calendar, ideal_cycles="machine,product,ideal_cycle_s\n*,Q,5\n"
    )
    for machine in ("M01", "M02"):
        small.deliver(made, small.name(machine, 0), small.text(machine, small.steady(0)))
    small.run(made, NOON)
    client = browse(made, NOON)
    client.cookies.set("language", language)

    def said(day):
        page = client.get(f"/?day={day}").text
        cards = re.findall(r'<li class="card.*?</li>', page, re.DOTALL)
        return [re.search(r'<p class="of">(.*?)</p>', card)[1] for card in cards]  # M01 and N01 of L1, M02 of L2

    assert said("2026-03-02") == [no_ideal, nothing, no_calendar]
    assert said("2026-03-01") == [no_shift, no_shift, no_calendar]  # a Sunday


@pytest.mark.parametrize(("language", "one", "many"), [("pt-BR", "boa", "boas"), ("en", "good piece", "good pieces")])
def test_a_line_of_one_good_piece_has_the_singular(tmp_path, browse, language, one, many):
    made = small.make(tmp_path)
    for machine, pieces in (("M01", 1), ("M02", 1)):
        small.deliver(made, small.name(machine, 0), small.text(machine, small.steady(0, pieces)))
        small.run(made, NOON)
        client = browse(made, NOON)
        client.cookies.set("language", language)
        assert (
            f"<b>{1 if machine == 'M01' else 2}</b> {one if machine == 'M01' else many}</span>" in client.get("/").text
        )


def test_nothing_came_yet(tmp_path, browse):
    answer = browse(small.make(tmp_path), NOON).get("/")
    assert answer.status_code == 200 and "sem arquivo ainda" in answer.text


def test_no_machines_yet(tmp_path, browse):
    made = small.make(tmp_path, machines="machine,line,layout,stock\n")
    assert "machines.csv" in browse(made, NOON).get("/").text


def test_a_day_without_facts(factory, browse):
    assert browse(factory, NOON).get("/?day=2031-01-01").status_code == 200
    for day in ("yesterday", "0001-01-01", "9999-12-31"):
        assert browse(factory, NOON).get(f"/?day={day}").status_code == 422


def test_hostile_names_stay_text(tmp_path, browse):
    rows = 'machine,name,line,layout,stock\nM01,"<script>alert(1)</script>",\'"><b>,counted,finished\n'
    page = browse(small.make(tmp_path, machines=rows), NOON).get("/").text
    assert "<script>alert" not in page and "<b>" not in page.replace("<b>–</b>", "").replace("<b>0</b>", "")


def test_the_configuration_is_read_as_it_is_now(factory, browse):
    client = browse(factory, NOON)
    assert "Test" in client.get("/").text
    (factory.folder / "aponta.toml").write_text("[factory]\nname = 3\n", encoding="utf-8")
    broken = client.get("/api/panel")
    assert broken.status_code == 422 and "aponta.toml" in broken.json()["what"]
    assert client.get("/?day=2026-03-01").status_code == 422
