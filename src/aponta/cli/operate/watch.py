"""aponta watch: passes, for as long as it runs."""

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

    Folders are polled: a network share sends no events. What cannot be done now (a share gone, a stock system down, a
    mistake in a file that is being edited) is said once and tried again. The configuration is read again when it was
    changed.
    """
    signal.signal(signal.SIGTERM, interrupt)
    with suppress(KeyboardInterrupt):
        run_passes(folder, poll, Event())
    output.message("cli.stopped")


def run_passes(folder: Path, poll: float | None, ended: Event) -> None:
    """One pass after another, until `ended` is set. Beats in data/watch.json."""
    factory = load_factory(folder)
    from aponta.config import ConfigWatcher
    from aponta.ops.heartbeat import Heartbeat

    latest = ConfigWatcher(folder, factory)
    seconds = poll or factory.settings.landing.poll_seconds
    names = [*factory.settings.landing.folders, *(one.name for one in factory.settings.source)]
    output.message("cli.watching", folders=", ".join(names), seconds=seconds)
    heart, log = Heartbeat(factory.data, seconds), log_of(factory)
    failed: list[ApontaError] = []
    said: set[str] = set()
    looked: dict[str, float] = {}  # into sources that have a time of their own
    try:
        while not ended.is_set():
            began, run = time.monotonic(), heart.begin()
            try:
                if latest.changing():  # what a pass would make now, the next one would make anew
                    heart.idle(error=next(iter(failed), None))
                else:
                    resting = _resting_sources(latest(), looked, began)
                    failed = _run_once(latest(), run, heart, log, resting, failed)
            except (ConfigError, TransientError) as error:
                failed = [error]
                heart.idle(error=error)
            for one in failed:
                if str(one) not in said:  # once, not at every look
                    output.print_error(one)
                    log_error(log, run, one)
            said = {str(one) for one in failed}
            ended.wait(max(0.0, seconds - (time.monotonic() - began)))
    except Exception as error:  # nothing that a next look would mend
        log_error(log, run, error)
        heart.idle(error=error if isinstance(error, ApontaError) else None)
        raise
    finally:
        heart.stop()


def _resting_sources(factory: "Factory", looked: dict[str, float], now: float) -> set[str]:
    """Sources whose own time between two looks is not over; of the others it begins anew."""
    due = {one.name for one in factory.settings.source if now - looked.get(one.name, -inf) >= (one.poll_seconds or 0.0)}
    looked.update(dict.fromkeys(due, now))
    return {one.name for one in factory.settings.source} - due


def _run_once(
    factory: "Factory", run: str, heart: "Heartbeat", log: "Log", resting: set[str], before: list[ApontaError]
) -> list[ApontaError]:
    """A pass; returns what it could not reach, and of sources that rest, what could not be reached before."""
    from aponta.ops.heartbeat import LastPass
    from aponta.pipeline.report import PassOptions, Progress
    from aponta.pipeline.run import run_pass

    use_language(factory.folder)
    options = PassOptions(wait_for_young=False, run_id=run, resting=resting, requested=False)
    progress = Progress(step=heart.step, upgraded=upgrade_reporter(factory, log, run))
    report = run_pass(factory, options, progress=progress)
    failed = [*problems(report), *(one for one in before if one.facts.get("source") in resting)]
    first = next(iter(failed), None)
    if not (report.counts.files["seen"] or report.restated or report.shipped.acknowledged):
        heart.idle(error=first)
        return failed
    files = report.counts.files["seen"]
    heart.idle(LastPass(run, heart.clock(), report.batch, round(report.seconds, 3), files), first)
    print_report(report)
    print_concerns(report)
    log_report(log, report)
    return failed


def interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
