"""Logs of the passes that commands run: each under its run id, with its outcome or its error."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from aponta.cli.terminal import output
from aponta.errors import ApontaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aponta.config import Factory
    from aponta.ops.log import Log
    from aponta.pipeline.report import Progress, Report
    from aponta.pipeline.upgrade import Upgrade


def log_of(factory: "Factory") -> "Log":
    """The factory's log."""
    from aponta.ops.log import Log

    return Log(factory.data / "logs")


def run_logged(factory: "Factory", *, progress: "Progress | None" = None, **options: Any) -> "Report":
    """Runs a pass, and logs its outcome. options: fields of PassOptions. Raises as `run_pass`."""
    from aponta.contract.clock import system_clock
    from aponta.ops.log import run_id
    from aponta.pipeline.report import PassOptions, Progress
    from aponta.pipeline.run import run_pass

    log, run = log_of(factory), run_id(system_clock())
    progress = replace(progress or Progress(), upgraded=upgrade_reporter(factory, log, run))
    try:
        report = run_pass(factory, PassOptions(run_id=run, **options), progress=progress)
    except Exception as error:
        log_error(log, run, error)
        raise
    log_report(log, report)
    return report


def upgrade_reporter(factory: "Factory", log: "Log", run: str) -> "Callable[[Upgrade], None]":
    """Returns a function that prints and logs an upgrade: even where the pass then fails."""

    def upgraded(upgrade: "Upgrade") -> None:
        words, sentences = output.words(), []
        if upgrade.database is not None:
            copy, revisions = upgrade.copy_below(factory.folder), upgrade.database.revisions
            facts = {"revision": revisions[0], "head": revisions[-1]}
            sentences = [
                words.say("cli.upgraded_in", **facts, copy=copy) if copy else words.say("cli.upgraded", **facts)
            ]
        for table, columns in upgrade.columns.items():
            sentences.append(words.say("cli.upgraded_table", table=table, columns=", ".join(columns)))
        for sentence in sentences:
            typer.echo(sentence, err=True)
        log.write("info", " ".join(sentences), run=run, upgraded=upgrade.as_json())

    return upgraded


def log_report(log: "Log", report: "Report") -> None:
    """Logs a pass in one line."""
    words, answer = output.words(), report.as_json()
    sentences = [words.say("cli.nothing_new")]
    if report.counts.files["seen"]:
        items = {**report.counts.items, "rows": answer["rows"]["total"], "refused": answer["rows"]["quarantined"]}
        sentences = [words.say("cli.took", **answer["files"]), words.say("cli.items", **items)]
    errors = problems(report)
    sentences += [words.error(error)[0] for error in errors]
    needs_person = (
        errors or answer["rows"]["quarantined"] or answer["files"]["quarantined"] or answer["stock"]["rejected"]
    )
    counts = {name: answer[name] for name in ("files", "rows", "items", "stock", "seconds")}
    log.write("warning" if needs_person else "info", " ".join(sentences), run=report.run, batch=report.batch, **counts)


def log_error(log: "Log", run: str, error: Exception) -> None:
    """Logs an ApontaError in words, with its code; any other error with its traceback."""
    if isinstance(error, ApontaError):
        log.write("error", " ".join(output.words().error(error)), run=run, code=error.code)
    else:
        log.write("error", type(error).__name__, run=run, error=error)


def problems(report: "Report") -> list[ApontaError]:
    """Errors of a pass that came to its end: landing folders and stock systems that it could not reach."""
    unreachable = report.collected.unreachable if report.collected else ()
    return [*unreachable, *report.shipped.stopped]
