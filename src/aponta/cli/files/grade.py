"""aponta files grade: each machine's files, A to F, why, and what to ask of its vendor."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.usecases.vendor.grading import Mark


def add_to(app: typer.Typer) -> None:
    app.command()(grade)


def grade(
    folder: Folder = ".",  # type: ignore[assignment]
    machine: Annotated[str | None, typer.Option(help="Only this machine's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Grade each machine's files from A to F, say why, and what to ask of its vendor.

    Holds the newest files of each machine against what is asked of a file: trailer, checksum, counter, milliseconds,
    offset from UTC, and how many came cut, late, twice or with rows quarantined. The worst criterion is the grade.

    \b
    aponta files grade
    aponta files grade --machine M01 --json
    """
    factory = load_factory(folder, as_json)
    from aponta.errors import ConfigError
    from aponta.usecases.vendor.grading import grades

    if machine is not None and machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    told = [one for one in grades(factory) if machine in (None, one.machine)]
    if as_json:
        output.print_json(
            [
                {"machine": one.machine, "layout": one.layout, "files": one.files, "grade": one.letter}
                | {"criteria": [asdict(mark) | _said(mark) for mark in one.marks]}
                for one in told
            ]
        )
        return
    for one in told:
        facts = {"machine": one.machine, "letter": one.letter or "-", "files": one.files, "layout": one.layout}
        output.print_result(output.words().say("cli.grade_machine", **facts))
        for mark in one.marks:
            said = _said(mark)
            output.print_result(f"  {mark.letter}  {said['says']}")
            output.print_result(f"     {output.words().say('cli.do')} {said['ask']}")
    if any(one.marks for one in told):
        output.message("cli.grade_next", layout=next(one.layout for one in told if one.marks))


def _said(mark: "Mark") -> dict[str, str]:
    words = output.words()
    return {
        "says": words.say(f"pipeline.vendor.why.{mark.criterion}", count=mark.count or 0, of=mark.of or 0),
        "ask": words.say(f"pipeline.vendor.mend.{mark.criterion}"),
    }
