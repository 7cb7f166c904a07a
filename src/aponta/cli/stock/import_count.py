"""aponta stock import-count: a manual count beside the stock system's own account."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from aponta.cli.stock.destination import To, amount, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory


def add_to(app: typer.Typer) -> None:
    app.command("import-count")(import_count)


def import_count(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: location, product, counted, counted_at.")],
    to: To = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Compare a manual count with stock on hand.

    The drift is shown and added to nothing.

    product is the stock system's code, counted in its unit; counted_at is local time. Pause posting while people count:
    `aponta stock pause`.

    \b
    location,product,counted,counted_at
    SP1/finished,PNL-20-AL,1204,2026-03-07 18:00
    """
    factory = load_factory(folder, as_json)
    from aponta.config.master import CountRow, read_rows
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected
    from aponta.usecases.read.published import to_json
    from aponta.usecases.stock.count import record_count

    rows = list(read_rows(file, CountRow))
    lines = []
    with connected(factory.ops_url) as engine:
        for section in chosen_destinations(factory, to):
            counted = record_count(factory, engine, section, rows, getpass.getuser()[:200], system_clock)
            lines += [{"destination": section.name, **vars(line), "drift": line.drift} for line in counted]
    columns = ("destination", "product", "location", "counted", "held", "declared_since", "drift")
    if as_json:
        output.print_json([{name: to_json(value) for name, value in line.items()} for line in lines])
    else:
        output.print_table(columns, [[amount(line[name]) for name in columns] for line in lines])
