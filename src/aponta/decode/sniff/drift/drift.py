"""A file that its layout no longer reads: what has changed in how it is written, and the layout's next version."""

import re
from collections.abc import Iterator
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

READ = 0.95
PATTERNS = ("header", "trailer", "comment", "continuation")


@dataclass(frozen=True)
class Drift:
    """given: the next version, as its TOML says it, and how the file is read by it. Without any change, nothing."""

    layout: Layout
    changes: tuple[LayoutChange, ...]
    document: dict[str, Any] | None
    proof: Proof | None
    problem: ApontaError | None

    @property
    def guesses(self) -> list[Guess]:
        """What a line of the next version is to say of itself."""
        told: dict[str, list[Phrase]] = {}
        for change in self.changes:
            told.setdefault(change.key, []).append(change.phrase)
        return [Guess(key, None, "medium", tuple(says)) for key, says in told.items()]


def next_name(name: str) -> str:
    """press_v2 of press_v1, lathe_v2 of lathe."""
    numbered = re.fullmatch(r"(.*_v)(\d{1,9})", name)
    return f"{numbered[1]}{int(numbered[2]) + 1}" if numbered else f"{name}_v2"


def detect_drift(layout: Layout, after: Sample, before: Sample | None, machine: str, zone: str) -> Drift:
    """after: the file. before: one that the layout reads; without it, columns without names are not told apart by what
    they hold. machine: whose it is.
    """
    found = propose_layout([after], next_name(layout.name), zone)
    if found.table is None:
        return Drift(layout, (), None, None, found.problem)
    given = layout.model_dump(by_alias=True, exclude_unset=True, mode="json")
    given |= {"name": next_name(layout.name), "version": 1}
    text = given.setdefault("text", {})
    changes = list(_marks(layout, found, text))
    if layout.text.form != "fixed" or not _reads(layout, after, machine, zone):  # of fixed width ends are only guessed
        changes += column_changes(layout, found, before, given)
    changes += _stamp(found, given)
    changes += _lines(layout, found, given)
    if not changes:
        return Drift(layout, (), None, None, None)
    try:
        proof = prove(layout_of(given), [after], (machine,), zone)
    except ContractError as error:
        return Drift(layout, tuple(changes), None, None, error)
    return Drift(layout, tuple(changes), given, proof, None)


def _reads(layout: Layout, sample: Sample, machine: str, zone: str) -> bool:
    """Nearly all of it."""
    proof = prove(layout, [sample], (machine,), zone)
    return proof.records > READ * (proof.records + proof.quarantined)


def _marks(layout: Layout, found: Proposal, text: dict[str, Any]) -> Iterator[LayoutChange]:
    """What the file shows for sure and the layout says otherwise."""
    for name in MARKS:
        guess = next((one for one in found.guesses if one.key == f"text.{name}"), None)
        was = getattr(layout.text, name)
        now = guess.value if guess else "" if name in ("quote", "brackets", "thousands") else was
        if now == was or guess and guess.confidence == "low" or not guess and name != "quote":
            continue
        if name == "thousands" and layout.text.decimal != now:
            continue  # no sample has to have a number of thousands
        if name == "encoding" and {was, now} == {"utf-8", "utf-8-sig"} or name == "quote" and not now:
            continue  # read alike; nothing had to be quoted
        text[name] = now
        facts = {"was": _shown(was), "now": _shown(now)}
        yield LayoutChange(
            f"text.{name}", Phrase("decode.drift.mark", {"name": Phrase(f"decode.mark.{name}", {}), **facts})
        )


def _shown(mark: str) -> str:
    return {"\t": "TAB", " ": "' '", "": "-"}.get(mark, mark)


def _stamp(found: Proposal, given: dict[str, Any]) -> Iterator[LayoutChange]:
    """The formats of the time, at its new place. Of an order that nothing proves, the old one stays."""
    field = given["fields"].get("produced_at", {})
    told = field.get("format")
    formats = [told] if isinstance(told, str) else list(told or ())
    assert found.table is not None
    cells = _cells(found.table, field)
    read = times.column_times(cells) if cells else []
    if not read or any(set(one.formats) <= set(formats) for one in read if one.count >= 0.98 * read[0].count):
        return
    sure = found.value("fields.produced_at")
    order = [re.findall("%([dmYy])", format) for format in formats]
    alike = next(
        (one for one in read if [re.findall("%([dmYy])", format) for format in one.formats][0] in order), read[0]
    )
    now = (
        sure["format"]
        if sure and "format" in sure
        else alike.formats[0]
        if len(alike.formats) == 1
        else list(alike.formats)
    )
    field["format"] = now
    shown = {"was": " | ".join(formats), "now": now if isinstance(now, str) else " | ".join(now)}
    yield LayoutChange("fields.produced_at", Phrase("decode.drift.time", shown))


def _cells(table: SampleTable, field: dict[str, Any]) -> list[str]:
    if "columns" in field:
        parts = [next((one.cells for one in table.columns if one.number == number), ()) for number in field["columns"]]
        return [" ".join(texts) for texts in zip(*parts, strict=False)]
    return next((list(one.cells) for one in table.columns if all(field.get(k) == v for k, v in one.place.items())), [])


def _lines(layout: Layout, found: Proposal, given: dict[str, Any]) -> Iterator[LayoutChange]:
    """Patterns that find nothing where others do."""
    assert found.table is not None
    rows = sample_rows(found.samples[0], found.value("text.encoding"))
    if not isinstance(rows, SampleRows):
        return
    lines = given.setdefault("lines", {})
    for name in PATTERNS:
        was, now = getattr(layout.lines, name), found.value(f"lines.{name}")
        if was == now or was and any(re.search(was, row) for row in rows.texts):
            continue
        if now is not None and (was is not None or name in ("header", "continuation")):
            lines[name] = now
            facts = {"name": Phrase(f"decode.mark.{name}", {}), "was": was or "-", "now": now}
            yield LayoutChange(f"lines.{name}", Phrase("decode.drift.mark", facts))
        elif was is not None and name == "trailer" and found.samples[0].whole:
            yield LayoutChange("lines.trailer", Phrase("decode.drift.no_trailer", {"was": was}))
    if (skip := found.value("lines.skip")) is not None and skip != layout.lines.skip:
        lines["skip"] = skip
        yield LayoutChange("lines.skip", Phrase("decode.drift.skip", {"was": layout.lines.skip, "now": skip}))
    if not lines:
        del given["lines"]
