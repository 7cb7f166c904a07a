"""aponta stock: what is declared to the stock systems, and what waits. One module per thing that people do with it."""

import typer

from aponta.cli.stock import count, decisions, holding, posting, reconciliation, status

app = typer.Typer(name="stock", no_args_is_help=True, help="What is declared to the stock systems, and what waits.")
for module in (status, posting, holding, decisions, reconciliation, count):
    module.add_to(app)
