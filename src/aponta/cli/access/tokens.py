"""aponta token: tokens with which machines send their files."""

from typing import Annotated

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.contract.clock import system_clock

app = typer.Typer(name="token", no_args_is_help=True, help="Machines that may send their files to the pages' address.")
Machine = Annotated[str, typer.Argument(metavar="MACHINE", help="As machines.csv names it.")]


@app.command("add")
def issue_token(machine: Machine, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let a machine send files: prints its token, this once.

    Only a hash of it is stored. A program that has it can send files of that machine, and nothing else.

    \b
    aponta token add M01
    """
    from aponta.errors import ConfigError
    from aponta.ops.database import single_transaction
    from aponta.show.access import tokens

    factory = load_factory(folder, as_json)
    if machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    with single_transaction(factory.ops_url) as connection:
        token = tokens.add_token(connection, machine, system_clock())
    if as_json:
        output.print_json({"machine": machine, "token": token})
    else:
        output.print_result(token)
        output.message("cli.token_added", machine=machine)


@app.command("list")
def list_tokens(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List the machines that may send files, and when each last did."""
    from aponta.ops.database import single_transaction
    from aponta.show.access import tokens

    with single_transaction(load_factory(folder, as_json).ops_url) as connection:
        stored = tokens.tokens(connection)
    rows = [
        {
            "machine": token.machine,
            "created_at": f"{token.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "used_at": f"{token.used_at:%Y-%m-%dT%H:%M:%SZ}" if token.used_at else None,
        }
        for token in stored
    ]
    output.print_rows(rows, "cli.no_tokens")


@app.command("remove")
def revoke_token(machine: Machine, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let a machine send files no more.

    For another token: remove, then add.
    """
    from aponta.ops.database import single_transaction
    from aponta.show.access import tokens

    with single_transaction(load_factory(folder, as_json).ops_url) as connection:
        tokens.remove_token(connection, machine)
    if as_json:
        output.print_json({"machine": machine})
    else:
        output.message("cli.token_removed", machine=machine)
