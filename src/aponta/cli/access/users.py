"""aponta user: who may look at the pages from beyond this computer."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.database import opened
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.contract.clock import system_clock

if TYPE_CHECKING:
    from aponta.config import Factory

app = typer.Typer(
    name="user", no_args_is_help=True, help="Who may look at the pages from beyond this computer: administrators."
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits and . _ - @; capitals are not told apart.")]
PasswordFrom = Annotated[
    str | None,
    typer.Option(metavar="env:NAME|file:PATH", help="Where the password is, instead of being typed."),
]


@app.command("add")
def create_user(name: Name, password_from: PasswordFrom = None, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let somebody in.

    The password is typed twice, unseen; at least 10 characters, as a sentence of a few words has.

    \b
    aponta user add ana
    """
    from aponta.show.access import users as access

    factory = load_factory(folder, as_json)
    kept = access.hash_password(_password(factory, password_from))
    with opened(factory) as connection:
        access.add_user(connection, name, kept, system_clock())
    _report(as_json, "cli.user_added", access.normalize_name(name))


@app.command("list")
def list_users(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List who may enter, and in how many browsers each is signed in."""
    from aponta.show.access import users as access

    with opened(load_factory(folder, as_json)) as connection:
        users = access.users(connection, system_clock())
    rows = [
        {
            "name": one.name,
            "role": one.role,
            "created_at": f"{one.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "sessions": one.sessions,
        }
        for one in users
    ]
    if as_json:
        output.print_json(rows)
    elif rows:
        output.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.message("cli.no_users")


@app.command("remove")
def delete_user(name: Name, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Let somebody in no more.

    Whoever is signed in under the name is so no longer.
    """
    from aponta.show.access import users as access

    with opened(load_factory(folder, as_json)) as connection:
        access.remove_user(connection, name)
    _report(as_json, "cli.user_removed", access.normalize_name(name))


@app.command()
def password(name: Name, password_from: PasswordFrom = None, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Give somebody another password.

    Whoever is signed in under the old one has to sign in again.
    """
    from aponta.show.access import users as access

    factory = load_factory(folder, as_json)
    kept = access.hash_password(_password(factory, password_from))
    with opened(factory) as connection:
        access.change_password(connection, name, kept)
    _report(as_json, "cli.password_changed", access.normalize_name(name))


def _report(as_json: bool, key: str, name: str) -> None:
    if as_json:
        output.print_json({"name": name})
    else:
        output.message(key, name=name)


def _password(factory: "Factory", place: str | None) -> str:
    """From where it was said to be, else as it is typed. Never from the command itself, which others may read."""
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
