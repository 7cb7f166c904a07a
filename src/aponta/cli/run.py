"""aponta run: one pass over the files that came."""

from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.passes import problems, run_logged
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aponta.errors import ApontaError
    from aponta.ops.lock import LockHolder
    from aponta.pipeline.report import Report


def add_to(app: typer.Typer) -> None:
    app.command()(run)


def run(
    folder: Folder = ".",  # type: ignore[assignment]  # Typer makes it a Path
    first: Annotated[
        str, typer.Option("--from", metavar="STEP", help="Begin with this step: collect, decode, refine or ship.")
    ] = "collect",
    last: Annotated[str, typer.Option("--to", metavar="STEP", help="End with this step.")] = "ship",
    wait: Annotated[float, typer.Option(help="Seconds to wait for another pass to end.", min=0)] = 30,
    profile: Annotated[bool, typer.Option("--profile", help="Print where the time goes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the files that came, make facts, declare stock.

    One pass. It can be stopped at any moment and run again: nothing is lost, nothing is counted twice. Each step goes
    on from what the last one left: collect copies the files into data/raw, decode reads their rows, refine makes the
    tables, ship tells the stock systems.
    """
    factory = load_factory(folder, as_json)
    from aponta.errors import ConfigError
    from aponta.pipeline.report import STEPS, Progress

    for step in (first, last):
        if step not in STEPS:
            raise ConfigError("cli.no_step", step=step, steps=", ".join(STEPS))
    names: list[str] = list(STEPS)
    steps = STEPS[names.index(first) : names.index(last) + 1]
    if not steps:
        raise ConfigError("cli.steps_backwards", first=first, last=last)
    with output.progress() as advance:
        progress = Progress(step=advance, wait=print_waiting)
        report = run_logged(factory, steps=steps, wait_seconds=wait, progress=progress)
    if as_json:
        output.print_json(report.as_json())
    else:
        print_report(report)
    if profile:
        rows = [(output.words().say(f"cli.step.{name}"), round(spent, 3)) for name, spent in report.profile.items()]
        for name, spent in rows:
            typer.echo(f"{spent:8.3f} s  {name}", err=True)
    code = print_concerns(report, problems(report))
    if code:
        raise typer.Exit(code)


def print_waiting(holder: "LockHolder") -> None:
    """Prints who holds the lock that a command waits for."""
    output.message("cli.waiting", who=holder.who)


def print_report(report: "Report") -> None:
    """Prints what the pass did, in a few lines."""
    counts, shipped = report.counts, report.shipped
    if counts.files["seen"]:
        output.message("cli.took", **counts.files)
        if counts.files["retried"]:
            output.message("cli.read_again", count=counts.files["retried"])
        output.message("cli.items", **counts.items, rows=counts.rows["total"], refused=counts.rows["quarantined"])
    else:
        output.message("cli.nothing_new")
    for causes in sorted({each.causes for each in report.restated.values()}):
        restated = [each for each in report.restated.values() if each.causes == causes]
        output.message(
            "cli.restated",
            hours=sum(each.hours for each in restated),
            machines=", ".join(sorted(each.machine for each in restated)),
            causes=output.cause_names(causes),
        )
    if shipped.prepared or shipped.acknowledged or shipped.rejected or shipped.unknown:
        output.message(
            "cli.shipped",
            prepared=shipped.prepared,
            acknowledged=shipped.acknowledged,
            rejected=shipped.rejected,
            unknown=shipped.unknown,
        )


def print_concerns(report: "Report", errors: "Sequence[ApontaError]" = ()) -> int:
    """Prints what needs a person, and the next command; returns the exit code. errors: as `passes.problems`."""
    from aponta.errors import TransientError

    code = 0
    collected = report.collected
    if report.counts.rows["quarantined"] or report.counts.files["quarantined"]:
        rows, files = report.counts.rows["quarantined"], report.counts.files["quarantined"]
        output.message("cli.quarantined" if files else "cli.quarantined_rows", rows=rows, files=files)
        code = 1
    if report.shipped.rejected:
        output.message("cli.rejected", count=report.shipped.rejected)
        code = 1
    if report.shipped.unopened:
        output.message("cli.unopened", names=", ".join(report.shipped.unopened), first=report.shipped.unopened[0])
        code = 1
    if report.shipped.busy:
        output.message("cli.busy", names=", ".join(report.shipped.busy))
    if report.no_start:
        output.message("cli.no_start", names=", ".join(report.no_start))
        code = 1
    if collected is not None:
        for problem in collected.unreadable[:5]:
            output.message("cli.unreadable", path=f"{problem.source}/{problem.path}", reason=problem.reason)
        for problem in collected.unreleased[:5]:
            output.message("cli.unreleased", path=f"{problem.source}/{problem.path}", reason=problem.reason)
        if collected.young:
            output.message("cli.young", count=collected.young)
        if collected.unreadable or collected.unreleased:
            code = 1
    for error in errors:
        what, do = output.words().error(error)
        typer.echo(f"{what}\n{output.words().say('cli.do')} {do}", err=True)
        code = max(code, 3 if isinstance(error, TransientError) else 1)  # else a person has to mend something there
    return code
