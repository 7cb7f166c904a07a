"""aponta reassign: a product or a quality that was typed wrong at a machine."""

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from aponta.cli.passes import problems, run_logged
from aponta.cli.run import print_concerns, print_report
from aponta.cli.terminal import output
from aponta.cli.terminal.confirm import confirm, corrections_as_json, print_corrections
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.cli.terminal.times import local_time, parse_time

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.reassignment import Reassignment
    from aponta.usecases.correct.preview import Rehearsed


class _Group(TyperGroup):
    """`aponta reassign M01 ...` is `aponta reassign items M01 ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named or not args else ["items", *args])


app = typer.Typer(
    name="reassign", cls=_Group, no_args_is_help=True, help="Put right a product or a quality that was typed wrong."
)
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without, a terminal asks, and nothing is done elsewhere.")]


@app.command()
def items(
    machine: Annotated[str, typer.Argument(metavar="MACHINE", help="Whose items.")],
    since: Annotated[
        str,
        typer.Option("--from", help='From this moment on, local time, as in "2026-03-02 08:00"; or with its zone.'),
    ],
    until: Annotated[str, typer.Option("--to", help="Up to this moment, and without it.")],
    why: Annotated[str, typer.Option(help="Recorded beside who did it.")],
    product: Annotated[str | None, typer.Option(help="Only items of this product, as silver.items has it.")] = None,
    quality: Annotated[str | None, typer.Option(help="Only items of this quality.")] = None,
    to_product: Annotated[str | None, typer.Option(help="Their product, as in products.csv.")] = None,
    to_quality: Annotated[str | None, typer.Option(help="Their quality: good, scrap, rework, unknown.")] = None,
    yes: Yes = False,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Give items of a machine the product or the quality that they really have; the word `items` may be left out.

    Shows first how many items and hours that is, and what stock is told. What the machine wrote stays in
    product_at_source and quality_at_source of silver.items, facts are made anew, gold.restatements tells it, and stock
    gets corrections. It holds for files of that time that come later, too.

    \b
    aponta reassign M01 --from "2026-03-02 08:00" --to "2026-03-02 09:30" \\
        --product PNL-20-AL --to-product PNL-30-AL --why "setup sheet not changed"
    aponta reassign M01 --from 2026-03-02 --to 2026-03-03 --quality unknown --to-quality scrap --why "no gauge"
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.contract.reassignment import Reassignment
    from aponta.factory_calendar import to_us
    from aponta.usecases.correct import preview, reassign

    times = [to_us(parse_time(text, factory.zone)) for text in (since, until)]
    wanted = Reassignment(0, machine, times[0], times[1], product, quality, to_product, to_quality)
    reassign.reason(why)
    rehearsed = preview.reassignment(factory, system_clock, wanted, _waiting)
    told = _preview(factory, wanted, rehearsed, as_json)
    if not confirm(yes):
        _not_done(told, as_json)
    number = reassign.put(factory, wanted, getpass.getuser(), why, system_clock)
    if not as_json:
        output.message("cli.reassigned", number=number)
    _pass(factory, told | {"number": number}, as_json)


@app.command("list")
def list_reassignments(
    machine: Annotated[str | None, typer.Option(help="Only this machine's.")] = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List what was reassigned, by whom and why, and what was taken back."""
    factory = load_factory(folder, as_json)
    from aponta.cli.database import opened
    from aponta.pipeline.ledger.reassignments import recorded_reassignments
    from aponta.usecases.read.published import plain

    with opened(factory) as connection:
        rows = [
            _what(factory, one.what) | {name: plain(getattr(one, name)) for name in SAID}
            for one in recorded_reassignments(connection, machine)
        ]
    if as_json:
        output.print_json(rows)
    elif rows:
        output.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.message("cli.nothing_reassigned")


SAID = ("who", "why", "made_at", "undone_by", "undone_at")


@app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="N", help="As `aponta reassign list` numbers it.")],
    yes: Yes = False,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Take a reassignment back: its items are again what the machine, and other reassignments, say.

    Shows first what that changes. It stays on record, with who took it back and when.

    \b
    aponta reassign undo 3
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.usecases.correct import preview, reassign

    one, rehearsed = preview.undoing(factory, system_clock, number, _waiting)
    told = _preview(factory, one.what, rehearsed, as_json)
    if not confirm(yes):
        _not_done(told, as_json)
    reassign.take_back(factory, number, getpass.getuser(), system_clock)
    if not as_json:
        output.message("cli.taken_back", number=number)
    _pass(factory, told, as_json)


def _waiting(holder: Any) -> None:
    output.message("cli.waiting", who=holder.who)


def _what(factory: "Factory", one: "Reassignment") -> dict[str, Any]:
    from aponta.factory_calendar import from_us

    named = {"since": "from", "until": "to"}
    return {
        named.get(name, name): local_time(from_us(value), factory.zone) if name in named else value
        for name, value in vars(one).items()
    }


def _preview(factory: "Factory", what: "Reassignment", rehearsed: "Rehearsed", as_json: bool) -> dict[str, Any]:
    stock = corrections_as_json(rehearsed.corrections)
    told = {
        "reassignment": _what(factory, what),
        "items": rehearsed.items,
        "hours": len(rehearsed.told),
        "stock": stock,
        "done": False,
    }
    if not as_json:
        shown = {name: value for name, value in _what(factory, what).items() if value not in (None, 0)}
        output.print_table(("", ""), list(shown.items()))
        output.print_result("")
        output.print_result(output.words().say("cli.would_reassign", items=rehearsed.items, hours=len(rehearsed.told)))
        print_corrections(stock)
    return told


def _not_done(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(told)
    raise typer.Exit(1)


def _pass(factory: "Factory", told: dict[str, Any], as_json: bool) -> None:
    """What was recorded is made of the tables at once; where that is not possible, the next pass does it."""
    from aponta.pipeline.report import STEPS, Progress

    with output.progress() as advance:
        progress = Progress(step=advance, wait=_waiting)
        report = run_logged(factory, steps=STEPS[1:], progress=progress)
    if as_json:
        output.print_json(told | {"done": True, "pass": report.as_json()})
    else:
        print_report(report)
    code = print_concerns(report, problems(report))
    if code:
        raise typer.Exit(code)
