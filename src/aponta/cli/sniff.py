"""aponta sniff: from samples of a machine's files to the layout that reads them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, factory, speak
from aponta.errors import ConfigError

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.decode.sniff import Found, Sample

Order = Literal["dd/mm", "mm/dd"]
SHOWN = 60  # characters of a value in the table


def add_to(app: typer.Typer) -> None:
    app.command()(sniff)


def sniff(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files of one type of machine, as it wrote them.")
    ],
    name: Annotated[str | None, typer.Option(help="The layout's name; default made of the machine's.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the layout here.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write it into the factory folder's layouts/.")] = False,
    dates: Annotated[
        Order | None, typer.Option(help="How the machine writes dates, where nothing in the samples tells.")
    ] = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Find out how files are written, and propose the layout that reads them.

    Prints each guess, how sure it is and what speaks for it, then the layout, and decodes the samples with it. What
    nothing tells is not guessed: exit code 1, with the sample that would settle it. Several samples settle more than
    one, of several days best. Of a huge file the first 4 MB and the last one are read. Needs no factory folder; in one
    it proposes the machine's row too.

    \b
    aponta sniff M01_20260105_07.txt
    aponta sniff M01_*.txt --name press_v1 -o press_v1.toml
    aponta sniff M01.txt --dates dd/mm
    aponta sniff samples/*.txt --name press_v1 --write -C shop
    """
    speak(folder, as_json)
    inside = write or (folder / "aponta.toml").is_file()
    found_factory = factory(folder, as_json, layouts_to_come=True) if inside else None
    from aponta.decode.sniff import sniff as ask

    samples = [_read(path) for path in files]
    zone = found_factory.settings.factory.timezone if found_factory else None
    found = ask(samples, name, zone, dates)
    target = _target(found, out, write, folder, found_factory)
    text = _toml(found) if found.layout else None
    rows = _machine_rows(found, found_factory) if found.layout else []
    if text is not None and target is not None:
        _write(target, text)
    if as_json and found.refused is None:
        output.document(_document(found, text, rows, target))
    elif not as_json:
        _tell(found, text, rows, target)
    if found.refused is not None:
        raise found.refused


def _read(path: Path) -> "Sample":
    from aponta.decode.sniff import read_sample

    try:
        sample = read_sample(path)
    except OSError as error:
        raise ConfigError("cli.cannot_read", path=path, reason=error.strerror) from error
    if not sample.whole:
        output.say(
            "cli.read_in_part", path=path, mb=(len(sample.head) + len(sample.tail)) // 2**20, of=sample.size // 2**20
        )
    return sample


def _target(found: "Found", out: Path | None, write: bool, folder: Path, of: "Factory | None") -> Path | None:
    """Where the layout goes. Raises ConfigError: it is there already, or its name is taken."""
    target = folder / "layouts" / f"{found.name}.toml" if write else out
    if target is None:
        return None
    if target.exists() or write and of is not None and found.name in of.layouts:
        raise ConfigError("cli.layout_there", path=target, name=found.name)
    return target


def _toml(found: "Found") -> str:
    from aponta.decode.sniff.toml import written

    words = output.words()
    names = ", ".join(sample.name for sample in found.samples[:5])
    above = [words.say("cli.sniffed_from", count=len(found.samples), names=names), words.say("cli.sniffed_look")]
    return written(found.given, found.guesses, above, words)


def _machine_rows(found: "Found", of: "Factory | None") -> list[str]:
    """For machines.csv: a row each of those that are not there."""
    import csv
    import io

    known = of.machines if of else {}
    lines = []
    for machine in found.machines:
        if machine not in known:
            text = io.StringIO()
            csv.writer(text, lineterminator="").writerow(
                [machine, machine, "L1", "", "", found.name, "", "finished", "", "", ""]
            )
            lines.append(text.getvalue())
    return lines


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError("cli.cannot_write", path=target, reason=error.strerror) from error


def _told(found: "Found") -> list[dict[str, Any]]:
    words = output.words()
    return [
        {
            "key": guess.key,
            "value": guess.value,
            "confidence": guess.confidence,
            "evidence": [words.show(one) for one in guess.evidence],
        }
        for guess in found.guesses
    ]


def _document(found: "Found", text: str | None, rows: list[str], target: Path | None) -> dict[str, Any]:
    proof = found.proof
    return {
        "layout": found.name,
        "guesses": _told(found),
        "records": proof.records if proof else 0,
        "quarantined": proof.aside if proof else 0,
        "machines_csv": rows,
        "written": str(target) if target else None,
        "toml": text,
    }


def _tell(found: "Found", text: str | None, rows: list[str], target: Path | None) -> None:
    words = output.words()
    for guess in found.guesses:
        value = str(guess.value).translate(output.OF_LINES)
        shown = value if len(value) <= SHOWN else value[: SHOWN - 3] + "..."
        because = "; ".join(words.show(one) for one in guess.evidence).translate(output.OF_LINES)
        sure = words.say(f"decode.sureness.{guess.confidence}")
        output.result(f"{guess.key:<22} {shown or '-'}\n{'':<22}   {sure}{': ' if because else ''}{because}")
    if text is None or found.proof is None:
        return
    if target is None:
        output.result(f"\n{text}")
    output.say("cli.sniff_proved", name=found.name, records=found.proof.records, aside=found.proof.aside)
    for one in found.proof.refused[:3]:
        said = ", ".join(part for part in (one.column, one.value) if part) or one.text or "-"
        output.say("cli.sniff_aside", row=one.row_no or 0, reason=one.reason, said=said)
    if target is not None:
        output.say("cli.sniff_written", path=target)
    if rows:
        output.say("cli.sniff_machines")
        for row in rows:
            output.result(row)
