"""The command line as a whole: its commands, and how it ends after an error.

Exit codes: 0 done; 1 done, but something needs a person; 2 wrong use or configuration; 3 could not do it, try again.
"""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from aponta import __version__
from aponta.cli import demo, doctor, files, init, lab, reassign, run, sniff, stock
from aponta.cli.access import tokens, users
from aponta.cli.operate import serve, service, watch
from aponta.cli.read import explain, sql, status
from aponta.cli.terminal import output
from aponta.errors import ApontaError

app = typer.Typer(
    name="aponta",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From the files machines write to stock, yield panels and open tables: exactly once.",
    epilog="Exit codes: 0 done; 1 done, but something needs a person; 2 wrong use or configuration; "
    "3 could not do it, try again.",
)
INTERRUPTED = 130  # exit code that Typer has for Ctrl-C
for module in (init, doctor, sniff, run, watch, serve, status, sql, explain, demo):
    module.add_to(app)
for group in (files, reassign, stock, users, tokens, service, lab):
    app.add_typer(group.app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aponta {__version__}")
        raise typer.Exit


@app.callback()
def aponta(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def execute(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code; every error becomes words in the factory's language.

    arguments: those of the process where none are given.
    """
    output.reset()
    code = 0
    try:
        app(arguments, prog_name="aponta")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if code == INTERRUPTED:
            code = output.print_error(None)
    except ApontaError as error:
        code = output.print_error(error)
    except KeyboardInterrupt:
        code = output.print_error(None)
    return code


def main() -> None:
    """Runs the command of the process, and ends the process."""
    gc.set_threshold(100_000, 50, 50)  # collecting while modules load costs a command a tenth of a second
    code = execute()
    with suppress(BrokenPipeError):  # `aponta files | head`
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)  # all is on the disk; to free a process's memory piece by piece takes a quarter of a second
