"""aponta stock retry, settle, void: a person's decision about rejected declarations."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.stock.destination import To, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from pathlib import Path

    from aponta.contract.stock.control import DecisionAction

Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of rejected declarations, as `status` shows.")]
Why = Annotated[str, typer.Option("--why", help="Recorded with your name.")]


def add_to(app: typer.Typer) -> None:
    for name, command in (("retry", retry_declarations), ("settle", settle_declarations), ("void", void_declarations)):
        app.command(name)(command)


def retry_declarations(
    keys: Keys,
    why: Annotated[str, typer.Option("--why", help="Recorded with your name.")] = "",
    to: To = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Post rejected declarations again, with the next pass.

    First fix their cause, which `aponta stock status` shows. Declarations of a closed period are booked on the first
    open day.
    """
    _decide("retry", keys, why, to, folder, as_json)


def settle_declarations(
    keys: Keys,
    why: Why,
    to: To = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Record that rejected declarations were booked by hand.

    They count as declared and are not posted. Use it, too, where a change that somebody made there was right.

    \b
    aponta stock settle SP1:M01:PNL-20-AL:20260302T10:good:1 --why "booked as production 1207 by Ana"
    """
    _decide("settle", keys, why, to, folder, as_json)


def void_declarations(
    keys: Keys,
    why: Why,
    to: To = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Record that rejected declarations will never be in stock.

    They are not in the stock system and never will be under their keys: rejected, or cancelled there by mistake. The
    machine's production is then declared again, as the next revision.

    \b
    aponta stock void SP1:M01:PNL-20-AL:20260302T10:good:1 --why "cancelled by mistake"
    """
    _decide("void", keys, why, to, folder, as_json)


def _decide(action: "DecisionAction", keys: list[str], why: str, to: str | None, folder: "Path", as_json: bool) -> None:
    factory = load_factory(folder, as_json)
    from aponta.errors import ConfigError

    destinations = chosen_destinations(factory, to)
    if action != "retry" and len(destinations) > 1:  # a key may be rejected by one, and be right in another
        raise ConfigError("cli.which_destination", names=", ".join(section.name for section in destinations))
    from aponta.contract.clock import system_clock
    from aponta.contract.stock.control import Decision
    from aponta.ops.database import single_transaction
    from aponta.ship.outbox.decision import apply_decision

    decided = Decision(action, getpass.getuser()[:200], why, system_clock())
    with single_transaction(factory.ops_url) as connection:
        count = apply_decision(connection, keys, factory.products, decided, to)
    if as_json:
        output.print_json({"waiting" if action == "retry" else action: count})
    else:
        output.message("cli.retried" if action == "retry" else f"cli.decided.{action}", count=count)
