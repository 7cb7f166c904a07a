"""aponta init: a factory folder that works as it is, with comments that teach."""

from pathlib import Path
from typing import Annotated

import typer

from aponta.cli.terminal import output


def add_to(app: typer.Typer) -> None:
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
) -> None:
    """Make a factory folder that works as it is.

    It has one example machine, layout, product and shift, with comments that teach: put a file of the machine into
    DIR/landing and run. Nothing that is there already is overwritten.

    \b
    aponta init shop
    """
    from aponta.config.template import create_factory

    create_factory(folder)
    output.message("cli.made", folder=folder)
