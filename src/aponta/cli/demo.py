"""aponta demo: simulates two days of a factory with every fault, runs the pipeline, verifies it and shows the pages."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from aponta.cli import lab
from aponta.cli.operate import serve
from aponta.cli.passes import run_logged
from aponta.cli.run import print_report
from aponta.cli.terminal import output
from aponta.cli.terminal.browser import open_browser

ANY = 0  # port


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")] = Path("demo"),
    machines: Annotated[int, typer.Option(help="How many machines.")] = 10,
    days: Annotated[int, typer.Option(help="Working days.")] = 2,
    items_per_hour: Annotated[int, typer.Option(help="Items a machine makes in a good hour.")] = 14_500,
    shown: Annotated[
        bool,
        typer.Option("--serve/--no-serve", envvar="DEMO_SERVE", help="Go on as `aponta up` does (not: DEMO_SERVE=0)."),
    ] = True,
) -> None:
    """Simulate ten machines, run, compare with the truth, show the pages.

    Two days of files with every fault that the lab knows, or as many as fit, go through the whole pipeline; then items,
    stops, times, OEE and stock are compared with what is really true of the simulated factory. Its pages are shown
    until Ctrl-C; where serve.port is taken, at another port.
    """
    from aponta.lab.folder import Simulation

    simulation = Simulation(machines, days, items_per_hour=items_per_hour, faults=("all",), as_fits=True)
    lab.print_simulated(lab.simulate_with_progress(folder, simulation))
    from aponta.cli.terminal.options import load_factory
    from aponta.pipeline.report import Progress

    factory = load_factory(folder)
    with output.progress() as advance:
        report = run_logged(factory, progress=Progress(step=advance))
    print_report(report)
    measures = lab.compare_with_truth(factory)
    lab.print_comparison(measures)
    output.message("cli.demo_next", folder=folder)
    if shown:
        sys.stdout.flush()  # into a pipe, too: it goes on for long
        serve.watch_and_serve(factory, folder, factory.settings.serve.port, ANY, on_open=open_browser)
    if any(measure.differences for measure in measures):
        raise typer.Exit(1)
