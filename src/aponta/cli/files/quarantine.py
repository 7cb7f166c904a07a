"""aponta files accept: what only a person may decide."""

import json
from typing import Annotated

import typer

from aponta.cli import output
from aponta.cli.files.listing import receipts_of
from aponta.cli.options import AsJson, Folder, factory


def add_to(app: typer.Typer) -> None:
    app.command()(accept)


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
    sha256 = json.loads(receipts_of(found, hash)[0][0])["file_sha256"]
    from aponta.pipeline.accepting import accept as accept_file

    hours = accept_file(found, sha256)
    if as_json:
        output.document({"accepted": sha256, "hours": hours})
    else:
        output.say("cli.accepted", hours=len(hours))
