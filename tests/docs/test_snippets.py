"""Every command and file of the pages that teach is tried, in an empty folder a page."""

import inspect
import re
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from snippets import Command, File, Reader, not_shown, snippets
from source import REPO

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Sink

PAGES = [
    REPO / "README.md",
    *(page for kind in ("tutorial", "how-to", "explanation") for page in sorted(REPO.glob(f"docs/{kind}/*.md"))),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    found = list(snippets(page.read_text(encoding="utf-8")))
    reader = Reader(tmp_path, REPO)
    for one in found:
        reader.follow(one)


def test_pages_have_something_to_try() -> None:
    silent = {page.stem for page in PAGES if not list(snippets(page.read_text(encoding="utf-8")))}
    assert silent <= {"architecture", "add-a-table", "add-a-stock-system", "upgrade"}


def module_of(page: str) -> dict[str, Any]:
    """What the Python that a page shows declares."""
    code = re.search(
        r"```python\n(.*?)^```$", (REPO / "docs/how-to" / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    declared: dict[str, Any] = {}
    exec(code[1], declared)
    return declared


def test_the_table_that_is_shown_keeps_its_promise() -> None:
    shown = module_of("add-a-table.md")
    table = shown["TABLE"]
    key = {"machine": ["M1"] * 3, "hour": [0, 0, 1], "production_day": ["1970-01-01"] * 3, "quality": ["good"] * 3}
    production = pl.LazyFrame({**key, "product": ["A", "B", "A"], "pieces": [1, 2, 4]})
    lines = pl.LazyFrame({"machine": ["M1"], "line": ["L1"]})
    made = shown["line_output"](nw.from_native(production), nw.from_native(lines)).collect("polars")
    assert made.columns == [column.name for column in table.columns]
    assert sorted(made["pieces"].to_list()) == [3, 4] and len(made.unique(table.unique)) == 2
    assert {*table.unique, table.clock} <= {*made.columns}


def test_the_stock_system_that_is_shown_is_one() -> None:
    shown = module_of("add-a-stock-system.md")
    erp = type(shown["open_sink"](StockSection.model_validate({}), "erp", Path()))
    for name in ("check", "look_up", "post", "list_documents", "on_hand", "closed_until"):
        assert inspect.signature(getattr(erp, name)) == inspect.signature(getattr(Sink, name)), name


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
