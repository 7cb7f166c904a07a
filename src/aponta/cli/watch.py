"""aponta watch: passes, for as long as it runs."""

import signal
import time
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer

from aponta.cli import output
from aponta.cli.options import Folder, factory
from aponta.cli.run import concerns, tell


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
    mistake in a file that is being edited) is said once and tried again. The configuration is read before every pass.
    """
    signal.signal(signal.SIGTERM, _stop)
    with suppress(KeyboardInterrupt):
        passes(folder, poll, Event())
    output.say("cli.stopped")


def passes(folder: Path, poll: float | None, ended: Event) -> None:
    """One pass after another, until `ended` is set."""
    found = factory(folder)
    from aponta import pipeline
    from aponta.errors import ConfigError, TransientError

    seconds = poll or found.settings.landing.poll_seconds
    output.say("cli.watching", folders=", ".join(found.settings.landing.folders), seconds=seconds)
    said = ""
    while not ended.is_set():
        began = time.monotonic()
        try:
            found = factory(folder)  # as it is now: what was changed in it holds from this pass on
            report = pipeline.run(found, wait_for_young=False)
            if report.counts.files["seen"] or report.restated or report.shipped.acknowledged:
                tell(report)
                concerns(report)
            said = ""
        except (ConfigError, TransientError) as error:
            if str(error) != said:  # once, not at every look
                output.fail(error)
            said = str(error)
        ended.wait(max(0.0, seconds - (time.monotonic() - began)))


def _stop(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
