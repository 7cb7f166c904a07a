"""From samples to a proposed layout: each question is asked when the answers that it depends on are there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from aponta.contract.layout import Layout
from aponta.decode.sniff.columns.stamp import Stamp, UndecidedStamp, stamp_of
from aponta.decode.sniff.fields import guess_columns, guess_trailer
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.names.hour import in_zone, name_guesses
from aponta.decode.sniff.names.machine import machine_column, machine_of
from aponta.decode.sniff.names.name import NameParts
from aponta.decode.sniff.proof import Proof, prove
from aponta.decode.sniff.reading import Reading, read_samples
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.form import Shape
from aponta.decode.sniff.text.table import SampleColumn, SampleTable, is_sparse, record_key
from aponta.decode.sniff.values.units import slug
from aponta.errors import ApontaError, ContractError

NO_KEYS = ("line_ends", "left_over")  # guesses that no layout has
MOST_QUARANTINED = 0.2  # of the rows: a layout that quarantines more does not read the file


@dataclass
class Proposal:
    """document: the layout as in its TOML. layout None: `problem` prevents it."""

    name: str
    samples: tuple[Sample, ...]
    guesses: list[Guess] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    layout: Layout | None = None
    machines: tuple[str, ...] = ()
    proof: Proof | None = None
    problem: ApontaError | None = None
    table: SampleTable | None = None

    def value(self, key: str) -> Any:
        """The value of the guess with this key, as "text.encoding"; None: there is no such guess."""
        return next((guess.value for guess in self.guesses if guess.key == key), None)


def propose_layout(
    samples: Sequence[Sample], name: str | None = None, zone: str | None = None, dates: str | None = None
) -> Proposal:
    """A layout for samples of one type of machine. zone: the factory's, where it is known. dates: a person's answer,
    dd/mm or mm/dd; evidence in the samples goes before it.

    Raises nothing: see `Proposal.problem`.
    """
    proposal = Proposal(name or "", tuple(samples))
    try:
        reading = read_samples(samples, proposal.guesses)
        proposal.table = reading.table
        table = _guess(proposal, reading, zone, dates)
        proposal.document = _document(proposal.name, proposal.guesses, table, reading.shape)
        _prove(proposal, zone or "UTC")
    except ContractError as error:
        proposal.problem = error
    return proposal


def _guess(proposal: Proposal, reading: Reading, zone: str | None, dates: str | None) -> SampleTable:
    """The table, with the tag that makes a record. Raises ContractError `decode.many_machines`, `decode.no_record`,
    `decode.date_order`, `decode.no_time`.
    """
    table, names, guesses = reading.table, reading.names, proposal.guesses
    machine = _guess_machine(proposal, reading)
    stamp = stamp_of(table, [parts.sure_hour for parts in names], reading.text.decimal, dates)
    if isinstance(stamp, Stamp):
        guesses.append(stamp.guess)
    counter = guess_columns(reading, machine, stamp, proposal.name, guesses)
    guess_trailer(reading, guesses)
    if reading.shape.form == "pairs" and counter is None and is_sparse(table):
        raise ContractError("decode.no_record", file=proposal.samples[0].name)
    if tag := record_key(table, counter):
        table = replace(table, long={**(table.long or {}), "record_when": tag})
    guesses += _name_guesses(names, stamp, table, zone)
    if isinstance(stamp, UndecidedStamp):
        orders = ", ".join(stamp.orders)
        raise ContractError(
            "decode.date_order", place=stamp.place, orders=orders, why=stamp.why, file=proposal.samples[0].name
        )
    if stamp is None:
        raise ContractError("decode.no_time", file=proposal.samples[0].name)
    return table


def _guess_machine(proposal: Proposal, reading: Reading) -> SampleColumn | None:
    """The column with the machine; sets the proposal's machines and name."""
    column = machine_column(reading.table, [sample.name for sample in proposal.samples])
    machine = machine_of(reading.table, reading.rows, reading.names, reading.lines.header_values, column)
    proposal.machines = machine.machines
    proposal.name = proposal.name or _layout_name(reading.names, machine.machines)
    proposal.guesses += machine.guesses
    return machine.column


def _layout_name(names: Sequence[NameParts], machines: Sequence[str]) -> str:
    """The machine's code without its number, and a version."""
    code = names[0].machine_text or next(iter(machines), "")
    return f"{slug(code).rstrip('0123456789').strip('_') or 'machine'}_v1"


def _name_guesses(
    names: Sequence[NameParts], stamp: Stamp | UndecidedStamp | None, table: SampleTable, zone: str | None
) -> list[Guess]:
    format = ""
    times: tuple[datetime | None, ...] = (None,) * len(table.rows)
    if isinstance(stamp, Stamp):
        format, times = str(stamp.field["format"]), stamp.times
    if zone and format.startswith("epoch"):
        times = in_zone(times, zone)
    has_own_zone = "%z" in format or "epoch" in format
    return name_guesses(names, times, table, None if has_own_zone else zone)


def _document(name: str, guesses: Sequence[Guess], table: SampleTable, shape: Shape) -> dict[str, Any]:
    """The layout as in its TOML."""
    document: dict[str, Any] = {"name": name, "version": 1, "files": ".*"}
    for guess in guesses:
        section, _, key = guess.key.partition(".")
        if key:
            document.setdefault(section, {})[key] = guess.value
        elif section not in NO_KEYS:
            document[section] = guess.value
    if table.long:
        document["long"] = table.long
    parts = [part for section in ("fields", "sensors") for part in document.get(section, {}).values()]
    if _lacks_column_count(parts, table, shape):
        document["text"]["columns"] = shape.cells
    return document


def _lacks_column_count(parts: Sequence[Mapping[str, Any]], table: SampleTable, shape: Shape) -> bool:
    """The places of fields and sensors do not show how long a record is. parts: fields and sensors."""
    if shape.form == "fixed":
        return bool(max(part["at"][1] for part in parts if "at" in part) < shape.cells)
    columns = [part.get("column") for part in (*parts, table.long or {})]
    columns += [number for part in parts for number in part.get("columns", ())]
    if any(isinstance(column.place.get("column"), str) for column in table.columns):
        return not any(isinstance(column, str) for column in columns)
    last = max((column for column in columns if isinstance(column, int)), default=0)
    return shape.form == "delimited" and last < shape.cells


def layout_of(document: Mapping[str, Any]) -> Layout:
    """Raises ContractError `decode.no_layout_of_it` where the document is no valid layout."""
    try:
        return Layout.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, (*first["loc"], *first.get("ctx", {}).get("key", ()))))
        raise ContractError("decode.no_layout_of_it", key=where, why=first["type"]) from None


def _prove(proposal: Proposal, zone: str) -> None:
    """Raises ContractError `decode.layout_fails` where the proposed layout does not read the samples."""
    layout = layout_of(proposal.document)
    proposal.proof = proof = prove(layout, proposal.samples, proposal.machines, zone)
    rows = proof.records + proof.quarantined
    if not proof.records or proof.quarantined > MOST_QUARANTINED * rows:
        reasons = Counter(f"{entry.reason} {entry.column or ''}".strip() for entry in proof.refused)
        first = next((entry.text or proposal.samples[entry.number].name for entry in proof.refused), "-")
        raise ContractError(
            "decode.layout_fails",
            aside=proof.quarantined,
            rows=rows,
            reasons=", ".join(reason for reason, _ in reasons.most_common(3)),
            text=first,
        )
    proposal.layout = layout
