"""The site as it is read from a folder, without internet: every page is reached, every link lands, search finds."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from source import REPO

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "form": "action"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
OUTSIDE = re.compile(r"^(?:https?:)?//")


@dataclass
class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors in it."""

    html: str
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.anchors.add(told.get("id") or "")
        if tag == "a" and told.get("href"):
            self.links.add(told["href"])
        if told.get(LOADED.get(tag, "")):
            self.loads.add(told[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does: a warning is an error."""
    built = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-nWq", "--keep-going", "-d", str(built / ".made"), "docs", str(built)]
    done = subprocess.run(build, cwd=REPO, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def inner(page: Path, links: set[str]) -> list[tuple[str, Path, str]]:
    """(link, file, anchor) of those that stay in the site."""
    split = [(link, urlsplit(link)) for link in links]
    return [
        (link, (page.parent / unquote(one.path)).resolve() if one.path else page, unquote(one.fragment))
        for link, one in split
        if not one.scheme and not one.netloc
    ]


def test_every_page_is_reached_from_the_first(site: Path, pages: dict[Path, Page]) -> None:
    reached, ahead = set(), [site / "index.html"]
    while ahead:
        page = ahead.pop()
        if page in pages and page not in reached:
            reached.add(page)
            ahead += [target for _, target, _ in inner(page, pages[page].links | pages[page].loads)]
    assert pages.keys() - reached == set()
    written = {path.relative_to(REPO / "docs").with_suffix(".html") for path in (REPO / "docs").rglob("*.md")}
    assert {site / page for page in written} - reached == set(), "a page was written and is not in the site"


def test_every_link_lands(pages: dict[Path, Page]) -> None:
    lost = [
        f"{page.name}: {link}"
        for page, told in pages.items()
        for link, target, anchor in inner(page, told.links | told.loads)
        if not target.is_file() or (anchor and target in pages and anchor not in pages[target].anchors)
    ]
    assert lost == []


def test_nothing_is_loaded_from_the_internet(site: Path, pages: dict[Path, Page]) -> None:
    assert {load for page in pages.values() for load in page.loads if OUTSIDE.match(load)} == set()
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", text), style


def test_search_finds_without_a_server(site: Path) -> None:
    """The index is a script that the page loads: a browser lets no page of a folder fetch anything."""
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    found = {*index["terms"]["quarantin"], *index["titleterms"]["quarantin"]}
    assert {"how-to/read-a-quarantine", "reference/tables"} <= {index["docnames"][at] for at in found}
    assert "searchindex.js" in (site / "search.html").read_text(encoding="utf-8")
    assert "SHOW_SEARCH_SUMMARY: false" in (site / "_static/documentation_options.js").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: the search is not tried in a browser")
def test_a_reader_finds_a_page_in_a_folder(site: Path) -> None:
    browsers = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with browsers.sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        asked: list[str] = []
        told: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda message: told.append(message.text))
        page.goto((site / "search.html").as_uri() + "?q=quarantine")
        page.get_by_role("link", name="Read a quarantine", exact=True).last.click()
        page.wait_for_url("**/how-to/read-a-quarantine.html*")
        assert page.get_by_role("heading", level=1).inner_text().startswith("Read a quarantine")
        browser.close()
    assert told == []
    assert {url for url in asked if not url.startswith(("file:", "data:"))} == set()
