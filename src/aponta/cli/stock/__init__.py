"""aponta stock: what is declared to the stock systems, and what waits. One module per command, or pair of commands."""

import typer

from aponta.cli.stock import decide, import_count, pause, post, reconcile, status

app = typer.Typer(
    name="stock", no_args_is_help=True, help="Declarations to stock systems: posting, decisions, reconciliation."
)
for module in (status, post, pause, decide, reconcile, import_count):
    module.add_to(app)
