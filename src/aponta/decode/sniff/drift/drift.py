"""A file that its layout no longer reads: the changes in its form, and the next version of the layout."""

import re
from dataclasses import dataclass
from typing import Any

from aponta.contract.layout import Layout
from aponta.decode.sniff.drift.change import MARKS, LayoutChange
from aponta.decode.sniff.drift.displaced import column_changes
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.proof import Proof, prove
from aponta.decode.sniff.proposal import Proposal, layout_of, propose_layout
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.rows import SampleRows, sample_rows
from aponta.decode.sniff.text.table import SampleTable
from aponta.decode.sniff.values import times
from aponta.errors import ApontaError, ContractError
from aponta.words import Phrase

READ = 0.95  # of the rows: the layout still reads the file
AS_GOOD = 0.98  # of the texts that the best order of day and month reads
PATTERNS = ("header", "trailer", "comment", "continuation")


@dataclass(frozen=True)
class Drift:
    """document: the next version as in its TOML, and the proof that it reads the file. None without any change."""

    layout: Layout
    changes: tuple[LayoutChange, ...]
    document: dict[str, Any] | None
    proof: Proof | None
    problem: ApontaError | None

    @property
    def guesses(self) -> list[Guess]:
        """The notes for the lines of the next version."""
        phrases: dict[str, list[Phrase]] = {}
        for change in self.changes:
            phrases.setdefault(change.key, []).append(change.phrase)
        return [Guess(key, None, "medium", tuple(notes)) for key, notes in phrases.items()]


def next_name(name: str) -> str:
    """press_v2 after press_v1, lathe_v2 after lathe."""
    numbered = re.fullmatch(r"(.*_v)(\d{1,9})", name)
    return f"{numbered[1]}{int(numbered[2]) + 1}" if numbered else f"{name}_v2"


def detect_drift(layout: Layout, after: Sample, before: Sample | None, machine: str, zone: str) -> Drift:
    """after: the file. before: a file that the layout reads; without it, columns without names are not recognised by
    their contents. machine: the file's.
    """
    proposal = propose_layout([after], next_name(layout.name), zone)
    if proposal.table is None:
        return Drift(layout, (), None, None, proposal.problem)
    document = layout.model_dump(by_alias=True, exclude_unset=True, mode="json")
    document |= {"name": next_name(layout.name), "version": 1}
    text = document.setdefault("text", {})
    changes = _mark_changes(layout, proposal, text)
    # Columns of fixed width are only guessed: they are no news where the layout reads the file.
    if layout.text.form != "fixed" or not _reads(layout, after, machine, zone):
        changes += column_changes(layout, proposal, before, document)
    changes += _time_changes(proposal, proposal.table, document)
    changes += _line_changes(layout, proposal, document)
    if not changes:
        return Drift(layout, (), None, None, None)
    try:
        proof = prove(layout_of(document), [after], (machine,), zone)
    except ContractError as error:
        return Drift(layout, tuple(changes), None, None, error)
    return Drift(layout, tuple(changes), document, proof, None)


def _reads(layout: Layout, sample: Sample, machine: str, zone: str) -> bool:
    proof = prove(layout, [sample], (machine,), zone)
    return proof.records > READ * (proof.records + proof.quarantined)


def _mark_changes(layout: Layout, proposal: Proposal, text: dict[str, Any]) -> list[LayoutChange]:
    """Marks that the file certainly has and the layout has otherwise; puts them into `text`."""
    changes = []
    for name in MARKS:
        guess = next((guess for guess in proposal.guesses if guess.key == f"text.{name}"), None)
        was = getattr(layout.text, name)
        now = guess.value if guess else "" if name in ("quote", "brackets", "thousands") else was
        if now == was or guess and guess.confidence == "low" or not guess and name != "quote":
            continue
        if name == "thousands" and layout.text.decimal != now:
            continue  # a sample need not have a number of thousands
        if name == "encoding" and {was, now} == {"utf-8", "utf-8-sig"} or name == "quote" and not now:
            continue  # read alike; nothing had to be quoted
        text[name] = now
        facts = {"name": Phrase(f"decode.mark.{name}", {}), "was": _shown(was), "now": _shown(now)}
        changes.append(LayoutChange(f"text.{name}", Phrase("decode.drift.mark", facts)))
    return changes


def _shown(mark: str) -> str:
    return {"\t": "TAB", " ": "' '", "": "-"}.get(mark, mark)


def _time_changes(proposal: Proposal, table: SampleTable, document: dict[str, Any]) -> list[LayoutChange]:
    """New formats of the time at its new place, put into `document`. An order of day and month without proof stays."""
    field = document["fields"].get("produced_at", {})
    format = field.get("format")
    formats = [format] if isinstance(format, str) else list(format or ())
    cells = _cells(table, field)
    readings = times.column_times(cells) if cells else []
    as_good = [reading for reading in readings if reading.count >= AS_GOOD * readings[0].count]
    if not readings or any(set(reading.formats) <= set(formats) for reading in as_good):
        return []
    proposed = proposal.value("fields.produced_at")
    if proposed and "format" in proposed:
        now = proposed["format"]
    else:
        orders = [_order(known) for known in formats]
        reading = next((reading for reading in readings if _order(reading.formats[0]) in orders), readings[0])
        now = reading.formats[0] if len(reading.formats) == 1 else list(reading.formats)
    field["format"] = now
    facts = {"was": " | ".join(formats), "now": now if isinstance(now, str) else " | ".join(now)}
    return [LayoutChange("fields.produced_at", Phrase("decode.drift.time", facts))]


def _order(format: str) -> list[str]:
    """Day, month and year in their order."""
    return re.findall("%([dmYy])", format)


def _cells(table: SampleTable, field: dict[str, Any]) -> list[str]:
    """The texts of a field that takes one column or several."""
    if "columns" in field:
        parts = [
            next((column.cells for column in table.columns if column.number == number), ())
            for number in field["columns"]
        ]
        return [" ".join(texts) for texts in zip(*parts, strict=False)]
    for column in table.columns:
        if all(field.get(kind) == place for kind, place in column.place.items()):
            return list(column.cells)
    return []


def _line_changes(layout: Layout, proposal: Proposal, document: dict[str, Any]) -> list[LayoutChange]:
    """Patterns of lines that match nothing where the proposal's do; puts them into `document`."""
    sample = proposal.samples[0]
    rows = sample_rows(sample, proposal.value("text.encoding"))
    if not isinstance(rows, SampleRows):
        return []
    changes, lines = [], document.setdefault("lines", {})
    for name in PATTERNS:
        was, now = getattr(layout.lines, name), proposal.value(f"lines.{name}")
        if was == now or was and any(re.search(was, row) for row in rows.texts):
            continue
        if now is not None and (was is not None or name in ("header", "continuation")):
            lines[name] = now
            facts = {"name": Phrase(f"decode.mark.{name}", {}), "was": was or "-", "now": now}
            changes.append(LayoutChange(f"lines.{name}", Phrase("decode.drift.mark", facts)))
        elif was is not None and name == "trailer" and sample.whole:
            changes.append(LayoutChange("lines.trailer", Phrase("decode.drift.no_trailer", {"was": was})))
    if (skip := proposal.value("lines.skip")) is not None and skip != layout.lines.skip:
        lines["skip"] = skip
        facts = {"was": layout.lines.skip, "now": skip}
        changes.append(LayoutChange("lines.skip", Phrase("decode.drift.skip", facts)))
    if not lines:
        del document["lines"]
    return changes
