"""aponta files drift: what has changed in how a machine's files are written, and its layout's next version."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli.files.listing import receipts_of
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
        files = [drifting_file(factory, json.loads(receipts_of(factory, hash)[0][0])["file_sha256"])]
    else:
        files = drifting_machines(factory, machine)
    told = [(one, drift_of(factory, one)) for one in files]
    texts: dict[str, str] = {}
    for one, what in told:
        if what.document is not None:
            texts.setdefault(what.document["name"], _toml(one, what))
    if write:
        for name, text in texts.items():
            _write(factory, name, text)
    if as_json:
        output.print_json([_document(one, what, texts) for one, what in told])
    else:
        _tell(told, {} if write else texts)
        if write and texts:
            output.message("cli.drift_written", names=", ".join(f"layouts/{name}.toml" for name in texts))
    if any(what.changes or what.problem for _, what in told):
        raise typer.Exit(1)


def _toml(one: "DriftingFile", what: "Drift") -> str:
    from aponta.decode.sniff.toml import layout_toml

    words = output.words()
    above = [words.say("cli.drift_of", layout=one.layout, name=one.name), words.say("cli.sniffed_look")]
    added = [words.show(change.phrase) for change in what.changes if not change.key]
    return layout_toml(what.document or {}, what.guesses, [*above, *added], words)


def _write(factory: "Factory", name: str, text: str) -> None:
    path = factory.folder / "layouts" / f"{name}.toml"
    if path.exists() or name in factory.layouts:
        raise ConfigError("cli.layout_there", path=path, name=name)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError("cli.cannot_write", path=path, reason=error.strerror) from error


def _document(one: "DriftingFile", what: "Drift", texts: dict[str, str]) -> dict[str, Any]:
    words = output.words()
    name = what.document["name"] if what.document else None
    return {
        "machine": one.machine,
        "layout": one.layout,
        "file_sha256": one.sha256,
        "name": one.name,
        "quarantined": one.aside,
        "rows": one.rows,
        "changes": [{"key": change.key, "says": words.show(change.phrase)} for change in what.changes],
        "next": name,
        "records": what.proof.records if what.proof else None,
        "toml": texts.get(name) if name else None,
        "why_not": words.show(what.problem) if what.problem else None,
    }


def _tell(told: "list[tuple[DriftingFile, Drift]]", texts: dict[str, str]) -> None:
    words = output.words()
    if not told:
        output.message("cli.no_drift")
    for one, what in told:
        facts = {"machine": one.machine, "name": one.name, "aside": one.aside, "rows": one.rows, "layout": one.layout}
        output.print_result(words.say("cli.drift_file", **facts).translate(output.ESCAPED_LINE_ENDS))
        for change in what.changes:
            output.print_result(f"  {words.show(change.phrase)}".translate(output.ESCAPED_LINE_ENDS))
        if what.problem is not None:
            output.print_result(f"  {words.show(what.problem)}".translate(output.ESCAPED_LINE_ENDS))
        elif not what.changes:
            output.print_result(f"  {words.say('cli.drift_none')}")
        elif what.document is not None and what.proof is not None:
            read = {"name": what.document["name"], "records": what.proof.records, "aside": what.proof.quarantined}
            output.print_result(f"  {words.say('cli.sniff_proved', **read)}")
    for name, text in texts.items():
        output.print_result(f"\nlayouts/{name}.toml:\n{text}")
    if texts:
        output.message("cli.drift_more", names=", ".join(texts))
