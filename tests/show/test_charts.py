"""Charts are drawn from the page's own numbers, in the reader's language, by what an installed package carries."""

import subprocess
import sys
import threading
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import factory as small
import pytest
from pages import LAN, browser, opened

from aponta.errors import TransientError
from aponta.show import charts
from aponta.show.chart import ChartLocale, vega_lite
from aponta.show.chart_routes import all_charts
from aponta.show.http import chart_script
from aponta.show.http.chart_script import ChartScript

EVENING = small.START + timedelta(hours=13)
DAY = "2026-03-02"
SCRIPT = b"export const embed = 1;"
NEW = """
import altair as alt
from pydantic import BaseModel
from aponta.show.chart import Chart

class Row(BaseModel):
    number: int

def load(context, number: int = 1) -> list[Row]:
    '''A number.'''
    return [Row(number=number)]

def draw(rows, locale):
    return alt.Chart(locale.data([row.model_dump() for row in rows])).mark_bar().encode(x="number:Q")

CHART = Chart("a_new_one", load, draw)
"""


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    made = small.make(tmp_path_factory.mktemp("evening"))
    for hour, quality in ((0, "A"), (1, "R"), (3, "T")):
        small.deliver(made, small.name("M01", hour), small.text("M01", small.steady(hour, quality=quality)))
    small.run(made, EVENING)
    return made


@pytest.fixture
def factory(evening, tmp_path):
    return small.copy_to(evening, tmp_path)


def asked(client, name):
    return client.get(f"/api/charts/{name}?machine=M01&day={DAY}")


def rows(definition):
    return [row for values in definition["datasets"].values() for row in values]


def test_the_output_chart_shows_the_numbers_of_the_page(factory, browse):
    client = browse(factory, EVENING)
    client.cookies.set("language", "en")
    page = client.get(f"/api/machines/M01?day={DAY}").json()
    drawn = rows(asked(client, "output").json())
    for quality in ("good", "scrap", "rework"):
        told = {row["hour"]: row["pieces"] for row in drawn if row.get("what") == quality}
        counted = {hour["hour"]: hour[quality] for hour in page["output"] if hour[quality]}
        assert {datetime.fromisoformat(hour): n for hour, n in told.items()} == {
            datetime.fromisoformat(hour): n for hour, n in counted.items()
        }
    ideal = [row["pieces"] for row in drawn if row.get("what") == "ideal"]
    assert ideal == [hour["ideal"] for hour in page["output"] if hour["ideal"]]
    unknown = {row["hour"][:16] for row in drawn if "what" not in row}
    assert {f"{DAY}T09:00", f"{DAY}T11:00"} <= unknown  # the factory's time


def test_the_losses_chart_shows_the_numbers_of_the_page(factory, browse):
    client = browse(factory, EVENING)
    steps = client.get(f"/api/machines/M01?day={DAY}").json()["losses"]
    drawn = rows(asked(client, "losses").json())
    told = [(row["from"] * 3_600_000, row["to"] * 3_600_000) for row in drawn]
    assert told == [pytest.approx((one["from_ms"], one["to_ms"])) for one in steps]


@pytest.mark.parametrize("name", [chart.name for chart in all_charts()])
def test_a_chart_speaks_the_readers_language_and_names_no_address(factory, browse, name):
    client = browse(factory, EVENING)
    told = {}
    for language in ("pt-BR", "en"):
        client.cookies.set("language", language)
        answer = asked(client, name)
        assert answer.headers["content-type"] == "application/json"
        told[language] = answer.text
        assert "http" not in answer.text and "show." not in answer.text
    assert told["en"] != told["pt-BR"]
    again = client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.name)
def test_a_chart_of_nothing_is_one(factory, chart):
    with opened(factory) as context:
        nothing = chart.load(context, "N01", date(2026, 3, 1))
        assert nothing == []
        assert "layer" in vega_lite(chart.draw(nothing, ChartLocale("en", factory.zone)))


def test_hours_that_the_clock_shows_twice_are_two():
    locale = ChartLocale("en", ZoneInfo("Europe/Lisbon"))
    twice = [locale.local_time(datetime.fromisoformat(f"2026-10-25T{hour}:00+00:00")) for hour in ("00", "01")]
    assert twice[0] != twice[1] and {one[11:16] for one in twice} == {"01:00"}


def test_a_chart_is_one_file(factory, tmp_path, monkeypatch):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "a_new_one.py").write_text(NEW)
    monkeypatch.setattr(charts, "__path__", [*charts.__path__, str(folder)])
    with opened(factory) as context, browser(context) as client:
        drawn = client.get("/api/charts/a_new_one?number=7").json()
        assert rows(drawn) == [{"number": 7}] and drawn["width"] == "container"
        assert client.get("/api/charts/a_new_one?number=x").status_code == 422
        assert "a_new_one" in client.get("/api/docs").text


def test_nobody_pays_for_charts_that_nobody_looks_at():
    """Neither the pages nor the charts themselves bring Altair or the converter into memory."""
    code = (
        "import sys, aponta.show.site as site; site.all_pages(); site.chart_routes.all_charts(); "
        "print(*{'altair', 'vl_convert', 'numpy', 'pandas', 'pyarrow'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_drawing_needs_none_of_the_extras():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('numpy', 'pandas', 'pyarrow', 'polars'))); "
        "from zoneinfo import ZoneInfo; from aponta.show.chart import ChartLocale, vega_lite; "
        "from aponta.show.charts import losses; "
        "steps = [losses.LossStep(name='run', ms=1, from_ms=0, to_ms=1)]; "
        "vega_lite(losses.draw(steps, ChartLocale('en', ZoneInfo('UTC')))); "
        "print('vl_convert' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


class Making:
    """Stands in for the process that takes seconds; the real one is tried in a real browser."""

    def __init__(self, made=(SCRIPT, "")):
        self.made, self.count = made, 0

    def __call__(self):
        self.count += 1
        return self.made


@pytest.fixture
def making(monkeypatch):
    making = Making()
    monkeypatch.setattr(chart_script, "_bundle", making)
    return making


def test_the_script_is_made_once_for_all_who_ask(tmp_path, making):
    one = ChartScript(tmp_path / "cache")
    got = []
    asking = [threading.Thread(target=lambda: got.append(one.script())) for _ in range(8)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert got == [SCRIPT] * 8 and making.count == 1
    assert ChartScript(tmp_path / "cache").script() == SCRIPT and making.count == 1  # after a restart, from the folder
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".js"]


def test_another_version_makes_another_script(tmp_path, making, monkeypatch):
    ChartScript(tmp_path).script()
    monkeypatch.setattr(chart_script, "version", lambda package: "99")
    ChartScript(tmp_path).script()
    assert making.count == 2


def test_where_nothing_can_be_written_it_is_kept_in_memory(tmp_path, making):
    (tmp_path / "cache").write_text("a file where the folder should be")
    one = ChartScript(tmp_path / "cache")
    assert one.script() == one.script() == SCRIPT and making.count == 1


def test_a_script_that_cannot_be_made_is_reported_and_retried_rarely(factory, making, monkeypatch):
    making.made = b"", "no memory left"
    with opened(factory) as context, browser(context) as client:
        answer = client.get("/api/charts/bundle.js")
        assert answer.status_code == 503 and "no memory left" in answer.json()["what"]
        assert client.get("/api/charts/bundle.js").status_code == 503 and making.count == 1
        assert client.get(f"/machines/M01?day={DAY}").is_success  # with its numbers
    monkeypatch.setattr(chart_script, "AGAIN_S", 0)
    one = ChartScript(factory.data / "cache")
    with pytest.raises(TransientError, match="no_charts"):
        one.script()
    making.made = SCRIPT, ""
    assert one.script() == SCRIPT


def test_a_missing_package_is_reported(tmp_path, monkeypatch):
    def gone(package):
        raise chart_script.PackageNotFoundError(package)

    monkeypatch.setattr(chart_script, "version", gone)
    with pytest.raises(TransientError, match="not installed"):
        ChartScript(tmp_path).script()


def test_a_failed_process_is_reported_with_its_reason(monkeypatch):
    monkeypatch.setattr(chart_script, "MAKE", "raise SystemExit('no such thing')")
    assert chart_script._bundle() == (b"", "no such thing")


def test_only_who_has_signed_in_has_anything_made(factory, making):
    with opened(factory) as context, browser(context, LAN) as client:
        assert client.get("/api/charts/bundle.js").status_code == 401
        assert asked(client, "output").status_code == 401
    assert making.count == 0


def test_the_script_is_revalidated(factory, making):
    with opened(factory) as context, browser(context) as client:
        first = client.get("/api/charts/bundle.js")
        assert first.headers["content-type"].startswith("text/javascript") and first.content == SCRIPT
        same = client.get("/api/charts/bundle.js", headers={"If-None-Match": first.headers["etag"]})
        assert same.status_code == 304 and "script-src 'self';" in same.headers["content-security-policy"]
