"""aponta files backfill: decodes and refines the files of some hours again."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.passes import problems, run_logged
from aponta.cli.run import print_concerns, print_waiting
from aponta.cli.terminal import output
from aponta.cli.terminal.confirm import confirm, corrections_as_json, print_corrections
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.cli.terminal.times import parse_time

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.pipeline.report import Report
    from aponta.usecases.correct.backfill import BackfillPreview

WAIT_S = 3600  # for a pass that is at work: a backfill has time
SHOWN = 20  # files that are named
SUMMED = ("items", "stock")  # counts of the reports


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
    """Decode and refine the files of some hours again, from their raw bytes.

    After a layout was mended, a machine's files came before its row in machines.csv, or aponta reads better now.
    Shows first what would change: files, rows, hours, stock. What it reads now counts, be it more or less than before;
    stock gets the difference. Stopped, the same command goes on where it was; new files go first.

    \b
    aponta files backfill 2026-03-02 2026-03-09 --machine M01
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.usecases.correct.backfill import backfill_remaining, preview_backfill
    from aponta.usecases.correct.retry import request_decode

    times = (parse_time(since, factory.zone), parse_time(until, factory.zone))
    with output.progress() as advance:

        def examined(done: int, total: int) -> None:
            advance("examine", done, total)

        preview = preview_backfill(factory, system_clock, *times, machine, examined, print_waiting)
    remaining = backfill_remaining(factory)
    answer = _as_json(preview)
    if not as_json:
        _print_preview(factory, preview, remaining)
    if not preview.changed and not remaining:
        if as_json:
            output.print_json(answer)
        return
    if not confirm(yes):
        if as_json:
            output.print_json(answer)
        raise typer.Exit(1)
    request_decode(factory, preview.changed, WAIT_S, redecode="always")
    reports = _run_passes(factory)
    sums = {kind: dict(sum((Counter(each.as_json()[kind]) for each in reports), Counter())) for kind in SUMMED}
    if as_json:
        output.print_json(answer | {"done": True, **sums})
    else:
        files = sum(each.counts.files["retried"] + each.counts.files["new"] for each in reports)
        output.message("cli.backfilled", files=files, prepared=sums["stock"].get("prepared", 0))
    code = max((print_concerns(each, problems(each)) for each in reports[-1:]), default=0)
    if code:
        raise typer.Exit(code)


def _run_passes(factory: "Factory") -> "list[Report]":
    """Runs a pass for each batch, so that other passes have their turn between."""
    from aponta.pipeline.report import STEPS, Progress
    from aponta.usecases.correct.backfill import backfill_remaining

    reports: list[Report] = []
    total = remaining = backfill_remaining(factory)
    with output.progress() as advance:
        while remaining:
            advance("backfill", total - remaining, total)
            progress = Progress(wait=print_waiting)
            reports.append(run_logged(factory, steps=STEPS[1:], wait_seconds=WAIT_S, progress=progress))
            remaining = backfill_remaining(factory)
        advance("backfill", total, total)
    return reports


def _as_json(preview: "BackfillPreview") -> dict[str, Any]:
    from aponta.factory_calendar import from_us
    from aponta.usecases.read.published import to_json

    effect = preview.effect
    return {
        "files": preview.files,
        "rows": preview.rows,
        "changed": [{"file_sha256": sha256, "name": name} for sha256, name in sorted(preview.changed.items())],
        "unread": [
            {"file_sha256": sha256, "name": name, "reason": why}
            for sha256, (name, why) in sorted(preview.unread.items())
        ],
        "items": effect.items,
        "hours": [{"machine": machine, "hour": to_json(from_us(hour))} for machine, hour in sorted(effect.hours)],
        "stock": corrections_as_json(effect.corrections),
        "done": False,
    }


def _print_preview(factory: "Factory", preview: "BackfillPreview", remaining: int) -> None:
    from aponta.factory_calendar import from_us

    say, effect = output.words().say, preview.effect
    output.print_result(say("cli.examined", files=preview.files, rows=preview.rows, changed=len(preview.changed)))
    for name, why in [*preview.unread.values()][:SHOWN]:
        output.print_result(say("cli.unread", name=name, why=why).translate(output.ESCAPED_LINE_ENDS))
    if preview.unread:
        output.print_result(say("cli.unread_do", files=len(preview.unread)))
    if remaining:
        output.print_result(say("cli.backfill_left", files=remaining))
    if not preview.changed:
        return
    days: Counter[tuple[str, str]] = Counter()
    for machine, hour in effect.hours:
        days[machine, f"{from_us(hour).astimezone(factory.zone):%Y-%m-%d}"] += 1
    output.print_result("")
    output.print_table(("machine", "day", "hours"), [(*day, count) for day, count in sorted(days.items())])
    output.print_result("")
    output.print_result(say("cli.would_backfill", items=effect.items, hours=len(effect.hours)))
    print_corrections(corrections_as_json(effect.corrections))
