"""aponta files verify: verifies that receipts and raw files are as they were written."""

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
    from aponta.usecases.doctor.verify import verify_receipts

    with output.progress() as advance:

        def verified(done: int, total: int) -> None:
            advance("verify", done, total)

        verification = verify_receipts(factory, head, raw=not receipts_only, progress=verified)
    if as_json:
        faults = [
            {"fault": fault.kind, "receipt": fault.receipt, "sha256": fault.sha256, "name": fault.name}
            for fault in verification.faults
        ]
        answer = {"receipts": verification.receipts, "files": verification.files, "head": verification.head}
        output.print_json(answer | {"faults": faults})
    else:
        for fault in verification.faults:
            output.message(f"cli.fault.{fault.kind}", receipt=fault.receipt, hash=fault.sha256[:12], name=fault.name)
        counts = {"receipts": verification.receipts, "files": verification.files, "faults": len(verification.faults)}
        output.message("cli.verified", **counts)
        output.print_result(verification.head)
    if verification.faults:
        raise typer.Exit(1)
