"""aponta user: people who may look at the pages from another computer."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.contract.clock import system_clock

if TYPE_CHECKING:
    from aponta.config import Factory

app = typer.Typer(
    name="user",
    no_args_is_help=True,
    help="People who may open the pages from beyond this computer: administrators.",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits and . _ - @; capitals do not matter.")]
PasswordFrom = Annotated[
    str | None,
    typer.Option(metavar="env:NAME|file:PATH", help="The place of the password, instead of typing it."),
]


@app.command("add")
def create_user(name: Name, password_from: PasswordFrom = None, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let somebody in.

    The password is typed twice, unseen; at least 10 characters, as a sentence of a few words has.

    \b
    aponta user add ana
    """
    from aponta.ops.database import single_transaction
    from aponta.show.access import users as access

    factory = load_factory(folder, as_json)
    password_hash = access.hash_password(_password(factory, password_from))
    with single_transaction(factory.ops_url) as connection:
        access.add_user(connection, name, password_hash, system_clock())
    _report(as_json, "cli.user_added", access.normalize_name(name))


@app.command("list")
def list_users(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List who may enter, and in how many browsers each is signed in."""
    from aponta.ops.database import single_transaction
    from aponta.show.access import users as access

    with single_transaction(load_factory(folder, as_json).ops_url) as connection:
        users = access.users(connection, system_clock())
    rows = [
        {
            "name": user.name,
            "role": user.role,
            "created_at": f"{user.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "sessions": user.sessions,
        }
        for user in users
    ]
    output.print_rows(rows, "cli.no_users")


@app.command("remove")
def delete_user(name: Name, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let somebody in no more.

    Whoever is signed in under the name is so no longer.
    """
    from aponta.ops.database import single_transaction
    from aponta.show.access import users as access

    with single_transaction(load_factory(folder, as_json).ops_url) as connection:
        access.remove_user(connection, name)
    _report(as_json, "cli.user_removed", access.normalize_name(name))


@app.command()
def password(name: Name, password_from: PasswordFrom = None, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Give somebody another password.

    Whoever is signed in under the old one has to sign in again.
    """
    from aponta.ops.database import single_transaction
    from aponta.show.access import users as access

    factory = load_factory(folder, as_json)
    password_hash = access.hash_password(_password(factory, password_from))
    with single_transaction(factory.ops_url) as connection:
        access.change_password(connection, name, password_hash)
    _report(as_json, "cli.password_changed", access.normalize_name(name))


def _report(as_json: bool, key: str, name: str) -> None:
    if as_json:
        output.print_json({"name": name})
    else:
        output.message(key, name=name)


def _password(factory: "Factory", place: str | None) -> str:
    """Reads the password from its place, else from the keyboard. Never from the command itself: others may read that.

    Raises ConfigError `cli.password_in_command`, `cli.no_keyboard`, `cli.passwords_differ`.
    """
    from aponta.config.secret import resolve_secret
    from aponta.errors import ConfigError

    if place is not None:
        if not place.startswith(("env:", "file:")):
            raise ConfigError("cli.password_in_command")
        return resolve_secret(place, factory.folder)
    if not sys.stdin.isatty():
        raise ConfigError("cli.no_keyboard")
    first = getpass.getpass(output.words().say("cli.password"))
    if getpass.getpass(output.words().say("cli.password_again")) != first:
        raise ConfigError("cli.passwords_differ")
    return first
