"""aponta files, aponta files show: lists the files that came, and prints their receipts."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.files.hours import typed_hour
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.config import Factory

FEWEST = 4  # characters of a hash: fewer would find many files


def add_to(app: typer.Typer) -> None:
    """`files` is what the group does without a command."""
    app.callback()(files)
    app.command()(show)


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
    factory = load_factory(folder, as_json)
    from aponta.contract.sql import text_sql
    from aponta.usecases.read.published import query

    conditions = ["true"]
    if machine is not None:
        conditions.append(f"machine = {text_sql(machine)}")
    if hour is not None:
        conditions.append(f"hour = TIMESTAMPTZ '{typed_hour(hour):%Y-%m-%d %H:00:00}+00'")
    rows = query(
        factory,
        "SELECT substr(file_sha256, 1, 12) AS hash, name, machine, hour, status, in_force, rows, records, quarantined, "
        "skipped, items_new, trailer, received_at FROM silver.files "
        f"WHERE {' AND '.join(conditions)} ORDER BY arrival DESC LIMIT {limit}",
    )
    output.print_rows(rows, "cli.no_files")


def receipts_of(factory: "Factory", sha256: str) -> list[tuple[str, str]]:
    """(body, hash) of each receipt of the file whose hash begins so.

    Raises ConfigError `cli.no_file`, `cli.many_files`.
    """
    from sqlalchemy import select

    from aponta.errors import ConfigError
    from aponta.ops.database import single_transaction
    from aponta.ops.tables import receipt

    with single_transaction(factory.ops_url) as connection:
        wanted = select(receipt.c.body, receipt.c.hash, receipt.c.sha256).where(
            receipt.c.sha256.startswith(sha256, autoescape=True)
        )
        rows = connection.execute(wanted.order_by(receipt.c.number)).all()
    if not rows or len(sha256) < FEWEST:
        raise ConfigError("cli.no_file", hash=sha256)
    if len({row.sha256 for row in rows}) > 1:
        raise ConfigError("cli.many_files", hash=sha256)
    return [(row.body, row.hash) for row in rows]


def sha256_of(factory: "Factory", beginning: str) -> str:
    """The hash of the one file whose hash begins so. Raises as `receipts_of`."""
    sha256: str = json.loads(receipts_of(factory, beginning)[0][0])["file_sha256"]
    return sha256


def show(
    hash: Annotated[str, typer.Argument(metavar="HASH", help="The file's SHA-256, or its first characters.")],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Print a file's receipts: one for each time it came.

    A receipt says what became of every row, and carries the hash of the receipt before it.
    """
    factory = load_factory(folder, as_json)
    receipts = [{**json.loads(body), "hash": digest} for body, digest in receipts_of(factory, hash)]
    if as_json:
        output.print_json(receipts)
        return
    for receipt in receipts:
        output.print_table(
            ("", ""),
            [
                (name, json.dumps(value) if isinstance(value, list) else value)
                for name, value in sorted(receipt.items())
            ],
        )
