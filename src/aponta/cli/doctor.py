"""aponta doctor: checks a factory folder and the computer, and says what to mend."""

from typing import Any

import typer

from aponta.cli import output
from aponta.cli.options import AsJson, Folder, factory


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Check the folder and the computer; say what to mend.

    Looks at the configuration, the landing folders and the names of the files in them, ideal cycles, the calendar,
    the disk, the clock, the operational database and the stock systems. Changes nothing.
    """
    found = factory(folder, as_json)
    from aponta.pipeline.health import examine

    findings = examine(found)
    words = output.words()
    said = [words.say(f"cli.health.{one.says}", **_named(one.facts)) for one in findings]
    if as_json:
        output.document(
            [{"check": one.check, "state": one.state, "says": says} for one, says in zip(findings, said, strict=True)]
        )
    else:
        marks = {"good": "ok", "warning": "!", "bad": "X"}
        for one, says in zip(findings, said, strict=True):
            output.result(f"{marks[one.state]:>2}  {says}")
    if any(one.state == "bad" for one in findings):
        raise typer.Exit(1)


def _named(facts: dict[str, Any]) -> dict[str, Any]:
    """Causes by their names."""
    return {name: output.causes(fact) if isinstance(fact, tuple) else fact for name, fact in facts.items()}
