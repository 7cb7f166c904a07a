"""aponta doctor: checks a factory folder and the computer, and prints what to mend."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.errors import ConfigError
from aponta.words import LANGUAGES

if TYPE_CHECKING:
    from aponta.config import Factory


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    folder: Folder = ".",  # type: ignore[assignment]
    vendor: Annotated[
        str | None,
        typer.Option(metavar="LAYOUT", help="Write the page to send to the vendor of its machines, and check nothing."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Of that page: pt-BR or en.", show_default="the factory's")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="That page.", show_default="LAYOUT.pdf")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the folder and the computer; say what to mend.

    Looks at the configuration, the landing folders and the names of the files in them, ideal cycles, the calendar,
    the disk, the clocks, the operational database and the stock systems. Changes nothing.

    With --vendor it writes one page of A4, a PDF: how the file should be that the machines of a layout write, and what
    is asked of it.

    \b
    aponta doctor
    aponta doctor --vendor press_v1
    aponta doctor --vendor press_v1 --language en -o press.pdf
    """
    factory = load_factory(folder, as_json)
    if vendor is not None:
        _write_vendor_page(factory, vendor, language, out or Path(f"{vendor}.pdf"), as_json)
        return
    from aponta.usecases.doctor.checks import check_all

    findings = check_all(factory)
    words = output.words()
    messages = [words.say(f"cli.health.{each.message}", **_with_cause_names(each.facts)) for each in findings]
    if as_json:
        output.print_json(
            [
                {"check": finding.check, "state": finding.state, "says": message}
                for finding, message in zip(findings, messages, strict=True)
            ]
        )
    else:
        marks = {"good": "ok", "warning": "!", "bad": "X"}
        for finding, message in zip(findings, messages, strict=True):
            output.print_result(f"{marks[finding.state]:>2}  {message}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def _with_cause_names(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with tuples of causes in words."""
    return {name: output.cause_names(fact) if isinstance(fact, tuple) else fact for name, fact in facts.items()}


def _write_vendor_page(factory: "Factory", layout: str, language: str | None, out: Path, as_json: bool) -> None:
    """Raises ConfigError `cli.no_language`, `cli.cannot_write`, `pipeline.no_layout`."""
    from aponta.show.print.vendor import specification_pdf
    from aponta.usecases.vendor.specification import specification_of
    from aponta.words import Words

    known = [each for each in LANGUAGES if each == (language or factory.settings.factory.language)]
    if not known:
        raise ConfigError("cli.no_language", language=language, known=", ".join(LANGUAGES))
    words = Words(known[0])
    specification = specification_of(factory, layout, words)
    try:
        out.write_bytes(specification_pdf(specification, words))
    except OSError as error:
        raise ConfigError("cli.cannot_write", path=out, reason=error.strerror) from error
    if as_json:
        output.print_json(specification.as_json() | {"file": str(out)})
    else:
        output.message("cli.vendor_written", path=out, layout=layout)
