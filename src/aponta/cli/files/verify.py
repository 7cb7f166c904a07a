"""aponta files verify: are receipts and raw files what they were?"""

from typing import Annotated

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory


def add_to(app: typer.Typer) -> None:
    app.command()(verify)


def verify(
    folder: Folder = ".",  # type: ignore[assignment]
    head: Annotated[
        str | None, typer.Option(help="A head of the chain noted earlier: it must be one of its links.")
    ] = None,
    receipts_only: Annotated[bool, typer.Option("--receipts-only", help="Leave out the raw files' bytes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the chain of receipts, and every raw file against its hash.

    Finds a receipt that was changed, left out or put in, and raw files that are missing or altered. Prints the chain's
    head: keep it where nobody of this computer can change it, and give it with --head another day; without it, that the
    newest receipts were cut off cannot be seen.

    \b
    aponta files verify
    aponta files verify --head 3f9a0c...
    """
    factory = load_factory(folder, as_json)
    from aponta.usecases.doctor.verify import verify_receipts as check

    with output.progress() as advance:
        told = check(factory, head, raw=not receipts_only, progress=lambda done, total: advance("verify", done, total))
    if as_json:
        faults = [
            {"fault": one.kind, "receipt": one.receipt, "sha256": one.sha256, "name": one.name} for one in told.faults
        ]
        output.print_json({"receipts": told.receipts, "files": told.files, "head": told.head, "faults": faults})
    else:
        for one in told.faults:
            output.message(f"cli.fault.{one.kind}", receipt=one.receipt, hash=one.sha256[:12], name=one.name)
        output.message("cli.verified", receipts=told.receipts, files=told.files, faults=len(told.faults))
        output.print_result(told.head)
    if told.faults:
        raise typer.Exit(1)
