"""aponta files quarantine, retry, accept: shows what is quarantined, and lets a person mend it."""

from typing import Annotated

import typer

from aponta.cli.files.listing import sha256_of
from aponta.cli.passes import problems, run_logged
from aponta.cli.run import print_concerns, print_report
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory


def add_to(app: typer.Typer) -> None:
    for command in (quarantine, retry, accept):
        app.command()(command)


Machine = Annotated[str | None, typer.Option(help="Only this machine's.")]
Reason = Annotated[str | None, typer.Option(help="Only what was quarantined for this, as in columns or no_layout.")]


def quarantine(
    folder: Folder = ".",  # type: ignore[assignment]
    machine: Machine = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Show what is quarantined: by reason and machine, with an example and the next step.

    A line more for a machine that seems to write otherwise than its layout says.

    \b
    aponta files quarantine --machine M01
    """
    factory = load_factory(folder, as_json)
    from aponta.cli.page_context import page_context
    from aponta.contract.clock import system_clock
    from aponta.show.http.filters import show_invisible
    from aponta.show.pages.quarantine import load
    from aponta.usecases.read.drift import drifting_machines

    with page_context(lambda: factory, system_clock) as context:
        quarantined = load(context, machine, reason)
    if as_json:
        output.print_json(quarantined.model_dump(mode="json"))
        return
    if not quarantined.causes:
        output.message("cli.nothing_aside")
        return
    words = output.words()
    for cause in quarantined.causes:
        layouts = ", ".join(f"layouts/{name}.toml" for name in cause.layouts) or "layouts/*.toml"
        name, what, do = (
            words.say(f"show.reason.{cause.reason}.{part}", layouts=layouts) for part in ("name", "what", "do")
        )
        output.print_result(f"{name} ({cause.reason})\n  {what}")
        key = "cli.aside_whole" if cause.whole else "cli.aside_machine"
        for group in cause.groups:
            row = group.example
            place = row.name if row.row_no is None else f"{row.name}:{row.row_no}"
            value = ", ".join(part for part in (row.column_name, row.value) if part) or row.text or "-"
            counted = words.say(key, machine=group.machine or "-", count=group.count, files=group.files)
            example = words.say("cli.aside_example", place=show_invisible(place), said=show_invisible(value))
            output.print_result(f"  {counted}; {example}")
        output.print_result(f"  {words.say('cli.do')} {do}\n")
    for file in drifting_machines(factory, machine):
        facts = {"machine": file.machine, "name": show_invisible(file.name), "layout": file.layout}
        output.message("cli.drift_line", **facts, hash=file.sha256[:12])
    output.message("cli.aside_more")


def retry(
    folder: Folder = ".",  # type: ignore[assignment]
    hashes: Annotated[
        list[str] | None, typer.Argument(metavar="HASH...", help="Only these files, by their SHA-256 or its beginning.")
    ] = None,
    machine: Machine = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Decode files with something in quarantine again, from their raw bytes.

    After a layout or the master data was mended. What reads now counts, and its quarantine is solved; stock gets the
    difference. A file of which less would read than before stays as it was.

    \b
    aponta files retry                       # all of it
    aponta files retry --reason no_layout
    """
    factory = load_factory(folder, as_json)
    from aponta.pipeline.report import STEPS, Progress
    from aponta.usecases.correct.retry import quarantined_files, request_decode

    if hashes:
        shas = [sha256_of(factory, beginning) for beginning in hashes]
    else:
        shas = quarantined_files(factory, machine, reason)
    requested = request_decode(factory, shas)
    if not requested and not as_json:
        output.message("cli.nothing_aside")
        return
    output.message("cli.asked_again", count=requested)
    with output.progress() as advance:
        report = run_logged(factory, steps=STEPS[1:], progress=Progress(step=advance))
    if as_json:
        output.print_json(report.as_json())
    else:
        print_report(report)
    code = print_concerns(report, problems(report))
    if code:
        raise typer.Exit(code)


def accept(
    hash: Annotated[str, typer.Argument(metavar="HASH", help="The file's SHA-256, or its first characters.")],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Accept a file although its trailer lies.

    Its good rows count already; its hours were kept back from stock, and are declared with the next pass. Who
    accepted it is recorded.
    """
    factory = load_factory(folder, as_json)
    sha256 = sha256_of(factory, hash)
    from aponta.usecases.correct.accept import accept_file

    hours = accept_file(factory, sha256)
    if as_json:
        output.print_json({"accepted": sha256, "hours": hours})
    else:
        output.message("cli.accepted", hours=len(hours))
