"""aponta files: what came, and what became of each row."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli import output
from aponta.cli.options import AsJson, Folder, factory

if TYPE_CHECKING:
    from aponta.contract.completeness import Completeness

FEWEST = 4  # characters of a hash that say anything
app = typer.Typer(name="files", invoke_without_command=True, help="What came, and what became of it.")


@app.callback()
def files(
    context: typer.Context,
    folder: Folder = ".",  # type: ignore[assignment]
    machine: Annotated[str | None, typer.Option(help="Only this machine's.")] = None,
    hour: Annotated[str | None, typer.Option(help="Only those of this hour, as in 2026-03-02T10 (UTC).")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the files received, the newest first.

    \b
    aponta files --machine M01
    aponta files show 4f5a9c
    """
    if context.invoked_subcommand:
        return
    found = factory(folder, as_json)
    from aponta.pipeline.reading import query

    conditions = ["true"]
    if machine is not None:
        conditions.append("machine = '" + machine.replace("'", "''") + "'")
    if hour is not None:
        conditions.append(f"hour = TIMESTAMPTZ '{_hour(hour):%Y-%m-%d %H:00:00}+00'")
    rows = query(
        found,
        "SELECT substr(file_sha256, 1, 12) AS hash, name, machine, hour, status, in_force, rows, records, quarantined, "
        "skipped, items_new, trailer, received_at FROM silver.files "
        f"WHERE {' AND '.join(conditions)} ORDER BY arrival DESC LIMIT {limit}",
    )
    if as_json:
        output.document(rows)
    elif rows:
        output.table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.say("cli.no_files")


def _hour(text: str) -> datetime:
    """UTC."""
    from aponta.errors import ConfigError

    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    except ValueError:
        raise ConfigError("cli.no_hour", hour=text) from None


def _receipts(found: Any, sha256: str) -> list[tuple[str, str]]:
    from sqlalchemy import select

    from aponta.errors import ConfigError
    from aponta.ops.database import connect, transaction
    from aponta.ops.tables import receipt

    engine = connect(found.ops_url)
    try:
        with transaction(engine) as connection:
            wanted = select(receipt.c.body, receipt.c.hash, receipt.c.sha256).where(
                receipt.c.sha256.startswith(sha256, autoescape=True)
            )
            rows = connection.execute(wanted.order_by(receipt.c.number)).all()
    finally:
        engine.dispose()
    if not rows or len(sha256) < FEWEST:
        raise ConfigError("cli.no_file", hash=sha256)
    if len({row.sha256 for row in rows}) > 1:
        raise ConfigError("cli.many_files", hash=sha256)
    return [(row.body, row.hash) for row in rows]


@app.command()
def show(
    hash: Annotated[str, typer.Argument(metavar="HASH", help="The file's SHA-256, or its first characters.")],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Print a file's receipts: one for each time it came.

    A receipt says what became of every row, and carries the hash of the receipt before it.
    """
    found = factory(folder, as_json)
    receipts = [{**json.loads(body), "hash": digest} for body, digest in _receipts(found, hash)]
    if as_json:
        output.document(receipts)
        return
    for receipt in receipts:
        output.table(
            ("", ""),
            [
                (name, json.dumps(value) if isinstance(value, list) else value)
                for name, value in sorted(receipt.items())
            ],
        )


@app.command()
def accept(
    hash: Annotated[str, typer.Argument(metavar="HASH", help="The file's SHA-256, or its first characters.")],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Accept a file although its trailer lies.

    Its good rows count already; its hours were kept back from stock, and are declared with the next pass. Who
    accepted it is recorded.
    """
    found = factory(folder, as_json)
    sha256 = json.loads(_receipts(found, hash)[0][0])["file_sha256"]
    from aponta.pipeline.accepting import accept as accept_file

    hours = accept_file(found, sha256)
    if as_json:
        output.document({"accepted": sha256, "hours": hours})
    else:
        output.say("cli.accepted", hours=len(hours))


@contextmanager
def _board(folder: Any, as_json: bool) -> "Iterator[Completeness]":
    found = factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connect
    from aponta.pipeline.board import Board

    engine = connect(found.ops_url)
    try:
        yield Board(engine, lambda: found, system_clock)
    finally:
        engine.dispose()


def _when(hours: list[str] | None, day: datetime | None) -> date | list[datetime]:
    from aponta.errors import ConfigError

    if bool(hours) == bool(day):
        raise ConfigError("cli.hour_or_day")
    return day.date() if day else [_hour(hour) for hour in hours or ()]


Machine = Annotated[str, typer.Option(help="The machine.")]
Hours = Annotated[
    list[str] | None, typer.Option("--hour", help="An hour, as in 2026-03-02T10 (UTC); several may be given.")
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A production day, as in 2026-03-02.")]


@app.command()
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
        output.document({"machine": machine, "closed": [f"{one:%Y-%m-%dT%H}Z" for one in hours]})
    else:
        output.say("cli.closed", hours=len(hours), machine=machine)


@app.command()
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
        output.document({"machine": machine, "reopened": [f"{one:%Y-%m-%dT%H}Z" for one in hours]})
    else:
        output.say("cli.reopened", hours=len(hours), machine=machine)
