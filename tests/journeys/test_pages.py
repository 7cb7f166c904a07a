"""Every page as people see it, in both languages, on a phone and on a wall: nothing is broken, cut off, or shut to
somebody. A new page is visited because a link leads to it.
"""

import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser import new_page

from aponta.show.site import all_pages
from aponta.usecases.read.published import query
from aponta.words import LANGUAGES

pytestmark = pytest.mark.slow
WIDTHS = {"phone": (390, 844), "wall": (1920, 1080)}
NOWHERE = "/nowhere"
OTHERS = {"/login", "/api/docs", NOWHERE}  # that no module declares
TOO_WIDE = """() => {
  const page = document.documentElement;
  const hidden = (one) => one && (getComputedStyle(one).clipPath !== "none" || hidden(one.parentElement));
  const spills = (one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX === "visible" && !one.matches("thead, tbody, tr") && !one.ownerSVGElement
    && !hidden(one);
  const spilt = [...document.body.querySelectorAll("*")].filter(spills);
  const told = page.scrollWidth > page.clientWidth ? ["wider than the screen"] : [];
  return told.concat(spilt.slice(0, 3).map((one) => `wider than its place: ${one.outerHTML.slice(0, 90)}`));
}"""
SHUT_OUT = """async (options) => {
  const seen = {exclude: [".endpoint:nth-child(n+5)"]};  // of dozens of one form the first ones
  const found = await axe.run(seen, {resultTypes: ["violations"], ...options});
  const grave = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  return grave.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}"""
WORDS_ALONE = {"rules": {"color-contrast": {"enabled": False}}}
COLOURS_ALONE = {"runOnly": ["color-contrast"]}  # what takes axe longest
CONTROLS = """() => {
  const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const all = document.querySelectorAll(kinds);
  const open = [...all].filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled);
  open.forEach((one, number) => { one.dataset.number = number; });
  return open.map((one) => one.outerHTML.slice(0, 90));
}"""


@dataclass
class Site:
    pages: list[str]  # addresses, at least one of each kind
    links: set[str] = field(default_factory=set)


def kind(address: str) -> str:
    """/hours/M01/2026-03-02T10 -> /hours/{machine}/{hour}; /quarantine?machine=M01 -> /quarantine?machine."""
    split = urlsplit(address)
    page = next((one.path for one in all_pages() if fits(one.path, split.path)), split.path)
    asked = "&".join(sorted(parse_qs(split.query)))
    return page + (f"?{asked}" if asked else "")


def fits(declared_path: str, path: str) -> bool:
    """{name} is a part of a path, {name:path} all that is left of it."""
    return bool(re.fullmatch(re.sub(r"{\w+}", "[^/]+", re.sub(r"{\w+:path}", ".+", declared_path)), path))


@contextmanager
def visitor(browser: Any, cookies: list[dict[str, Any]], language: str, width: str = "wall") -> Iterator[Any]:
    wide, high = WIDTHS[width]
    page = new_page(browser, viewport={"width": wide, "height": high})
    same = {name: cookies[0][name] for name in ("domain", "path")}
    page.context.add_cookies([*cookies, {"name": "language", "value": language, **same}])
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def site(browser: Any, url: str, signed_in: list[dict[str, Any]], factory: Any) -> Site:
    """All that links lead to from the panel, and the files that have most to say."""
    worth_a_look = (
        "silver.files WHERE status = 'quarantined'",
        "silver.files WHERE trailer = 'wrong'",
        "silver.quarantine",
    )
    files = [query(factory, f"SELECT max(file_sha256) AS file FROM {one}")[0]["file"] for one in worth_a_look]
    ahead = deque(["/", *(f"/files/{file}" for file in files), "/login", NOWHERE])
    found = Site([*ahead])
    with visitor(browser, signed_in, "en") as page:
        while ahead:
            page.goto(url + ahead.popleft())
            for link in page.evaluate("[...document.links].map((one) => one.getAttribute('href'))"):
                assert not urlsplit(link).netloc, f"{page.url} leads outside, to {link}"
                assert link not in ("", "#"), f"a link of {page.url} leads nowhere"
                if link.startswith("#"):
                    assert page.evaluate("(name) => document.getElementById(name) !== null", link[1:]), link
                    continue
                found.links.add(link)
                if kind(link) not in map(kind, found.pages) and not link.endswith(".json"):
                    found.pages.append(link)
                    ahead.append(link)
    return found


def test_every_page_is_visited(site: Site) -> None:
    visited = {urlsplit(kind(address)).path for address in site.pages}
    assert visited >= {page.path for page in all_pages()} | OTHERS


def test_a_million_pieces_have_room(browser: Any, url: str, signed_in: list[dict[str, Any]]) -> None:
    with visitor(browser, signed_in, "pt-BR") as page:
        page.goto(url)
        page.evaluate("""document.querySelectorAll(".kpi dd").forEach((one, number) => {
            one.textContent = number % 2 ? "1.234.567" : "100,0%"; })""")
        for most in (5, 6, 15):
            page.evaluate(
                """(most) => { const all = document.querySelector(".cards");
                while (all.children.length < most) all.append(all.firstElementChild.cloneNode(true)); }""",
                most,
            )
            for width in (390, 1024, 1700, 1920):
                page.set_viewport_size({"width": width, "height": 1080})
                assert page.evaluate(TOO_WIDE) == [], f"{most} machines, {width} wide"


def test_every_link_is_answered(site: Site, browser: Any, url: str, signed_in: list[dict[str, Any]]) -> None:
    with visitor(browser, signed_in, "en") as page:
        answers = {link: page.request.get(url + link).status for link in site.links}
    assert {link: status for link, status in answers.items() if status != 200} == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_sound(
    site: Site, browser: Any, url: str, signed_in: list[dict[str, Any]], language: str, width: str
) -> None:
    """In light all that is known of accessible pages; dark has other colours, English other words alone."""
    wrong = []
    with visitor(browser, signed_in, language, width) as page:
        for address in site.pages:
            page.emulate_media(color_scheme="light")
            page.goto(url + address)
            assert page.locator("html").get_attribute("lang") == language
            told = page.evaluate(TOO_WIDE)
            page.evaluate(AXE_SCRIPT)
            told += page.evaluate(SHUT_OUT, WORDS_ALONE if language == "en" else {})
            page.emulate_media(color_scheme="dark")
            told += page.evaluate(TOO_WIDE)
            if language != "en":
                told += [f"dark: {one}" for one in page.evaluate(SHUT_OUT, COLOURS_ALONE)]
            told += [one for one in page.said if address != NOWHERE or "404" not in one]
            page.said.clear()
            wrong += [f"{address}: {one}" for one in told]
    assert wrong == []


def test_the_keyboard_reaches_everything(site: Site, browser: Any, url: str, signed_in: list[dict[str, Any]]) -> None:
    lost = []
    one_of_each = {urlsplit(kind(address)).path: address for address in site.pages}
    with visitor(browser, signed_in, "pt-BR") as page:
        for address in one_of_each.values():
            page.goto(url + address)
            controls = page.evaluate(CONTROLS)
            reached = list(walked(page, len(controls)))
            begins_elsewhere = page.locator("[autofocus]").count()
            assert begins_elsewhere or controls[int(reached[0])].startswith('<a class="skip"'), address
            lost += [f"{address}: {one}" for number, one in enumerate(controls) if str(number) not in reached]
            page.locator(".skip").focus()
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "main"
    assert lost == []


def walked(page: Any, most: int) -> Iterator[str]:
    """Tab by Tab, once round: the controls' numbers."""
    for _ in range(most + 1):
        page.keyboard.press("Tab")
        yield page.evaluate("document.activeElement.dataset.number ?? ''")
