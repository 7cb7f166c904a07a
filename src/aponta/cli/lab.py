"""aponta lab: simulated factories with seeded faults and a known truth."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.lab.folder import Simulated
    from aponta.lab.truth.verify import Compared

app = typer.Typer(name="lab", no_args_is_help=True, help="Simulated factories with seeded faults and a known truth.")


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
    machines: Annotated[int, typer.Option(help="How many machines.")] = 10,
    days: Annotated[int, typer.Option(help="Working days.")] = 5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    items_per_hour: Annotated[
        int, typer.Option(help="Items a machine makes in a good hour; the default is 1 MB a file.")
    ] = 14_500,
    layouts: Annotated[
        str,
        typer.Option(
            metavar="NAMES|all",
            help="How machines write, by turns: press, euromap63, logger, packml, terminal, yokogawa, or all.",
        ),
    ] = "press",
    faults: Annotated[
        str,
        typer.Option(metavar="NAMES|all", help="Faults by name, separated by commas, or all that suit the layouts."),
    ] = "",
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = datetime(2026, 3, 2),
    facts: Annotated[
        bool, typer.Option("--facts", help="Hourly facts as CSV instead of files: months of them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a factory folder with files of many machines.

    The folder also has truth.json: what is really true of the files, computed apart from the pipeline.

    \b
    aponta lab simulate plant --machines 4 --days 3 --items-per-hour 600 --faults all
    aponta lab simulate plant --machines 15 --days 7 --items-per-hour 60 --layouts all --faults all
    aponta run -C plant
    aponta lab verify -C plant
    """
    output.settings.as_json = as_json
    simulated = simulate_factory(
        folder,
        machines=machines,
        days=days,
        seed=seed,
        items_per_hour=items_per_hour,
        layouts=_names(layouts),
        faults=_names(faults),
        start=start.date(),
        facts=facts,
    )
    if as_json:
        names = ("files", "bytes", "items", "faults")
        output.print_json({"folder": str(folder)} | {name: getattr(simulated, name) for name in names})
    else:
        print_simulated(simulated)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def simulate_factory(folder: Path, **arguments: Any) -> "Simulated":
    """Runs `lab.folder.simulate` with these arguments and shows its progress."""
    from aponta.lab.folder import simulate as write_factory

    with output.progress() as advance:
        return write_factory(folder, **arguments, progress=lambda done, total: advance("simulate", done, total))


def print_simulated(simulated: "Simulated") -> None:
    """Prints what was simulated, and which faults were left out."""
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


@app.command()
def verify(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Compare what a run made with the truth of a simulated factory.

    Each measure of the tables and the stock system, and where it differs. Exit code 1 when anything does.
    """
    factory = load_factory(folder, as_json)
    measures = compare_with_truth(factory)
    if as_json:
        names = ("measure", "truth", "tables", "differences")
        output.print_json([{name: getattr(measure, name) for name in names} for measure in measures])
    else:
        print_comparison(measures)
    if any(measure.differences for measure in measures):
        raise typer.Exit(1)


def compare_with_truth(factory: "Factory") -> "list[Compared]":
    """Compares the truth of a simulated factory with its tables and its stock system, measure by measure."""
    from aponta.lab.truth.verify import verify as verify_tables
    from aponta.ship.destinations import open_destination
    from aponta.usecases.read.published import query

    def on_hand() -> dict[tuple[str, str], float]:
        quantities: dict[tuple[str, str], float] = {}
        for stock in factory.settings.stock:
            destination = open_destination(stock, factory.stock_url(stock), factory.folder)
            for product, location, quantity in destination.on_hand():
                quantities[product, location] = quantities.get((product, location), 0) + float(quantity)
        return quantities

    return verify_tables(factory.folder, lambda sql: query(factory, sql), on_hand)


def print_comparison(measures: "list[Compared]") -> None:
    """Prints a line for each measure, and examples of differences."""
    words = output.words()
    head = [words.say(f"cli.verify.{name}") for name in ("measure", "truth", "tables", "differences")]
    rows = [(words.say(f"lab.measure.{one.measure}"), one.truth, one.tables, one.differences) for one in measures]
    output.print_table(head, rows)
    for measure in measures:
        for example in measure.examples:
            output.print_result(f"{measure.measure}: {example}")
    output.print_result(words.say("cli.differences", count=sum(measure.differences for measure in measures)))
