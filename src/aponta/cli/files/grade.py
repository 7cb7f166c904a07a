"""aponta files grade: each machine's files, A to F, why, and what to ask of its vendor."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.usecases.vendor.grading import Shortcoming


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
    from aponta.usecases.vendor.grading import grade_machines

    if machine is not None and machine not in factory.machines:
        raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    grades = [graded for graded in grade_machines(factory) if machine in (None, graded.machine)]
    if as_json:
        output.print_json(
            [
                {
                    "machine": graded.machine,
                    "layout": graded.layout,
                    "files": graded.files,
                    "grade": graded.letter,
                }
                | {"criteria": [asdict(each) | _texts(each) for each in graded.shortcomings]}
                for graded in grades
            ]
        )
        return
    for graded in grades:
        facts = {"machine": graded.machine, "files": graded.files, "layout": graded.layout}
        output.print_result(output.words().say("cli.grade_machine", letter=graded.letter or "-", **facts))
        for each in graded.shortcomings:
            texts = _texts(each)
            output.print_result(f"  {each.letter}  {texts['says']}")
            output.print_result(f"     {output.words().say('cli.do')} {texts['ask']}")
    layouts = [graded.layout for graded in grades if graded.shortcomings]
    if layouts:
        output.message("cli.grade_next", layout=layouts[0])


def _texts(shortcoming: "Shortcoming") -> dict[str, str]:
    words, criterion = output.words(), shortcoming.criterion
    return {
        "says": words.say(f"pipeline.vendor.why.{criterion}", count=shortcoming.count or 0, of=shortcoming.of or 0),
        "ask": words.say(f"pipeline.vendor.mend.{criterion}"),
    }
