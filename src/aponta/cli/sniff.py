"""aponta sniff: proposes a layout from samples of a machine's files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory, use_language
from aponta.errors import ConfigError

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.decode.sniff import Proposal, Sample

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
    use_language(folder, as_json)
    inside = write or (folder / "aponta.toml").is_file()
    factory = load_factory(folder, as_json, layouts_to_come=True) if inside else None
    from aponta.decode.sniff import propose_layout

    samples = [_read(path) for path in files]
    zone = factory.settings.factory.timezone if factory else None
    proposal = propose_layout(samples, name, zone, dates)
    target = _target(proposal, out, write, folder, factory)
    text = _toml(proposal) if proposal.layout else None
    rows = _machine_rows(proposal, factory) if proposal.layout else []
    if text is not None and target is not None:
        _write(target, text)
    if as_json and proposal.problem is None:
        output.print_json(_as_json(proposal, text, rows, target))
    elif not as_json:
        _print_proposal(proposal, text, rows, target)
    if proposal.problem is not None:
        raise proposal.problem


def _read(path: Path) -> "Sample":
    from aponta.decode.sniff import read_sample

    try:
        sample = read_sample(path)
    except OSError as error:
        raise ConfigError("cli.cannot_read", path=path, reason=error.strerror) from error
    if not sample.whole:
        output.message(
            "cli.read_in_part", path=path, mb=(len(sample.head) + len(sample.tail)) // 2**20, of=sample.size // 2**20
        )
    return sample


def _target(
    proposal: "Proposal", out: Path | None, write: bool, folder: Path, factory: "Factory | None"
) -> Path | None:
    """Path of the new layout. Raises ConfigError `cli.layout_there`: it exists already, or its name is taken."""
    target = folder / "layouts" / f"{proposal.name}.toml" if write else out
    if target is None:
        return None
    if target.exists() or write and factory is not None and proposal.name in factory.layouts:
        raise ConfigError("cli.layout_there", path=target, name=proposal.name)
    return target


def _toml(proposal: "Proposal") -> str:
    from aponta.decode.sniff.toml import layout_toml

    words = output.words()
    names = ", ".join(sample.name for sample in proposal.samples[:5])
    above = [words.say("cli.sniffed_from", count=len(proposal.samples), names=names), words.say("cli.sniffed_look")]
    return layout_toml(proposal.document, proposal.guesses, above, words)


def _machine_rows(proposal: "Proposal", factory: "Factory | None") -> list[str]:
    """Rows for machines.csv, of machines that it does not have."""
    import csv
    import io

    known = factory.machines if factory else {}
    lines = []
    for machine in proposal.machines:
        if machine not in known:
            text = io.StringIO()
            csv.writer(text, lineterminator="").writerow(
                [machine, machine, "L1", "", "", proposal.name, "", "finished", "", "", ""]
            )
            lines.append(text.getvalue())
    return lines


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError("cli.cannot_write", path=target, reason=error.strerror) from error


def _guesses_as_json(proposal: "Proposal") -> list[dict[str, Any]]:
    words = output.words()
    return [
        {
            "key": guess.key,
            "value": guess.value,
            "confidence": guess.confidence,
            "evidence": [words.show(each) for each in guess.evidence],
        }
        for guess in proposal.guesses
    ]


def _as_json(proposal: "Proposal", text: str | None, rows: list[str], target: Path | None) -> dict[str, Any]:
    proof = proposal.proof
    return {
        "layout": proposal.name,
        "guesses": _guesses_as_json(proposal),
        "records": proof.records if proof else 0,
        "quarantined": proof.quarantined if proof else 0,
        "machines_csv": rows,
        "written": str(target) if target else None,
        "toml": text,
    }


def _print_proposal(proposal: "Proposal", text: str | None, rows: list[str], target: Path | None) -> None:
    words = output.words()
    for guess in proposal.guesses:
        guessed = str(guess.value).translate(output.ESCAPED_LINE_ENDS)
        shown = guessed if len(guessed) <= SHOWN else guessed[: SHOWN - 3] + "..."
        because = "; ".join(words.show(each) for each in guess.evidence).translate(output.ESCAPED_LINE_ENDS)
        sure = words.say(f"decode.sureness.{guess.confidence}")
        output.print_result(f"{guess.key:<22} {shown or '-'}\n{'':<22}   {sure}{': ' if because else ''}{because}")
    proof = proposal.proof
    if text is None or proof is None:
        return
    if target is None:
        output.print_result(f"\n{text}")
    output.message("cli.sniff_proved", name=proposal.name, records=proof.records, aside=proof.quarantined)
    for row in proof.refused[:3]:
        value = ", ".join(part for part in (row.column, row.value) if part) or row.text or "-"
        output.message("cli.sniff_aside", row=row.row_no or 0, reason=row.reason, said=value)
    if target is not None:
        output.message("cli.sniff_written", path=target)
    if rows:
        output.message("cli.sniff_machines")
        for line in rows:
            output.print_result(line)
