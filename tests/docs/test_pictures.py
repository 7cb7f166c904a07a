"""Pictures of the docs: each is shown somewhere, each that is shown is there, and none is heavy."""

import re

import pytest
from source import REPO

from screenshots import IMAGES, taken

PAGES = [REPO / "README.md", *sorted((REPO / "docs").rglob("*.md"))]
HEAVIEST = 250_000  # bytes
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def test_what_is_shown_is_there_and_what_is_there_is_shown() -> None:
    shown = {
        (page.parent / path).resolve() for page in PAGES for _, path in SHOWN.findall(page.read_text(encoding="utf-8"))
    }
    assert shown == {*IMAGES.iterdir()}


def test_each_is_taken_by_the_script() -> None:
    assert {path.stem for path in IMAGES.iterdir()} == taken().keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_each_says_in_words_what_it_shows(page) -> None:
    assert all(len(words) > 10 for words, _ in SHOWN.findall(page.read_text(encoding="utf-8")))


def test_none_is_heavy() -> None:
    assert {path.name: path.stat().st_size for path in IMAGES.iterdir() if path.stat().st_size > HEAVIEST} == {}
