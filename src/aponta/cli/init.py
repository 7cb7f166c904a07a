"""aponta init: a factory folder that works as it is, with comments that teach."""

from pathlib import Path
from typing import Annotated

import typer

from aponta.cli import output


def add_to(app: typer.Typer) -> None:
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
) -> None:
    """Make a factory folder: one example machine, layout, product and shift that work as they are."""
    from aponta.config.template import write

    write(folder)
    output.say("cli.made", folder=folder)
