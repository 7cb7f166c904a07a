"""aponta stock pause, resume: a person stops posting, and lets it go on."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.stock.destination import To, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.config import Factory


def add_to(app: typer.Typer) -> None:
    for command in (pause, resume):
        app.command()(command)


def pause(
    why: Annotated[str, typer.Option("--why", help="Recorded with your name.")],
    to: To = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Stop posting, as during a manual count.

    Facts and declarations go on being made: nothing is lost.

    \b
    aponta stock pause --why "count of January"
    """
    _set_pause(load_factory(folder, as_json), to, as_json, why)


def resume(to: To = None, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Go on posting after a pause.

    Declarations prepared meanwhile go with the next pass.
    """
    _set_pause(load_factory(folder, as_json), to, as_json, None)


def _set_pause(factory: "Factory", to: str | None, as_json: bool, why: str | None) -> None:
    """why: None resumes."""
    from aponta.contract.clock import system_clock
    from aponta.ops.database import single_transaction
    from aponta.ship.outbox.pause import pause_posting, resume_posting

    names = [section.name for section in chosen_destinations(factory, to)]
    with single_transaction(factory.ops_url) as connection:
        for name in names:
            if why is None:
                resume_posting(connection, name)
            else:
                pause_posting(connection, name, who=getpass.getuser()[:200], why=why, now=system_clock())
    if as_json:
        output.print_json({"destinations": names, "paused": why is not None})
    else:
        output.message("cli.paused" if why is not None else "cli.resumed", names=", ".join(names))
