"""The page and the chart that the how-tos add are there once their files are, and nothing else was touched."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from snippets import File, snippets
from source import PYTHONPATH, REPO, SRC

LOOK = """
import json
from pathlib import Path
import sys
import factory as small
from pages import browser, opened

made = small.make(Path(sys.argv[1]))
items = [*small.steady(0, 8), *small.steady(0, 4, first=9, product="Q")]
small.deliver(made, small.name("M01", 0), small.text("M01", items))
small.run(made)
with opened(made) as context, browser(context) as client:
    paths = "/", "/products", "/api/products", "/api/charts/products", "/products?day=2031-01-01"
    told = {path: client.get(path) for path in paths}
    print(json.dumps({path: [answer.status_code, answer.text] for path, answer in told.items()}))
"""


class Within(HTMLParser):
    """How deep sheets, and what follows the facts, stand in their like."""

    VOID = ("meta", "link", "br", "input", "hr", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, set[str]]] = []
        self.most: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        given = dict(attrs)
        marks = {"data-live"} & given.keys() | {"sheet"} & set((given.get("class") or "").split())
        self.open.append((tag, marks))
        for mark in marks:
            self.most[mark] = max(self.most[mark], sum(mark in marks for _, marks in self.open))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass


def write(root: Path, file: File) -> None:
    """As a person would: words go into the tables that are there."""
    path = root / file.name
    if path.suffix != ".toml":
        path.write_text(file.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    for header, body in re.findall(r"^(\[[^\]]+\])\n([^\[]+)", file.text, re.MULTILINE):
        text = (
            text.replace(f"{header}\n", f"{header}\n{body}", 1)
            if f"\n{header}\n" in text
            else f"{text}{header}\n{body}"
        )
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository's source, with what both how-tos show."""
    shutil.copytree(SRC, tmp_path / "src" / "aponta", ignore=shutil.ignore_patterns("__pycache__"))
    for page in ("add-a-page.md", "add-a-chart.md"):
        for one in snippets((REPO / "docs" / "how-to" / page).read_text(encoding="utf-8")):
            assert isinstance(one, File)
            write(tmp_path, one)
    return tmp_path


def test_a_page_and_a_chart_are_added_as_shown(copy: Path) -> None:
    place = os.pathsep.join([str(copy / "src"), PYTHONPATH])
    look = [sys.executable, "-c", LOOK, str(copy / "factory")]
    done = subprocess.run(look, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": place})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {status for status, _ in told.values()} == {200}
    assert 'href="/products"' in told["/"][1] and "Produtos" in told["/"][1]
    rows = json.loads(told["/api/products"][1])["products"]
    assert [(one["product"], one["good"], one["made"]) for one in rows] == [("P", 8, 8), ("Q", 4, 4)]
    assert '<td class="number">8</td>' in told["/products"][1]
    assert 'data-chart="/api/charts/products?day=2026-03-02"' in told["/products"][1]
    within = Within()
    within.feed(told["/products"][1])
    assert within.most == {"sheet": 1, "data-live": 1}, "a sheet in a sheet, or what is put in twice"
    assert "Nada foi produzido" in told["/products?day=2031-01-01"][1]
    drawn = json.loads(told["/api/charts/products"][1])
    (values,) = drawn["datasets"].values()
    assert [(one["product"], one["good"]) for one in values] == [("P", 8), ("Q", 4)] and "peças" in json.dumps(
        drawn, ensure_ascii=False
    )


def test_what_is_shown_is_well_formed(copy: Path) -> None:
    added = [copy / "src/aponta/show" / kind / "products.py" for kind in ("pages", "charts")]
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", REPO / "pyproject.toml", *added]
        done = subprocess.run(ruff, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout
