"""aponta stock post: posts pending declarations; before the first time, a person sees and approves them."""

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.stock.destination import To, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.confirm import confirm, corrections_as_json
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.usecases.stock.approval import PendingApproval


def add_to(app: typer.Typer) -> None:
    app.command()(post)


def post(
    to: To = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be posted, and post nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Post there for the first time without being asked.")] = False,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Post pending declarations now, without looking for new files.

    Before the first posting to a stock system, this shows the quantities that it adds and asks; `aponta run` and
    `aponta watch` post there from then on. aponta's own stock database needs no approval.

    \b
    aponta stock post --dry-run
    aponta stock post --to erp
    """
    factory = load_factory(folder, as_json)
    names = {section.name for section in chosen_destinations(factory, to)}
    from aponta.cli.passes import problems, run_logged
    from aponta.cli.run import print_concerns, print_report
    from aponta.contract.clock import system_clock
    from aponta.usecases.stock.approval import approve_posting, pending_approvals

    pending = [each for each in pending_approvals(factory, system_clock) if each.destination in names]
    if dry_run and as_json:
        output.print_json([_as_json(each) for each in pending])
    for each in pending:
        asks = each.needs_approval and bool(each.lines) and not dry_run
        if not as_json and (dry_run or asks):
            _show(each)
        if asks and confirm(yes):
            approve_posting(factory, each.destination, getpass.getuser()[:200], system_clock)
    if dry_run:
        return
    report = run_logged(factory, steps=("ship",))
    if as_json:
        output.print_json(report.as_json()["stock"])
    else:
        print_report(report)
    code = print_concerns(report, problems(report))
    if code:
        raise typer.Exit(code)


def _as_json(pending: "PendingApproval") -> dict[str, Any]:
    return {
        "destination": pending.destination,
        "place": pending.place,
        "asks": pending.needs_approval,
        "lines": corrections_as_json(pending.lines),
    }


def _show(pending: "PendingApproval") -> None:
    words = output.words()
    if not pending.lines:
        output.print_result(words.say("cli.nothing_to_post", name=pending.destination))
        return
    output.print_result(words.say("cli.to_post", name=pending.destination, place=pending.place))
    columns = ("product", "location", "quantity", "unit")
    output.print_table(columns, [[row[name] for name in columns] for row in corrections_as_json(pending.lines)])
