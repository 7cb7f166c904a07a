"""aponta lab: simulated factories with seeded faults and a known truth."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, factory

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

    Beside the files stands truth.json: what is really true of them, computed apart from the pipeline.

    \b
    aponta lab simulate plant --machines 4 --days 3 --items-per-hour 600 --faults all
    aponta lab simulate plant --machines 15 --days 7 --items-per-hour 60 --layouts all --faults all
    aponta run -C plant
    aponta lab verify -C plant
    """
    output.settings.as_json = as_json
    made = write(
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
        output.document(
            {
                "folder": str(folder),
                "files": made.files,
                "bytes": made.bytes,
                "items": made.items,
                "faults": made.faults,
            }
        )
    else:
        told(made)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def write(folder: Path, **arguments: Any) -> Any:
    """A simulated factory: `lab.folder.simulate` of these arguments, its progress shown."""
    from aponta.lab.folder import simulate as make

    with output.progress() as advance:
        return make(folder, **arguments, progress=lambda done, total: advance("simulate", done, total))


def told(made: Any) -> None:
    """What was simulated, and which faults were left out."""
    output.say(
        "cli.simulated",
        folder=made.folder,
        files=made.files,
        mb=made.bytes / 1e6,
        items=made.items,
        faults=sum(made.faults.values()),
    )
    if made.left_out:
        output.say("cli.left_out", count=len(made.left_out), names=", ".join(made.left_out))


@app.command()
def verify(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Compare what a run made with the truth.

    Of a simulated factory: each measure of the tables and the stock system, and where it differs. Exit code 1 when
    anything does.
    """
    found = factory(folder, as_json)
    compared = compare(found)
    if as_json:
        output.document(
            [
                {"measure": one.measure, "truth": one.truth, "tables": one.tables, "differences": one.differences}
                for one in compared
            ]
        )
    else:
        tell(compared)
    if any(one.differences for one in compared):
        raise typer.Exit(1)


def compare(found: Any) -> Any:
    """The truth of a simulated factory against its tables and stock system: one `lab.verify.Compared` a measure."""
    from aponta.lab.truth.verify import verify as against_truth
    from aponta.ship.destinations import open_destination
    from aponta.usecases.read.published import query

    def on_hand() -> dict[tuple[str, str], float]:
        held: dict[tuple[str, str], float] = {}
        for one in found.settings.stock:
            for product, location, quantity in open_destination(one, found.stock_url(one), found.folder).on_hand():
                held[product, location] = held.get((product, location), 0) + float(quantity)
        return held

    return against_truth(found.folder, lambda sql: query(found, sql), on_hand)


def tell(compared: Any) -> None:
    """Each measure on a line, and examples of what differs."""
    words = output.words()
    rows = [(words.say(f"lab.measure.{one.measure}"), one.truth, one.tables, one.differences) for one in compared]
    output.table([words.say(f"cli.verify.{name}") for name in ("measure", "truth", "tables", "differences")], rows)
    for one in compared:
        for example in one.examples:
            output.result(f"{one.measure}: {example}")
    output.result(words.say("cli.differences", count=sum(one.differences for one in compared)))
