"""aponta files drift: finds changes in the form of a machine's files, and proposes its layout's next version."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.files.listing import sha256_of
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory
from aponta.errors import ConfigError

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.decode.sniff.drift.drift import Drift
    from aponta.usecases.read.drift import DriftingFile


def add_to(app: typer.Typer) -> None:
    app.command()(drift)


def drift(
    hash: Annotated[
        str | None,
        typer.Argument(metavar="HASH", help="A file, by its SHA-256 or its beginning; default those in doubt."),
    ] = None,
    machine: Annotated[str | None, typer.Option(help="Only this machine's.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the next versions into layouts/.")] = False,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Say what has changed in files that their layout no longer reads, and propose its next version.

    Looks at the last file of each machine, where more than a fifth of it was quarantined for how it is written, and
    holds it against the layout and the last file that this read whole: columns added, removed, moved or renamed;
    decimal mark, delimiter, dates, encoding. Exit code 1: something has changed, and a person is needed.

    \b
    aponta files drift
    aponta files drift 4f5a9c --write
    """
    factory = load_factory(folder, as_json)
    from aponta.usecases.read.drift import drift_of, drifting_file, drifting_machines

    if hash is not None:
        files = [drifting_file(factory, sha256_of(factory, hash))]
    else:
        files = drifting_machines(factory, machine)
    drifts = [(file, drift_of(factory, file)) for file in files]
    layouts: dict[str, str] = {}  # text of each next version, by name
    for file, detected in drifts:
        if detected.document is not None:
            layouts.setdefault(detected.document["name"], _toml(file, detected))
    if write:
        for name, text in layouts.items():
            _write(factory, name, text)
    if as_json:
        output.print_json([_as_json(file, detected, layouts) for file, detected in drifts])
    else:
        _print_drifts(drifts, {} if write else layouts)
        if write and layouts:
            output.message("cli.drift_written", names=", ".join(f"layouts/{name}.toml" for name in layouts))
    if any(detected.changes or detected.problem for _, detected in drifts):
        raise typer.Exit(1)


def _toml(file: "DriftingFile", drift: "Drift") -> str:
    from aponta.decode.sniff.toml import layout_toml

    words = output.words()
    above = [words.say("cli.drift_of", layout=file.layout, name=file.name), words.say("cli.sniffed_look")]
    added = [words.show(change.phrase) for change in drift.changes if not change.key]
    return layout_toml(drift.document or {}, drift.guesses, [*above, *added], words)


def _write(factory: "Factory", name: str, text: str) -> None:
    """Raises ConfigError `cli.layout_there`, `cli.cannot_write`."""
    path = factory.folder / "layouts" / f"{name}.toml"
    if path.exists() or name in factory.layouts:
        raise ConfigError("cli.layout_there", path=path, name=name)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError("cli.cannot_write", path=path, reason=error.strerror) from error


def _as_json(file: "DriftingFile", drift: "Drift", layouts: dict[str, str]) -> dict[str, Any]:
    words = output.words()
    name = drift.document["name"] if drift.document else None
    return {
        "machine": file.machine,
        "layout": file.layout,
        "file_sha256": file.sha256,
        "name": file.name,
        "quarantined": file.aside,
        "rows": file.rows,
        "changes": [{"key": change.key, "says": words.show(change.phrase)} for change in drift.changes],
        "next": name,
        "records": drift.proof.records if drift.proof else None,
        "toml": layouts.get(name) if name else None,
        "why_not": words.show(drift.problem) if drift.problem else None,
    }


def _print_drifts(drifts: "list[tuple[DriftingFile, Drift]]", layouts: dict[str, str]) -> None:
    words = output.words()
    if not drifts:
        output.message("cli.no_drift")
    for file, drift in drifts:
        facts = {"machine": file.machine, "name": file.name, "layout": file.layout}
        line = words.say("cli.drift_file", **facts, aside=file.aside, rows=file.rows)
        output.print_result(line.translate(output.ESCAPED_LINE_ENDS))
        for change in drift.changes:
            output.print_result(f"  {words.show(change.phrase)}".translate(output.ESCAPED_LINE_ENDS))
        if drift.problem is not None:
            output.print_result(f"  {words.show(drift.problem)}".translate(output.ESCAPED_LINE_ENDS))
        elif not drift.changes:
            output.print_result(f"  {words.say('cli.drift_none')}")
        elif drift.document is not None and drift.proof is not None:
            proof = {"name": drift.document["name"], "records": drift.proof.records, "aside": drift.proof.quarantined}
            output.print_result(f"  {words.say('cli.sniff_proved', **proof)}")
    for name, text in layouts.items():
        output.print_result(f"\nlayouts/{name}.toml:\n{text}")
    if layouts:
        output.message("cli.drift_more", names=", ".join(layouts))
