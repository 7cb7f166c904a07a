"""In a real browser: charts are really drawn, under the policy of every page, light and dark, on a phone and a wall."""

import time
from datetime import UTC, datetime, timedelta

import factory as small
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import free_port, opened, up
from playwright.sync_api import expect

DAY = "2026-03-02"
SIZES = {"phone": {"width": 390, "height": 844}, "wall": {"width": 1920, "height": 1080}}
SETTINGS = small.SETTINGS.replace("stable_seconds = 0", "stable_seconds = 0\npoll_seconds = 0.2")
SOON = 30_000  # ms, on a busy computer
WRITTEN = {"pt-BR": ("peças", "ideal", "sem dados"), "en": ("pieces", "ideal", "no data")}
COLOUR = "one => getComputedStyle(one).fill"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drawn")]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Pages of a factory with a day of two products, scrap, stops, a missing hour and a refused file."""
    made = small.make(tmp_path_factory.mktemp("factory"))
    for hour, quality in ((0, "A"), (1, "R"), (3, "A"), (5, "T")):
        items = [small.Item(hour * 3600 + 6 * n, 1 + 600 * hour + n, quality=quality) for n in range(500)]
        small.deliver(made, small.name("M01", hour), small.text("M01", items))
    small.deliver(made, small.name("M01", 4), small.text("M02", small.steady(4)))
    small.run(made)
    with up(made.folder, free_port(), "serve") as address:
        yield address


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("theme", "language"), [("light", "pt-BR"), ("dark", "en")])
def test_charts_are_drawn(url, size, theme, language):
    with opened(viewport=SIZES[size], color_scheme=theme) as page:
        page.context.add_cookies([{"name": "language", "value": language, "url": url}])
        page.goto(f"{url}/machines/M01?day={DAY}")
        output, losses = page.locator("#figure-output .plot"), page.locator("#figure-losses .plot")
        steps = page.locator("#numbers-losses tbody tr").count()
        expect(losses.locator("svg .mark-rect path")).to_have_count(steps, timeout=SOON)  # the script is made first
        cells = page.locator("#numbers-output tbody td:not(:last-child)").all_text_contents()
        expect(output.locator("svg .layer_2_marks path")).to_have_count(sum(one not in ("0", "–") for one in cells))
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [SIZES[size]["width"]] * 2
        for place in (output, losses):
            inside = place.evaluate(
                "one => one.querySelector('svg').getBoundingClientRect().width <= one.clientWidth + 1"
            )
            assert inside, "a chart is wider than its place"
        for text in WRITTEN[language]:
            expect(output.locator("svg text", has_text=text).first).to_be_attached()
        serious = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in serious] == []
        assert page.said == []


def test_colours_follow_the_theme(url):
    with opened(viewport=SIZES["wall"], color_scheme="light") as page:
        page.goto(f"{url}/machines/M01?day={DAY}")
        bar = page.locator("#figure-losses svg .mark-rect path").last
        light = bar.evaluate(COLOUR)
        page.locator("#theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        dark = bar.evaluate(COLOUR)
        assert light != dark and "rgb" in light and "rgb" in dark
        assert dark == page.locator("#day .band .k-run").first.evaluate(COLOUR)
        assert page.said == []


def test_where_no_chart_can_be_drawn_its_numbers_are_opened(url):
    with opened() as page:
        page.route("**/api/charts/bundle.js", lambda route: route.fulfill(status=503, body="{}"))
        page.goto(f"{url}/machines/M01?day={DAY}")
        expect(page.locator("#numbers-output")).to_be_visible()
        expect(page.locator("#figure-losses > .note")).to_be_visible()
        expect(page.locator("#figure-losses .plot")).to_be_hidden()


def test_an_open_chart_follows_the_facts(tmp_path):
    always = '[[shift]]\nname = "1"\nstart = "00:00"\nend = "00:00"\ndays = "mon-sun"\n'
    made = small.make(tmp_path, aponta=SETTINGS, calendar=always)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    after = int((hour - small.START).total_seconds() // 3600)
    with opened(viewport=SIZES["wall"]) as page, up(tmp_path, free_port()) as url:
        page.goto(f"{url}/machines/M01?day={(hour - small.BEHIND_UTC).date()}")
        expect(page.locator(".empty")).to_be_visible()
        bar = page.locator("#figure-output svg .layer_2_marks path")
        heights = []

        def height():
            box = bar.bounding_box() if bar.count() else None  # while it is drawn anew there is none
            return box["height"] if box else 0

        for pieces in (100, 300):
            items = [small.Item(after * 3600 + 6 * n, 1 + n) for n in range(pieces)]
            small.deliver(made, small.name("M01", after), small.text("M01", items))
            expect(page.locator("#numbers-output tfoot .number").first).to_have_text(str(pieces), timeout=SOON)
            deadline = time.monotonic() + SOON / 1000
            while height() <= 2 * sum(heights):
                assert time.monotonic() < deadline, page.locator("#figure-output").evaluate("one => one.outerHTML")
                page.wait_for_timeout(100)
            heights.append(height())
        assert heights[1] == pytest.approx(3 * heights[0], rel=0.05)
        assert page.said == []
