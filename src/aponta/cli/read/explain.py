"""aponta explain: explains a fact by its files and rows, and a file by its items and facts."""

from typing import Annotated, Any

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory


def add_to(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="As in gold.production; or file.")],
    key: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY...",
            help="COLUMN=VALUE, several narrow it down; of a stock declaration its key; of a file its name, or how its "
            "SHA-256 begins.",
        ),
    ],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Go back from a fact to the files and rows it was made of; or from a file to its items, facts and declarations.

    Beside them: what people reassigned in these hours, and what was restated.

    \b
    aponta explain gold.production machine=M01 hour=2026-01-05T10:00:00Z
    aponta explain silver.items machine=M01 counter=147924305000
    aponta explain file M01_20260105_07.txt
    """
    factory = load_factory(folder, as_json)
    from aponta.usecases.read.explain import explain_fact, explain_file

    if table == "file":
        answer = explain_file(factory, " ".join(key))
    else:
        answer = explain_fact(factory, table, key)
    if as_json:
        output.print_json(answer)
        return
    say = output.words().say
    if table == "file":
        _print_table(say("cli.came"), answer["files"])
        _print_table(say("cli.its_items"), answer["hours"])
        _print_table("gold.production:", answer["facts"])
        _print_table("gold.stock_declarations:", answer["stock"])
        _print_table("silver.quarantine:", answer["quarantine"], always=False)
    else:
        _print_table(f"{table}:", answer["facts"])
        _print_table(say("cli.made_of"), answer["files"])
        for row in answer["rows"]:
            output.print_result(f"{row['name']}, {row['row_no']}: {row['text']}")
        if answer["rows"]:
            output.print_result("")
    _print_table(say("cli.was_reassigned"), answer["reassignments"], always=False)
    _print_table("gold.restatements:", answer["restatements"], always=False)
    _print_table("gold.restated_hours:", answer["restated_hours"], always=False)
    if answer.get("cut"):
        output.message("cli.cut", rows=len(answer["facts"]))


def _print_table(title: str, rows: list[dict[str, Any]], *, always: bool = True) -> None:
    if not (rows or always):
        return
    output.print_result(title)
    if rows:
        output.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.print_result("-")
    output.print_result("")
