"""aponta files close, aponta files reopen: closes hours of which no file will come."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.contract.pages.completeness import Completeness


def add_to(app: typer.Typer) -> None:
    for command in (close, reopen):
        app.command()(command)


def typed_hour(text: str) -> datetime:
    """UTC time of 2026-03-02T10. Raises ConfigError `cli.no_hour`."""
    from aponta.errors import ConfigError

    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    except ValueError:
        raise ConfigError("cli.no_hour", hour=text) from None


@contextmanager
def _board(folder: Any, as_json: bool) -> "Iterator[Completeness]":
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected
    from aponta.usecases.correct.hour_board import HourBoard

    with connected(factory.ops_url) as engine:
        yield HourBoard(engine, lambda: factory, system_clock)


def _when(hours: list[str] | None, day: datetime | None) -> date | list[datetime]:
    from aponta.errors import ConfigError

    if bool(hours) == bool(day):
        raise ConfigError("cli.hour_or_day")
    return day.date() if day else [typed_hour(hour) for hour in hours or ()]


Machine = Annotated[str, typer.Option(help="The machine.")]
Hours = Annotated[
    list[str] | None, typer.Option("--hour", help="An hour, as in 2026-03-02T10 (UTC); several may be given.")
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A production day, as in 2026-03-02.")]


def close(
    machine: Machine,
    why: Annotated[str, typer.Option(help='Why no file will come, as in "machine switched off".')],
    hour: Hours = None,
    day: Day = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Close hours of which no file will come, as when the machine was switched off.

    Nobody waits for them any more and no alarm is given; their times stay unknown, in no KPI. Who closed them, when and
    why is recorded. A file that comes all the same wins.

    \b
    aponta files close --machine M01 --day 2026-03-02 --why "switched off: no orders"
    aponta files reopen --machine M01 --day 2026-03-02
    """
    with _board(folder, as_json) as board:
        hours = board.close(machine, _when(hour, day), why, getpass.getuser())
    if as_json:
        output.print_json({"machine": machine, "closed": [f"{each:%Y-%m-%dT%H}Z" for each in hours]})
    else:
        output.message("cli.closed", hours=len(hours), machine=machine)


def reopen(
    machine: Machine,
    hour: Hours = None,
    day: Day = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Undo `aponta files close`: the hours are expected again."""
    with _board(folder, as_json) as board:
        hours = board.reopen(machine, _when(hour, day), getpass.getuser())
    if as_json:
        output.print_json({"machine": machine, "reopened": [f"{each:%Y-%m-%dT%H}Z" for each in hours]})
    else:
        output.message("cli.reopened", hours=len(hours), machine=machine)
