"""aponta files backfill: the files of some hours, decoded and refined anew."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.passes import hindrances, passed
from aponta.cli.run import concerns
from aponta.cli.terminal import output
from aponta.cli.terminal.confirm import agreed, corrections, tell_stock
from aponta.cli.terminal.options import AsJson, Folder, factory
from aponta.cli.terminal.times import moment

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
    found = factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.usecases.correct.backfill import rehearse, waiting
    from aponta.usecases.correct.retry import ask

    times = (moment(since, found.zone), moment(until, found.zone))
    with output.progress() as advance:
        shown = rehearse(
            found, system_clock, *times, machine, lambda done, total: advance("examine", done, total), _waiting
        )
    left = waiting(found)
    told = _document(shown)
    if not as_json:
        _tell(found, shown, left)
    if not shown.changed and not left:
        if as_json:
            output.document(told)
        return
    if not agreed(yes):
        if as_json:
            output.document(told)
        raise typer.Exit(1)
    ask(found, shown.changed, WAIT_S, redecode="always")
    reports = _passes(found)
    summed = {
        kind: dict(sum((Counter(one.as_json()[kind]) for one in reports), Counter())) for kind in ("items", "stock")
    }
    if as_json:
        output.document(told | {"done": True, **summed})
    else:
        files = sum(one.counts.files["retried"] + one.counts.files["new"] for one in reports)
        output.say("cli.backfilled", files=files, prepared=summed["stock"].get("prepared", 0))
    code = max((concerns(one, hindrances(one)) for one in reports[-1:]), default=0)
    if code:
        raise typer.Exit(code)


def _passes(found: "Factory") -> "list[Report]":
    """A batch in each, so that others have their turn between."""
    from aponta.pipeline.report import STEPS, Progress
    from aponta.usecases.correct.backfill import waiting

    reports: list[Report] = []
    total = left = waiting(found)
    with output.progress() as advance:
        while left:
            advance("backfill", total - left, total)
            progress = Progress(wait=_waiting)
            reports.append(passed(found, steps=STEPS[1:], wait_seconds=WAIT_S, progress=progress))
            left = waiting(found)
        advance("backfill", total, total)
    return reports


def _waiting(holder: Any) -> None:
    output.say("cli.waiting", who=holder.who)


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
        "stock": corrections(rehearsed.corrections),
        "done": False,
    }


def _tell(found: "Factory", shown: "Backfill", left: int) -> None:
    from aponta.factory_calendar import from_us

    say, rehearsed = output.words().say, shown.rehearsed
    output.result(say("cli.examined", files=shown.files, rows=shown.rows, changed=len(shown.changed)))
    for name, why in [*shown.unread.values()][:SHOWN]:
        output.result(say("cli.unread", name=name, why=why).translate(output.OF_LINES))
    if shown.unread:
        output.result(say("cli.unread_do", files=len(shown.unread)))
    if left:
        output.result(say("cli.backfill_left", files=left))
    if not shown.changed:
        return
    days: Counter[tuple[str, str]] = Counter()
    for machine, hour in rehearsed.hours:
        days[machine, f"{from_us(hour).astimezone(found.zone):%Y-%m-%d}"] += 1
    output.result("")
    output.table(("machine", "day", "hours"), [(*day, count) for day, count in sorted(days.items())])
    output.result("")
    output.result(say("cli.would_backfill", items=rehearsed.items, hours=len(rehearsed.hours)))
    tell_stock(corrections(rehearsed.corrections))
