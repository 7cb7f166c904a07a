"""aponta lab: simulated factories with seeded faults and a known truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory, with_options

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.lab.folder import SimulatedFactory, Simulation
    from aponta.lab.truth.verify import Comparison

app = typer.Typer(name="lab", no_args_is_help=True, help="Simulated factories with seeded faults and a known truth.")


@dataclass(frozen=True)
class SimulateOptions:
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")]
    machines: Annotated[int, typer.Option(help="How many machines.")] = 10
    days: Annotated[int, typer.Option(help="Working days.")] = 5
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1
    items_per_hour: Annotated[
        int, typer.Option(help="Items a machine makes in a good hour; the default is 1 MB a file.")
    ] = 14_500
    layouts: Annotated[
        str,
        typer.Option(
            metavar="NAMES|all",
            help="How machines write, by turns: press, euromap63, logger, packml, terminal, yokogawa, or all.",
        ),
    ] = "press"
    faults: Annotated[
        str,
        typer.Option(metavar="NAMES|all", help="Faults by name, separated by commas, or all that suit the layouts."),
    ] = ""
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = datetime(2026, 3, 2)
    facts: Annotated[bool, typer.Option("--facts", help="Hourly facts as CSV instead of files: months of them.")] = (
        False
    )
    as_json: AsJson = False


@app.command()
@with_options(SimulateOptions)
def simulate(options: SimulateOptions) -> None:
    """Write a factory folder with files of many machines.

    The folder also has truth.json: what is really true of the files, computed apart from the pipeline.

    \b
    aponta lab simulate plant --machines 4 --days 3 --items-per-hour 600 --faults all
    aponta lab simulate plant --machines 15 --days 7 --items-per-hour 60 --layouts all --faults all
    aponta run -C plant
    aponta lab verify -C plant
    """
    from aponta.lab.folder import Simulation

    output.settings.as_json = options.as_json
    simulation = Simulation(
        machines=options.machines,
        days=options.days,
        seed=options.seed,
        items_per_hour=options.items_per_hour,
        layouts=_names(options.layouts),
        faults=_names(options.faults),
        start=options.start.date(),
        facts=options.facts,
    )
    simulated = simulate_with_progress(options.folder, simulation)
    if not options.as_json:
        print_simulated(simulated)
        return
    output.print_json(
        {
            "folder": str(options.folder),
            "files": simulated.files,
            "bytes": simulated.bytes,
            "items": simulated.items,
            "faults": simulated.faults,
        }
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def simulate_with_progress(folder: Path, simulation: "Simulation") -> "SimulatedFactory":
    """Write a simulated factory, and show the progress."""
    from aponta.lab.folder import simulate_factory

    with output.progress() as advance:
        return simulate_factory(folder, simulation, progress=lambda done, total: advance("simulate", done, total))


def print_simulated(simulated: "SimulatedFactory") -> None:
    """The counts of the simulated factory, and the faults that were left out."""
    output.message(
        "cli.simulated",
        folder=simulated.folder,
        files=simulated.files,
        mb=simulated.bytes / 1e6,
        items=simulated.items,
        faults=sum(simulated.faults.values()),
    )
    if simulated.left_out:
        output.message("cli.left_out", count=len(simulated.left_out), names=", ".join(simulated.left_out))


@app.command("verify")
def verify_simulation(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Compare what a run made with the truth of a simulated factory.

    Each measure of the tables and the stock system, and where it differs. Exit code 1 when anything does.
    """
    comparisons = compare_with_truth(load_factory(folder, as_json))
    if as_json:
        output.print_json(
            [
                {
                    "measure": each.measure,
                    "truth": each.truth,
                    "tables": each.tables,
                    "differences": each.differences,
                }
                for each in comparisons
            ]
        )
    else:
        print_comparison(comparisons)
    if any(each.differences for each in comparisons):
        raise typer.Exit(1)


def compare_with_truth(factory: "Factory") -> "list[Comparison]":
    """A simulated factory's tables and stock system against its truth: one comparison per measure."""
    from aponta.lab.truth.verify import verify_truth
    from aponta.ship.destinations import open_destination
    from aponta.usecases.read.published import query

    def on_hand() -> dict[tuple[str, str], float]:
        quantities: dict[tuple[str, str], float] = {}
        for section in factory.settings.stock:
            destination = open_destination(section, factory.stock_url(section), factory.folder)
            for product, location, quantity in destination.on_hand():
                quantities[product, location] = quantities.get((product, location), 0) + float(quantity)
        return quantities

    return verify_truth(factory.folder, lambda sql: query(factory, sql), on_hand)


def print_comparison(comparisons: "Sequence[Comparison]") -> None:
    """Each measure on a line, and examples of the differences."""
    words = output.words()
    names = [words.say(f"lab.measure.{each.measure}") for each in comparisons]
    values = [(each.truth, each.tables, each.differences) for each in comparisons]
    rows = [(name, *each) for name, each in zip(names, values, strict=True)]
    output.print_table(
        [words.say(f"cli.verify.{name}") for name in ("measure", "truth", "tables", "differences")], rows
    )
    for each in comparisons:
        for example in each.examples:
            output.print_result(f"{each.measure}: {example}")
    output.print_result(words.say("cli.differences", count=sum(each.differences for each in comparisons)))
