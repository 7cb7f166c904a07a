"""Every command and file of the pages that teach is tried, in an empty folder a page."""

from pathlib import Path

import pytest

from snippets import Command, File, Reader, not_shown, snippets
from source import REPO

PAGES = [REPO / "README.md", *sorted(REPO.glob("docs/how-to/*.md")), *sorted(REPO.glob("docs/explanation/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    found = list(snippets(page.read_text(encoding="utf-8")))
    reader = Reader(tmp_path, REPO)
    for one in found:
        reader.follow(one)


def test_pages_have_something_to_try() -> None:
    silent = {page.stem for page in PAGES if not list(snippets(page.read_text(encoding="utf-8")))}
    assert silent <= {"architecture", "add-a-table", "add-a-stock-system"}


def test_the_reader_reads_commands_and_files() -> None:
    page = """
As in `a/b.toml`:

```toml
x = 1
```

```console
$ aponta init shop && cd shop
shop is ready...
$ aponta run -C "a b"  # exit code 1
```

```sh
aponta never
```
"""
    found = list(snippets(page))
    assert found[0] == File("a/b.toml", "x = 1\n", add=False)
    told = [(one.words, one.exit_code, one.shown) for one in found[1:] if isinstance(one, Command)]
    assert told == [
        (["aponta", "init", "shop"], 0, []),
        (["cd", "shop"], 0, ["shop is ready..."]),
        (["aponta", "run", "-C", "a b"], 1, []),
    ]


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        (["one  two"], None),
        (["one...", "...four"], None),
        (["...four", "one two"], "one two"),
        (["one"], "one"),
        (["o...o"], None),
        (["five"], "five"),
    ],
)
def test_what_is_shown_is_looked_for(lines: list[str], missing: str | None) -> None:
    assert not_shown(lines, "one   two \nthree four\n") == missing
