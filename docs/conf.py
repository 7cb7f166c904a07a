"""How Sphinx makes build/site of these pages (`make docs`): plain Markdown, and here what it does not say.

Sphinx because its search is a script that the page loads: it works in a folder of files, where browsers fetch nothing.
The theme takes nothing from the internet, fonts included; tests/docs/test_site.py holds both.
"""

from pathlib import Path

from aponta import __version__

DOCS = Path(__file__).parent
SECTIONS = {  # in the order of the sidebar; a new page of a folder finds its place by itself
    "Tutorial": "tutorial/*",
    "How to": "how-to/*",
    "Reference": "reference/*",
    "Explanation": "explanation/*",
    "Decisions": "What was decided, and why <decisions/README>",
}

project = "aponta"
release = version = __version__
extensions = ["myst_parser"]
root_doc = "index"
myst_heading_anchors = 3  # so that [..](page.md#a-heading) leads here where it leads on a forge
highlight_language = "text"

smartquotes = False

html_theme = "furo"
html_title = "aponta"
html_copy_source = False
html_show_search_summary = False  # fetches the pages found, which a browser refuses to pages of a folder
html_use_index = False
html_show_copyright = False
html_show_sphinx = False


def navigation(app: object, page: str, source: list[str]) -> None:
    """The sidebar, from the folders: no page lists the others for the generator's sake."""
    if page == root_doc:
        written = ((name, pages) for name, pages in SECTIONS.items() if "*" not in pages or any(DOCS.glob(pages)))
        source[0] += "".join(tree(pages, name) for name, pages in written)
    if page == "decisions/README":
        source[0] += tree("0*")


def tree(pages: str, caption: str = "") -> str:
    named = f":caption: {caption}\n" if caption else ""
    return f"\n\n```{{toctree}}\n:hidden:\n:glob:\n{named}\n{pages}\n```\n"


def setup(app) -> None:  # type: ignore[no-untyped-def]
    app.connect("source-read", navigation)
