"""aponta status: the status of the factory on one screen."""

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory


def add_to(app: typer.Typer) -> None:
    app.command()(status)


def status(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Show how it stands, on one screen.

    Each machine's last hour and last item, its hours that are still open or held back, its rows quarantined, how far
    its clock is from the files' own time (skew_ms, positive: ahead) and how far that spreads (jitter_ms); how many
    files each source brought, and when the last; and what waits for the stock systems.
    """
    factory = load_factory(folder, as_json)
    from aponta.usecases.read.status import factory_status

    answer = factory_status(factory)
    if as_json:
        output.print_json(answer)
        return
    output.print_table(
        list(answer["machines"][0]) if answer["machines"] else (), [list(row.values()) for row in answer["machines"]]
    )
    output.print_result("")
    output.print_table(list(answer["sources"][0]), [list(row.values()) for row in answer["sources"]])
    output.print_result("")
    output.print_table(("", ""), list(answer["totals"].items()))
