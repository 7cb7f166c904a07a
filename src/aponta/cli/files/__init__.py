"""aponta files: files that came, and what became of each row. One module for each task of a person."""

import typer

from aponta.cli.files import backfill, drift, grade, hours, listing, quarantine, verify

app = typer.Typer(name="files", invoke_without_command=True, help="What came, and what became of it.")
for module in (listing, quarantine, backfill, drift, grade, hours, verify):
    module.add_to(app)
