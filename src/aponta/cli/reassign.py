"""aponta reassign: puts right a product or a quality that was typed wrong at a machine."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from aponta.cli.passes import problems, run_logged
from aponta.cli.run import print_concerns, print_report, print_waiting
from aponta.cli.terminal import output
from aponta.cli.terminal.confirm import confirm, corrections_as_json, print_corrections
from aponta.cli.terminal.options import AsJson, Folder, load_factory, with_options
from aponta.cli.terminal.times import local_time, parse_time

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.reassignment import Reassignment
    from aponta.usecases.correct.preview import Preview


class _Group(TyperGroup):
    """`aponta reassign M01 ...` is `aponta reassign items M01 ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named or not args else ["items", *args])


app = typer.Typer(
    name="reassign", cls=_Group, no_args_is_help=True, help="Put right a product or a quality that was typed wrong."
)
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without, a terminal asks, and nothing is done elsewhere.")]
RECORDED = ("who", "why", "made_at", "undone_by", "undone_at")


@dataclass(frozen=True)
class ReassignOptions:
    """Options of `aponta reassign`: whose items, of which time, and what they become."""

    machine: Annotated[str, typer.Argument(metavar="MACHINE", help="Whose items.")]
    since: Annotated[
        str, typer.Option("--from", help='From this moment on, local time, as in "2026-03-02 08:00"; or with its zone.')
    ]
    until: Annotated[str, typer.Option("--to", help="Up to this moment, and without it.")]
    why: Annotated[str, typer.Option(help="Recorded beside who did it.")]
    product: Annotated[str | None, typer.Option(help="Only items of this product, as silver.items has it.")] = None
    quality: Annotated[str | None, typer.Option(help="Only items of this quality.")] = None
    to_product: Annotated[str | None, typer.Option(help="Their product, as in products.csv.")] = None
    to_quality: Annotated[str | None, typer.Option(help="Their quality: good, scrap, rework, unknown.")] = None
    yes: Yes = False
    folder: Folder = Path()
    as_json: AsJson = False


@app.command()
@with_options(ReassignOptions)
def items(options: ReassignOptions) -> None:
    """Give items of a machine the product or the quality that they really have; the word `items` may be left out.

    Shows first how many items and hours that is, and which corrections stock gets. Product and quality as the machine
    wrote them stay in product_at_source and quality_at_source of silver.items, facts are built again,
    gold.restatements has each change, and stock gets corrections. It holds for files of that time that come later, too.

    \b
    aponta reassign M01 --from "2026-03-02 08:00" --to "2026-03-02 09:30" \\
        --product PNL-20-AL --to-product PNL-30-AL --why "setup sheet not changed"
    aponta reassign M01 --from 2026-03-02 --to 2026-03-03 --quality unknown --to-quality scrap --why "no gauge"
    """
    factory = load_factory(options.folder, options.as_json)
    from aponta.contract.clock import system_clock
    from aponta.contract.reassignment import Reassignment
    from aponta.factory_calendar import to_us
    from aponta.usecases.correct.preview import preview_reassignment
    from aponta.usecases.correct.reassign import checked_reason, reassign

    since, until = (to_us(parse_time(text, factory.zone)) for text in (options.since, options.until))
    wanted = Reassignment(
        0,
        options.machine,
        since,
        until,
        options.product,
        options.quality,
        options.to_product,
        options.to_quality,
    )
    checked_reason(options.why)
    preview = preview_reassignment(factory, system_clock, wanted, print_waiting)
    answer = _show_preview(factory, wanted, preview, options.as_json)
    _confirm(options.yes, answer, options.as_json)
    number = reassign(factory, wanted, getpass.getuser(), options.why, system_clock)
    if not options.as_json:
        output.message("cli.reassigned", number=number)
    _run_pass(factory, answer | {"number": number}, options.as_json)


@app.command("list")
def list_reassignments(
    machine: Annotated[str | None, typer.Option(help="Only this machine's.")] = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List what was reassigned, by whom and why, and what was taken back."""
    factory = load_factory(folder, as_json)
    from aponta.ops.database import single_transaction
    from aponta.pipeline.ledger.reassignments import recorded_reassignments
    from aponta.usecases.read.published import to_json

    with single_transaction(factory.ops_url) as connection:
        rows = [
            _as_row(factory, recorded.what) | {name: to_json(getattr(recorded, name)) for name in RECORDED}
            for recorded in recorded_reassignments(connection, machine)
        ]
    output.print_rows(rows, "cli.nothing_reassigned")


@app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="N", help="As `aponta reassign list` numbers it.")],
    yes: Yes = False,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Take a reassignment back: its items are again as the machine wrote them, but for other reassignments.

    Shows first what that changes. It stays on record, with who took it back and when.

    \b
    aponta reassign undo 3
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.usecases.correct.preview import preview_undo
    from aponta.usecases.correct.reassign import undo_reassignment

    recorded, preview = preview_undo(factory, system_clock, number, print_waiting)
    answer = _show_preview(factory, recorded.what, preview, as_json)
    _confirm(yes, answer, as_json)
    undo_reassignment(factory, number, getpass.getuser(), system_clock)
    if not as_json:
        output.message("cli.taken_back", number=number)
    _run_pass(factory, answer, as_json)


def _as_row(factory: "Factory", reassignment: "Reassignment") -> dict[str, Any]:
    from aponta.factory_calendar import from_us

    times = {"since": "from", "until": "to"}
    return {
        times.get(name, name): local_time(from_us(value), factory.zone) if name in times else value
        for name, value in vars(reassignment).items()
    }


def _show_preview(
    factory: "Factory", reassignment: "Reassignment", preview: "Preview", as_json: bool
) -> dict[str, Any]:
    """Prints the preview, unless the answer is JSON; returns that answer, for a change that is not made."""
    row = _as_row(factory, reassignment)
    stock = corrections_as_json(preview.corrections)
    hours = len(preview.records)
    if not as_json:
        shown = [(name, value) for name, value in row.items() if value not in (None, 0)]
        output.print_table(("", ""), shown)
        output.print_result("")
        output.print_result(output.words().say("cli.would_reassign", items=preview.items, hours=hours))
        print_corrections(stock)
    return {"reassignment": row, "items": preview.items, "hours": hours, "stock": stock, "done": False}


def _confirm(yes: bool, answer: dict[str, Any], as_json: bool) -> None:
    """Raises typer.Exit where nobody agrees."""
    if not confirm(yes):
        if as_json:
            output.print_json(answer)
        raise typer.Exit(1)


def _run_pass(factory: "Factory", answer: dict[str, Any], as_json: bool) -> None:
    """Runs a pass that rebuilds the hours at once; where that is not possible, the next pass does it."""
    from aponta.pipeline.report import STEPS, Progress

    with output.progress() as advance:
        report = run_logged(factory, steps=STEPS[1:], progress=Progress(step=advance, wait=print_waiting))
    if as_json:
        output.print_json(answer | {"done": True, "pass": report.as_json()})
    else:
        print_report(report)
    code = print_concerns(report, problems(report))
    if code:
        raise typer.Exit(code)
