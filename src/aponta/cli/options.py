"""Options that every command has, and what they give."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli import output

if TYPE_CHECKING:
    from aponta.config import Factory

Folder = Annotated[
    Path, typer.Option("-C", "--folder", metavar="DIR", help="The factory folder.", show_default="this one")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else there.")]


def factory(folder: Path, as_json: bool = False) -> "Factory":
    """The folder's configuration; from here on words are in its language."""
    output.settings.as_json = as_json
    from aponta.config import load  # pydantic takes a while, and `aponta --version` needs none of it

    found = load(folder)
    output.settings.language = found.settings.factory.language
    return found
