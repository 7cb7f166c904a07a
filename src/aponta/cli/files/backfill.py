"""aponta files backfill: the files of some hours, decoded and refined anew."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.passes import problems, run_logged
from aponta.cli.run import print_concerns
from aponta.cli.terminal import output
from aponta.cli.terminal.confirm import confirm, corrections_as_json, print_corrections
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.cli.terminal.times import parse_time

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.pipeline.report import Report
    from aponta.usecases.correct.backfill import Backfill

WAIT_S = 3600  # for a pass that is at work: a backfill has time
SHOWN = 20  # files that are named


def add_to(app: typer.Typer) -> None:
    app.command()(backfill)


def backfill(
    since: Annotated[
        str,
        typer.Argument(
            metavar="FROM",
            help='From this moment on, local time, as in 2026-03-02 or "2026-03-02 08:00"; or with its zone.',
        ),
    ],
    until: Annotated[str, typer.Argument(metavar="TO", help="Up to this moment, and without it.")],
    machine: Annotated[str | None, typer.Option(help="Only this machine's files.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without, a terminal asks, and nothing is done elsewhere.")
    ] = False,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Decode and refine the files of some hours anew, from their raw bytes.

    After a layout was mended, a machine's files came before its row in machines.csv, or aponta reads better now.
    Shows first what would change: files, rows, hours, stock. What it reads now counts, be it more or less than before;
    stock gets the difference. Stopped, the same command goes on where it was; new files go first.

    \b
    aponta files backfill 2026-03-02 2026-03-09 --machine M01
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.usecases.correct.backfill import rehearse, waiting
    from aponta.usecases.correct.retry import ask

    times = (parse_time(since, factory.zone), parse_time(until, factory.zone))
    with output.progress() as advance:
        shown = rehearse(
            factory, system_clock, *times, machine, lambda done, total: advance("examine", done, total), _waiting
        )
    left = waiting(factory)
    told = _document(shown)
    if not as_json:
        _tell(factory, shown, left)
    if not shown.changed and not left:
        if as_json:
            output.print_json(told)
        return
    if not confirm(yes):
        if as_json:
            output.print_json(told)
        raise typer.Exit(1)
    ask(factory, shown.changed, WAIT_S, redecode="always")
    reports = _passes(factory)
    summed = {
        kind: dict(sum((Counter(one.as_json()[kind]) for one in reports), Counter())) for kind in ("items", "stock")
    }
    if as_json:
        output.print_json(told | {"done": True, **summed})
    else:
        files = sum(one.counts.files["retried"] + one.counts.files["new"] for one in reports)
        output.message("cli.backfilled", files=files, prepared=summed["stock"].get("prepared", 0))
    code = max((print_concerns(one, problems(one)) for one in reports[-1:]), default=0)
    if code:
        raise typer.Exit(code)


def _passes(factory: "Factory") -> "list[Report]":
    """A batch in each, so that others have their turn between."""
    from aponta.pipeline.report import STEPS, Progress
    from aponta.usecases.correct.backfill import waiting

    reports: list[Report] = []
    total = left = waiting(factory)
    with output.progress() as advance:
        while left:
            advance("backfill", total - left, total)
            progress = Progress(wait=_waiting)
            reports.append(run_logged(factory, steps=STEPS[1:], wait_seconds=WAIT_S, progress=progress))
            left = waiting(factory)
        advance("backfill", total, total)
    return reports


def _waiting(holder: Any) -> None:
    output.message("cli.waiting", who=holder.who)


def _document(shown: "Backfill") -> dict[str, Any]:
    from aponta.factory_calendar import from_us
    from aponta.usecases.read.published import plain

    rehearsed = shown.rehearsed
    return {
        "files": shown.files,
        "rows": shown.rows,
        "changed": [{"file_sha256": sha256, "name": name} for sha256, name in sorted(shown.changed.items())],
        "unread": [
            {"file_sha256": sha256, "name": name, "reason": why} for sha256, (name, why) in sorted(shown.unread.items())
        ],
        "items": rehearsed.items,
        "hours": [{"machine": one, "hour": plain(from_us(hour))} for one, hour in sorted(rehearsed.hours)],
        "stock": corrections_as_json(rehearsed.corrections),
        "done": False,
    }


def _tell(factory: "Factory", shown: "Backfill", left: int) -> None:
    from aponta.factory_calendar import from_us

    say, rehearsed = output.words().say, shown.rehearsed
    output.print_result(say("cli.examined", files=shown.files, rows=shown.rows, changed=len(shown.changed)))
    for name, why in [*shown.unread.values()][:SHOWN]:
        output.print_result(say("cli.unread", name=name, why=why).translate(output.ESCAPED_LINE_ENDS))
    if shown.unread:
        output.print_result(say("cli.unread_do", files=len(shown.unread)))
    if left:
        output.print_result(say("cli.backfill_left", files=left))
    if not shown.changed:
        return
    days: Counter[tuple[str, str]] = Counter()
    for machine, hour in rehearsed.hours:
        days[machine, f"{from_us(hour).astimezone(factory.zone):%Y-%m-%d}"] += 1
    output.print_result("")
    output.print_table(("machine", "day", "hours"), [(*day, count) for day, count in sorted(days.items())])
    output.print_result("")
    output.print_result(say("cli.would_backfill", items=rehearsed.items, hours=len(rehearsed.hours)))
    print_corrections(corrections_as_json(rehearsed.corrections))
