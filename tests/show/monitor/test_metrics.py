"""/metrics, read by the strict rules of Prometheus' text format 0.0.4 and held against what `aponta sql` says."""

import re
from datetime import timedelta

import factory as small
import pytest
from pages import RESTART, Clock, browser, opened

from aponta.ops.heartbeat import Heartbeat, LastPass
from aponta.show.monitor.metrics import MetricFamily, exposition
from aponta.usecases.read.published import query

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?P<value>(?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)')
UNITS = ("_seconds", "_bytes", "_total")


def parse(text):
    """(name, labels) -> value. Raises AssertionError where Prometheus would refuse, or promtool warn."""
    assert text.endswith("\n") and "\r" not in text
    found, kinds, helped, last = {}, {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            _, _, name, words = line.split(" ", 3)
            assert NAME.fullmatch(name) and name not in helped and words.endswith(".")
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name in helped and name not in kinds and kind in ("counter", "gauge")
            assert name.endswith("_total") is (kind == "counter")
            kinds[name], last = kind, name
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            assert sample["name"] == last, "a name's samples stand together, after its type"
            labels = []
            rest = sample["labels"] or ""
            while rest:
                label = LABEL.match(rest)
                assert label, rest
                labels.append((label["name"], label["value"]))
                rest = rest[label.end() :]
            assert len({name for name, _ in labels}) == len(labels)
            key = (sample["name"], *labels)
            assert key not in found, "twice"
            value = float(sample["value"])
            assert kinds[last] == "gauge" or value >= 0
            found[key] = value
    assert kinds.keys() == helped == {name for name, *_ in found}
    assert all(name.startswith("aponta_") for name in kinds)
    return found


@pytest.fixture(scope="module")
def three_hours(tmp_path_factory):
    factory = small.make(tmp_path_factory.mktemp("three_hours"))
    for hour in range(3):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.deliver(factory, small.name("M02", 0), small.text("M02", small.steady(0)).replace(b";5\r\n", b";x\r\n", 2))
    small.run(factory)
    return factory


@pytest.fixture
def shop(three_hours, tmp_path):
    return small.copy_to(three_hours, tmp_path)


def test_numbers_are_those_of_sql(shop):
    clock = Clock()
    heart = Heartbeat(shop.data, 5, clock)
    heart.begin()
    heart.idle(LastPass("r", clock(), 1, 2.5, 5))
    clock.now += timedelta(seconds=7)
    with opened(shop, clock) as context:
        there = browser(context, restart=RESTART)
        for _ in range(3):
            there.get("/")
        there.get("/nope")
        answer = there.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = parse(answer.text)
    files = query(shop, "SELECT status, count(*) AS n FROM silver.files GROUP BY status")
    assert {row["status"] for row in files} == {"new", "duplicate"}
    assert all(found["aponta_files_total", ("status", row["status"])] == row["n"] for row in files)
    [rows] = query(shop, "SELECT sum(records)::INT AS r, sum(quarantined)::INT AS q FROM silver.files")
    assert found["aponta_rows_total", ("outcome", "record")] == rows["r"] > 0
    assert found["aponta_rows_total", ("outcome", "quarantined")] == rows["q"] == 2
    assert found["aponta_items",] == query(shop, "SELECT count(*) AS n FROM silver.items")[0]["n"]
    assert found["aponta_quarantined_open", ("machine", "M02")] == 2
    assert found["aponta_quarantined_open", ("machine", "M01")] == 0
    states = query(shop, "SELECT state, count(*) AS n FROM gold.stock_declarations GROUP BY state")
    main = ("destination", "main")
    assert all(found["aponta_stock_declarations", main, ("state", row["state"])] == row["n"] for row in states)
    assert found["aponta_stock_oldest_waiting_seconds", main] == 0
    assert found["aponta_last_pass_seconds",] == 2.5 and found["aponta_last_pass_age_seconds",] == 7
    assert found["aponta_watcher_up",] == 1 and found["aponta_files_waiting",] == 0
    assert found["aponta_page_requests_total", ("page", "/"), ("status", "200")] == 3
    assert found["aponta_page_requests_total", ("page", "other"), ("status", "404")] == 1
    assert found["aponta_page_seconds_total", ("page", "/")] > 0
    assert found["aponta_process_resident_memory_bytes",] > 10_000_000
    assert {value for (name, *_), value in found.items() if name == "aponta_healthy"} == {1}


def test_what_waits_for_stock_has_an_age(tmp_path):
    factory = small.make(tmp_path, aponta=small.SETTINGS.replace("[stock]", '[stock]\nurl = "nowhere/stock.db"'))
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(factory)
    with opened(factory, Clock(small.WEEK_LATER + timedelta(hours=2))) as context:
        found = parse(browser(context).get("/metrics").text)
    assert found["aponta_stock_oldest_waiting_seconds", ("destination", "main")] == 7200


def test_metrics_that_cannot_be_read_are_left_out_and_reported(shop):
    (shop.lake_folder / "published.json").write_text("{")
    with opened(shop) as context:
        found = parse(browser(context).get("/metrics").text)
    assert found["aponta_healthy", ("check", "lake")] == 0 and found["aponta_healthy", ("check", "database")] == 1
    assert not any(name == "aponta_items" for name, *_ in found) and found["aponta_files_waiting",] == 0


def test_before_anything_was_made(tmp_path):
    with opened(small.make(tmp_path)) as context:
        found = parse(browser(context, restart=RESTART).get("/metrics").text)
    assert found["aponta_items",] == 0 and found["aponta_watcher_up",] == 0


def test_a_label_may_be_any_text():
    text = exposition([MetricFamily("x", "gauge", "Help.", [({"machine": 'a"b\\c\nd'}, 1)])])
    assert text == '# HELP aponta_x Help.\n# TYPE aponta_x gauge\naponta_x{machine="a\\"b\\\\c\\nd"} 1\n'
    assert parse(text) == {("aponta_x", ("machine", 'a\\"b\\\\c\\nd')): 1}


@pytest.mark.parametrize(
    "text",
    [
        "aponta_x 1\n",
        "# HELP aponta_x Help.\n# TYPE aponta_x counter\naponta_x 1\n",
        "# HELP aponta_x Help.\n# TYPE aponta_x gauge\naponta_x 1",
    ],
)
def test_the_parser_is_strict(text):
    with pytest.raises(AssertionError):
        parse(text)
