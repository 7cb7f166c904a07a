"""aponta service: the pipeline as a service that the computer itself starts."""

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from aponta.cli.operate.serve import check_serving
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory, use_language

if TYPE_CHECKING:
    from aponta.operate.service.unit import Service

app = typer.Typer(name="service", no_args_is_help=True, help="Start with the computer, and again after a failure.")
Command = Literal["up", "watch"]
System = Annotated[
    bool, typer.Option("--system", help="As the computer's own service, not as yours: for root, or an administrator.")
]


@app.command()
def install(
    folder: Folder = ".",  # type: ignore[assignment]
    system: System = False,
    command: Annotated[
        Command, typer.Option(help="up: take files and show the pages; watch: take files alone.")
    ] = "up",
    show: Annotated[bool, typer.Option("--print", help="Print what would be written, and write nothing.")] = False,
) -> None:
    """Let the computer run the folder's pipeline.

    Writes a unit of systemd, or a task of Windows, and starts it: `aponta up` on the folder, from when the computer
    starts, and again when it fails. Installing again replaces it. No secret is in it.
    """
    factory = load_factory(folder)  # a folder without configuration fails now, not in a log
    from aponta.operate.service.manager import service_manager

    service = _service(folder, system, command)
    manager = service_manager()
    if show:
        output.message("cli.service_place", place=manager.place(service))
        output.print_result(manager.definition(service).rstrip())
        return
    if command == "up" and manager.state(service) != "running":  # a service that runs has its port already
        check_serving(factory)
    manager.install(service)
    output.message("cli.service_installed", name=service.name, place=manager.place(service))


@app.command("remove")
def uninstall(folder: Folder = ".", system: System = False) -> None:  # type: ignore[assignment]
    """End the folder's service and forget it; data stays.

    The pass at work may be ended: the next one goes on from there.
    """
    use_language(folder)
    from aponta.operate.service.manager import service_manager

    service = _service(folder, system)
    service_manager().remove(service)
    output.message("cli.service_removed", name=service.name)


@app.command("status")
def service_status(folder: Folder = ".", system: System = False, as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Show whether the folder's service runs.

    The exit code is 1 when it does not.
    """
    use_language(folder, as_json)
    from aponta.operate.service.manager import service_manager

    service = _service(folder, system)
    state = service_manager().state(service)
    if as_json:
        output.print_json({"service": service.name, "state": state, "place": service_manager().place(service)})
    else:
        output.print_result(output.words().say(f"cli.service.{state}", name=service.name))
    if state != "running":
        raise typer.Exit(1)


def _service(folder: Path, system: bool, command: Command = "up") -> "Service":
    from aponta.operate.service.unit import Service, service_command, service_name

    user = None if system else _user()
    return Service(service_name(folder), folder.resolve(), service_command(folder, command), user)


def _user() -> str:
    """The user as the computer's manager of services names it: on Windows with the domain."""
    domain = os.environ.get("USERDOMAIN") if sys.platform == "win32" else None
    return f"{domain}\\{getpass.getuser()}" if domain else getpass.getuser()
