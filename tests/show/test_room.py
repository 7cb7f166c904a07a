"""In a real browser: names however long, and a wall however full, stay in their places."""

import factory as small
import pytest
from browser import free_port, launched, new_page, up

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("room")]
LONG = "M" * 59 + "1"
DAY = "2026-03-02"


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    """Fifteen machines of one line, one with a code of sixty letters; a browser beside them."""
    codes = [LONG, *(f"M{number:02}" for number in range(2, 16))]
    machines = "machine,line,layout,stock\n" + "".join(f"{code},L1,counted,finished\n" for code in codes)
    made = small.make(tmp_path_factory.mktemp("wall"), machines=machines, aponta=_spoken("pt-BR"))
    for machine in ("M02", "M03"):
        small.deliver(made, small.name(machine, 0), small.text(machine, small.steady(0)))
    small.run(made)
    with up(made.folder, free_port(), "serve") as url, launched() as browser:
        yield url, browser


def _spoken(language):
    return small.SETTINGS.replace("[landing]", f'language = "{language}"\n[landing]')


def looked_at(wall, width, path):
    url, browser = wall
    page = new_page(browser, viewport={"width": width, "height": 844})
    page.goto(url + path)
    return page


@pytest.mark.parametrize(
    "path",
    [
        f"/machines/{LONG}?day={DAY}",
        f"/machines/M02?day={DAY}",  # the long one is a neighbour
        f"/hours/{LONG}/{DAY}T10",
        f"/completeness/close?machine={LONG}&day={DAY}",
        f"/completeness?day={DAY}",
        f"/?day={DAY}",
    ],
)
def test_a_long_code_does_not_widen_a_phones_page(wall, path):
    page = looked_at(wall, 390, path)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_a_phone_the_names_of_pages_stand_in_one_line(wall):
    page = looked_at(wall, 390, f"/completeness?day={DAY}")  # the longest name, in bold
    tops = page.locator(".top nav a").evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
    assert len(tops) >= 4 and len(set(tops)) == 1
    heights = page.locator(".top nav a").evaluate_all("all => all.map((one) => one.getClientRects().length)")
    assert set(heights) == {1}


@pytest.mark.parametrize(("machine", "beneath"), [("M02", "form.ask"), ("M04", ".empty")])
def test_the_heading_of_closing_keeps_off_the_box_beneath(wall, machine, beneath):
    page = looked_at(wall, 390, f"/completeness/close?machine={machine}&day={DAY}")
    heading, box = (page.locator(one).bounding_box() for one in ("h1", beneath))
    assert box["y"] - (heading["y"] + heading["height"]) >= 12


def test_on_a_wall_a_state_takes_one_line(wall):
    page = looked_at(wall, 1920, f"/?day={DAY}")
    states = page.locator(".card .state")
    texts = states.all_text_contents()
    assert len(texts) == 15 and {"fora de turno", "sem arquivo ainda"} <= set(texts)
    lines = "all => all.map((one) => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight))"
    assert max(states.evaluate_all(lines)) < 1.5
    inside = "all => all.every((one) => one.scrollWidth <= one.clientWidth + 1)"
    assert page.locator(".card").evaluate_all(inside)
