"""Options of every command, and how commands load their factory."""

import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, get_type_hints

import typer

from aponta.cli.terminal import output
from aponta.words import LANGUAGES, Language

if TYPE_CHECKING:
    from aponta.config import Factory

Folder = Annotated[
    Path, typer.Option("-C", "--folder", metavar="DIR", help="The factory folder.", show_default="this one")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else there.")]


Options = TypeVar("Options")


def with_options(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Lets a command take one dataclass: each of its fields is an option, or an argument, for Typer."""

    def decorate(command: Callable[[Options], None]) -> Callable[..., None]:
        def run(**given: object) -> None:
            command(options(**given))

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = get_type_hints(options, include_extras=True)
        run.__signature__ = inspect.signature(options)  # type: ignore[attr-defined]
        return run

    return decorate


def load_factory(folder: Path, as_json: bool = False, *, layouts_to_come: bool = False) -> "Factory":
    """Loads the folder's configuration; from here on words are in its language. layouts_to_come: as of config.load."""
    use_language(folder, as_json)
    from aponta.config import load  # pydantic takes a while, and `aponta --version` needs none of it

    return load(folder, layouts_to_come=layouts_to_come)


def use_language(folder: Path, as_json: bool = False) -> None:
    """From here on words are in the folder's language, if it has one, and results in the requested format."""
    output.settings.as_json = as_json
    output.settings.language = _configured_language(folder) or output.settings.language


def _configured_language(folder: Path) -> Language | None:
    """The language of aponta.toml, even where the rest of the folder is wrong: the error is in that language too."""
    try:
        language = tomllib.loads((folder / "aponta.toml").read_text(encoding="utf-8-sig"))["factory"]["language"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return language if language in LANGUAGES else None
