"""aponta token: what machines send their files with."""

from typing import Annotated

import typer

from aponta.cli.database import opened
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.contract.clock import system_clock

app = typer.Typer(name="token", no_args_is_help=True, help="Which machines may send their files to the pages' address.")
Machine = Annotated[str, typer.Argument(metavar="MACHINE", help="As machines.csv names it.")]


@app.command("add")
def issue_token(machine: Machine, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let a machine send files: prints its token, this once.

    Only a hash of it is kept. Who has it can send files of that machine, and nothing else.

    \b
    aponta token add M01
    """
    from aponta.errors import ConfigError
    from aponta.show.access import tokens

    factory = load_factory(folder, as_json)
    if machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    with opened(factory) as connection:
        told = tokens.add_token(connection, machine, system_clock())
    if as_json:
        output.print_json({"machine": machine, "token": told})
    else:
        output.print_result(told)
        output.message("cli.token_added", machine=machine)


@app.command("list")
def list_tokens(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List the machines that may send files, and when each last did."""
    from aponta.show.access import tokens

    with opened(load_factory(folder, as_json)) as connection:
        kept = tokens.tokens(connection)
    rows = [
        {
            "machine": one.machine,
            "created_at": f"{one.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "used_at": f"{one.used_at:%Y-%m-%dT%H:%M:%SZ}" if one.used_at else None,
        }
        for one in kept
    ]
    if as_json:
        output.print_json(rows)
    elif rows:
        output.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.message("cli.no_tokens")


@app.command("remove")
def revoke_token(machine: Machine, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let a machine send files no more.

    For another token: remove, then add.
    """
    from aponta.show.access import tokens

    with opened(load_factory(folder, as_json)) as connection:
        tokens.remove_token(connection, machine)
    if as_json:
        output.print_json({"machine": machine})
    else:
        output.message("cli.token_removed", machine=machine)
