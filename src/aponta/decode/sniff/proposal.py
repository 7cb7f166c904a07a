"""All questions asked, in the order in which each rests on the answers before it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from aponta.contract.layout import Layout, Text
from aponta.decode.sniff import agreement
from aponta.decode.sniff.columns.roles import (
    counter_of,
    cycle_of,
    pieces_of,
    product_of,
    quality_column,
    rest_of,
    sensors_of,
    totals_of,
)
from aponta.decode.sniff.columns.stamp import Stamp, UndecidedStamp, stamp_of
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.names.hour import in_zone, name_guesses
from aponta.decode.sniff.names.machine import machine_column, machine_of
from aponta.decode.sniff.names.name import NameParts, name_parts
from aponta.decode.sniff.proof import Proof, prove
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.encoding import line_end_of
from aponta.decode.sniff.text.form import Shape
from aponta.decode.sniff.text.lines import OtherLines, read_other_lines
from aponta.decode.sniff.text.rows import RowParts, SampleRows
from aponta.decode.sniff.text.table import SampleColumn, SampleTable, is_sparse, record_key, table_of, with_tag_columns
from aponta.decode.sniff.text.trailer import trailer_guesses
from aponta.decode.sniff.values.numbers import is_number, marks_of, nulls_of, value_of
from aponta.decode.sniff.values.units import slug
from aponta.errors import ApontaError, ContractError
from aponta.words import Phrase

NO_KEYS = ("line_ends", "left_over")  # guesses that no layout has
MOST_ASIDE = 0.2  # of the rows: a layout that sets more aside reads no such file


@dataclass
class Proposal:
    """given: the layout as its TOML says it. layout None: one of `refused` stands in its way."""

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
        """Of the guess with this key, as "text.encoding"; None: nothing was guessed."""
        return next((guess.value for guess in self.guesses if guess.key == key), None)


def propose_layout(
    samples: Sequence[Sample], name: str | None = None, zone: str | None = None, dates: str | None = None
) -> Proposal:
    """What the samples, of one type of machine, have in common. zone: the factory's, where it is known. dates: what a
    person says of their order, dd/mm or mm/dd; what the samples tell goes before.

    Raises nothing: what stands in the way is `refused`.
    """
    found = Proposal(name or "", tuple(samples))
    try:
        _ask(found, name, zone, dates)
    except ContractError as error:
        found.problem = error
    return found


def _ask(found: Proposal, name: str | None, zone: str | None, dates: str | None) -> None:
    samples, guesses = found.samples, found.guesses
    encoding = agreement.common_encoding(samples)
    guesses.append(encoding)
    guesses.append(
        Guess("line_ends", line_end_of(samples[0].head, encoding.value), "high", (Phrase("decode.sniff.line_end", {}),))
    )
    rows = agreement.common_rows(samples, encoding.value)
    shape = agreement.common_shape(rows)
    guesses += [Guess(f"text.{key}", value, shape.confidence, (shape.evidence,)) for key, value in shape.marks.items()]
    parted = agreement.common_parts(rows, shape)
    found.table = table = table_of(rows, parted, shape)
    if shape.form == "delimited":
        found.table = table = with_tag_columns(table)
    if table.long:
        at = guesses.index(next(one for one in guesses if one.key == "text.form"))
        guesses[at] = Guess("text.form", "long", "medium", (Phrase("decode.sniff.long", dict(table.long)),))
    text, beside = _text(found, encoding, shape, table, rows, parted)
    names = _names(samples, table, beside)
    _values(found, table, text, names, rows, parted, beside, shape, zone, dates)


def _text(
    found: Proposal,
    encoding: Guess,
    shape: Shape,
    table: SampleTable,
    rows: Sequence[SampleRows],
    parted: Sequence[RowParts],
) -> tuple[Text, OtherLines]:
    """How numbers are written, and what stands beside the records."""
    parts = [[cell for column in table.columns for cell in column.cells[table.part(n)]] for n in range(len(rows))]
    marks = [marks_of(part) for part in parts]
    decimal = agreement.surest_of_all([one for one, _ in marks], found.samples)
    thousands = max((one for _, one in marks), key=lambda one: bool(one.value))
    plain = {"encoding": encoding.value, **shape.marks, "decimal": decimal.value}
    plain |= {"thousands": thousands.value} if thousands.value and thousands.value != decimal.value else {}
    text = Text.model_validate({**plain, "form": "delimited"})
    nulls = nulls_of([column.cells for column in table.columns], text)
    beside = read_other_lines(rows, parted, shape)
    found.guesses += [decimal, *([thousands] if thousands.value else []), nulls, *beside.guesses]
    return text.model_copy(update={"null": tuple(nulls.value)}), beside


def _names(samples: Sequence[Sample], table: SampleTable, beside: OtherLines) -> list[NameParts]:
    """Their parts; a machine that the file itself tells is looked for first."""
    column = machine_column(table, [sample.name for sample in samples])
    told = sorted(
        {*(column.filled if column else ()), *beside.header_values.get("machine", [])}, key=len, reverse=True
    )[:1000]
    return [name_parts(sample.name, told) for sample in samples]


def _layout_name(names: Sequence[NameParts], machines: Sequence[str]) -> str:
    """Of the machine's code without its number."""
    text = names[0].machine_text or next(iter(machines), "")
    return f"{slug(text).rstrip('0123456789').strip('_') or 'machine'}_v1"


def _values(
    found: Proposal,
    table: SampleTable,
    text: Text,
    names: Sequence[NameParts],
    rows: Sequence[SampleRows],
    parted: Sequence[RowParts],
    beside: OtherLines,
    shape: Shape,
    zone: str | None,
    dates: str | None,
) -> None:
    guesses = found.guesses
    column = machine_column(table, [sample.name for sample in found.samples])
    told = machine_of(table, rows, names, beside.header_values, column)
    found.machines = told.machines
    found.name = found.name or _layout_name(names, told.machines)
    guesses += told.guesses
    stamp = stamp_of(table, [one.sure_hour for one in names], text.decimal, dates)
    used = {told.column.number} if told.column else set()
    used |= set(stamp.numbers) if stamp else set()
    moments = stamp.times if isinstance(stamp, Stamp) else (None,) * len(table.rows)
    if isinstance(stamp, Stamp):
        guesses.append(stamp.guess)

    def left() -> list[SampleColumn]:
        return [one for one in table.columns if one.number not in used]

    def take(answer: tuple[SampleColumn, Guess] | None) -> SampleColumn | None:
        if answer is None:
            return None
        used.add(answer[0].number)
        guesses.append(answer[1])
        return answer[0]

    totals = [take(one) for one in totals_of(left(), text)]
    counter = None if totals else take(counter_of(left(), text))
    if not totals:
        take(quality_column(left()))
    product = take(product_of(left(), text, "product" in beside.header_values))
    if product is None and "product" in beside.header_values:
        evidence = Phrase("decode.sniff.header", {"text": beside.header_values["product"][0]})
        guesses.append(Guess("fields.product", {"from": "header:product"}, "high", (evidence,)))
    take(cycle_of(left(), moments, table.starts, text))
    if not totals:
        take(pieces_of(left(), text))
    for answer in sensors_of(left(), text, found.name):
        take(answer)
    guesses += [rest] if (rest := rest_of(left())) else []
    sums = [_sums(found, table, number, text) for number in range(len(rows))]
    counts = [len(parts.records) for parts in parted]
    guesses += trailer_guesses(rows, beside.trailer_places, counts, sums, text)
    if shape.form == "pairs" and counter is None and is_sparse(table):
        raise ContractError("decode.no_record", file=found.samples[0].name)
    if record := record_key(table, counter):
        table = SampleTable(table.columns, table.starts, table.rows, {**(table.long or {}), "record_when": record})
    format = str(stamp.field["format"]) if isinstance(stamp, Stamp) else ""
    if zone and format.startswith("epoch"):
        moments = in_zone(moments, zone)
    guesses += name_guesses(names, moments, table, None if "%z" in format or "epoch" in format else zone)
    if isinstance(stamp, UndecidedStamp):
        raise ContractError(
            "decode.date_order",
            place=stamp.place,
            orders=", ".join(stamp.orders),
            why=stamp.why,
            file=found.samples[0].name,
        )
    if stamp is None:
        raise ContractError("decode.no_time", file=found.samples[0].name)
    _compose(found, table, shape)
    _prove(found, zone or "UTC")


def _sums(found: Proposal, table: SampleTable, number: int, text: Text) -> dict[str, float]:
    """Of each field that a trailer may tell the sum of, in one sample."""
    sums = {}
    for guess in found.guesses:
        kind, _, name = guess.key.partition(".")
        if kind == "sensors" or guess.key in ("fields.counter", "fields.cycle_s", "fields.pieces"):
            place = {key: one for key, one in guess.value.items() if key in ("column", "at", "key")}
            column = next(one for one in table.columns if one.place == place)
            cells = column.cells[table.part(number)]
            sums[name] = sum(value_of(cell, text) for cell in cells if is_number(cell, text)) * guess.value.get(
                "scale", 1
            )
    return sums


def _compose(found: Proposal, table: SampleTable, shape: Shape) -> None:
    given: dict[str, Any] = {"name": found.name, "version": 1, "files": ".*"}
    for guess in found.guesses:
        head, _, name = guess.key.partition(".")
        if name:
            given.setdefault(head, {})[name] = guess.value
        elif head not in NO_KEYS:
            given[head] = guess.value
    if table.long:
        given["long"] = table.long
    told = [one for kind in ("fields", "sensors") for one in given.get(kind, {}).values()]
    if shape.form == "fixed" and max(one["at"][1] for one in told if "at" in one) < shape.cells:
        given["text"]["columns"] = shape.cells
    numbers = [one.get("column") for one in (*told, table.long or {})] + [
        n for one in told for n in one.get("columns", ())
    ]
    by_name = any(isinstance(one.place.get("column"), str) for one in table.columns)
    last = max((one for one in numbers if isinstance(one, int)), default=0)
    if shape.form == "delimited" and not by_name and last < shape.cells:
        given["text"]["columns"] = shape.cells
    if by_name and not any(isinstance(one, str) for one in numbers):
        given["text"]["columns"] = shape.cells
    found.document = given


def layout_of(given: Mapping[str, Any]) -> Layout:
    """Raises ContractError `decode.no_layout_of_it`: the loader does not take it."""
    try:
        return Layout.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, (*first["loc"], *first.get("ctx", {}).get("key", ()))))
        raise ContractError("decode.no_layout_of_it", key=where, why=first["type"]) from None


def _prove(found: Proposal, zone: str) -> None:
    """Raises ContractError `decode.layout_fails` where the samples are not read by what was found."""
    layout = layout_of(found.document)
    found.proof = proof = prove(layout, found.samples, found.machines, zone)
    rows = proof.records + proof.quarantined
    if not proof.records or proof.quarantined > MOST_ASIDE * rows:
        reasons = Counter(f"{one.reason} {one.column or ''}".strip() for one in proof.refused)
        first = next((one.text or found.samples[one.number].name for one in proof.refused), "-")
        raise ContractError(
            "decode.layout_fails",
            aside=proof.quarantined,
            rows=rows,
            reasons=", ".join(one for one, _ in reasons.most_common(3)),
            text=first,
        )
    found.layout = layout
