"""aponta explain: from a fact back to its files and rows."""

from typing import Annotated, Any

import typer

from aponta.cli import output
from aponta.cli.options import AsJson, Folder, factory


def add_to(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="As in gold.production.")],
    key: Annotated[
        list[str],
        typer.Argument(metavar="KEY...", help="COLUMN=VALUE, several narrow it down; of a stock declaration its key."),
    ],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Go back from a fact to the files and rows it was made of.

    \b
    aponta explain gold.production machine=M01 hour=2026-01-05T10:00:00Z
    aponta explain silver.items machine=M01 counter=147924305000
    """
    found = factory(folder, as_json)
    from aponta.pipeline.explaining import explain as ask

    answer = ask(found, table, key)
    if as_json:
        output.document(answer)
        return
    _table(f"{table}:", answer["facts"])
    _table(output.words().say("cli.made_of"), answer["files"])
    for row in answer["rows"]:
        output.result(f"{row['name']}, {row['row_no']}: {row['text']}")
    if answer["cut"]:
        output.say("cli.cut", rows=len(answer["facts"]))


def _table(title: str, rows: list[dict[str, Any]]) -> None:
    output.result(title)
    if rows:
        output.table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.result("-")
    output.result("")
