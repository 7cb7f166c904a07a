"""aponta watch: runs passes until it is stopped."""

import signal
import time
from contextlib import suppress
from math import inf
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.passes import log_error, log_of, log_report, problems, upgrade_reporter
from aponta.cli.run import print_concerns, print_report
from aponta.cli.terminal import output
from aponta.cli.terminal.options import Folder, load_factory, use_language
from aponta.errors import ApontaError, ConfigError, TransientError

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.ops.heartbeat import Heartbeat
    from aponta.ops.log import Log


def add_to(app: typer.Typer) -> None:
    app.command()(watch)


def watch(
    folder: Folder = ".",  # type: ignore[assignment]
    poll: Annotated[
        float | None, typer.Option(help="Seconds between two looks; default landing.poll_seconds.", min=0.1)
    ] = None,
) -> None:
    """Run a pass whenever files come, until Ctrl-C.

    Folders are polled: a network share sends no events. A failure (a share gone, a stock system down, a mistake in a
    file that is being edited) is reported once, and the work is tried again. The configuration is read again when it
    was changed.
    """
    signal.signal(signal.SIGTERM, interrupt)
    with suppress(KeyboardInterrupt):
        run_passes(folder, poll, Event())
    output.message("cli.stopped")


def run_passes(folder: Path, poll: float | None, ended: Event) -> None:
    """Runs one pass after another, until `ended` is set. The heartbeat is in data/watch.json."""
    factory = load_factory(folder)
    from aponta.config import ConfigWatcher
    from aponta.ops.heartbeat import Heartbeat

    config = ConfigWatcher(folder, factory)
    seconds = poll or factory.settings.landing.poll_seconds
    names = [*factory.settings.landing.folders, *(section.name for section in factory.settings.source)]
    output.message("cli.watching", folders=", ".join(names), seconds=seconds)
    heartbeat, log = Heartbeat(factory.data, seconds), log_of(factory)
    failed: list[ApontaError] = []
    printed: set[str] = set()
    polled_at: dict[str, float] = {}  # sources that have a poll interval of their own
    try:
        while not ended.is_set():
            began, run = time.monotonic(), heartbeat.begin()
            try:
                if config.changing():  # the next pass would have to do again what a pass does now
                    heartbeat.idle(error=next(iter(failed), None))
                else:
                    resting = _resting_sources(config(), polled_at, began)
                    failed = _run_once(config(), run, heartbeat, log, resting, failed)
            except (ConfigError, TransientError) as error:
                failed = [error]
                heartbeat.idle(error=error)
            for each in failed:
                if str(each) not in printed:  # once, not at every pass
                    output.print_error(each)
                    log_error(log, run, each)
            printed = {str(each) for each in failed}
            ended.wait(max(0.0, seconds - (time.monotonic() - began)))
    except Exception as unexpected:  # the next pass would fail too
        log_error(log, run, unexpected)
        heartbeat.idle(error=unexpected if isinstance(unexpected, ApontaError) else None)
        raise
    finally:
        heartbeat.stop()


def _resting_sources(factory: "Factory", polled_at: dict[str, float], now: float) -> set[str]:
    """Sources whose own poll interval is not over; the interval of the others begins again."""
    due = {
        section.name
        for section in factory.settings.source
        if now - polled_at.get(section.name, -inf) >= (section.poll_seconds or 0.0)
    }
    polled_at.update(dict.fromkeys(due, now))
    return {section.name for section in factory.settings.source} - due


def _run_once(
    factory: "Factory", run: str, heartbeat: "Heartbeat", log: "Log", resting: set[str], before: list[ApontaError]
) -> list[ApontaError]:
    """Runs a pass; returns its errors, and the errors `before` of sources that rest."""
    from aponta.ops.heartbeat import LastPass
    from aponta.pipeline.report import PassOptions, Progress
    from aponta.pipeline.run import run_pass

    use_language(factory.folder)
    options = PassOptions(wait_for_young=False, run_id=run, resting=resting, requested=False)
    progress = Progress(step=heartbeat.step, upgraded=upgrade_reporter(factory, log, run))
    report = run_pass(factory, options, progress=progress)
    failed = [*problems(report), *(error for error in before if error.facts.get("source") in resting)]
    first = next(iter(failed), None)
    if not (report.counts.files["seen"] or report.restated or report.shipped.acknowledged):
        heartbeat.idle(error=first)
        return failed
    files = report.counts.files["seen"]
    heartbeat.idle(LastPass(run, heartbeat.clock(), report.batch, round(report.seconds, 3), files), first)
    print_report(report)
    print_concerns(report)
    log_report(log, report)
    return failed


def interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
