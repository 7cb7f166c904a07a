"""Samples -> their encoding, form, rows and columns: all that the fields of a layout are found in."""

from collections.abc import Sequence
from dataclasses import dataclass

from aponta.contract.layout import Text
from aponta.decode.sniff import agreement
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.names.machine import MOST_MACHINES, machine_column
from aponta.decode.sniff.names.name import NameParts, name_parts
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.encoding import line_end_of
from aponta.decode.sniff.text.form import Shape
from aponta.decode.sniff.text.lines import OtherLines, read_other_lines
from aponta.decode.sniff.text.rows import RowParts, SampleRows
from aponta.decode.sniff.text.table import SampleTable, table_of, with_tag_columns
from aponta.decode.sniff.values.numbers import marks_of, nulls_of
from aponta.words import Phrase


@dataclass(frozen=True)
class Reading:
    """rows, parts, names: of each sample. text: the marks, with those of numbers and the words for no value."""

    rows: Sequence[SampleRows]
    parts: Sequence[RowParts]
    shape: Shape
    table: SampleTable
    text: Text
    lines: OtherLines
    names: Sequence[NameParts]


def read_samples(samples: Sequence[Sample], guesses: list[Guess]) -> Reading:
    """Adds its guesses to `guesses`, those before an error too. Raises ContractError `decode.samples_differ`,
    `decode.no_text`, `decode.no_form`.
    """
    encoding = agreement.common_encoding(samples)
    line_end = line_end_of(samples[0].head, encoding.value)
    guesses += [encoding, Guess("line_ends", line_end, "high", (Phrase("decode.sniff.line_end", {}),))]
    rows = agreement.common_rows(samples, encoding.value)
    shape = agreement.common_shape(rows)
    guesses += [Guess(f"text.{key}", value, shape.confidence, (shape.evidence,)) for key, value in shape.marks.items()]
    parts = agreement.common_parts(rows, shape)
    table = table_of(rows, parts, shape)
    if shape.form == "delimited":
        table = with_tag_columns(table)
    if table.long:
        place = next(number for number, guess in enumerate(guesses) if guess.key == "text.form")
        guesses[place] = Guess("text.form", "long", "medium", (Phrase("decode.sniff.long", dict(table.long)),))
    text = _text(samples, encoding, shape, table, guesses)
    lines = read_other_lines(rows, parts, shape)
    guesses += lines.guesses
    return Reading(rows, parts, shape, table, text, lines, _names(samples, table, lines))


def _text(samples: Sequence[Sample], encoding: Guess, shape: Shape, table: SampleTable, guesses: list[Guess]) -> Text:
    cells_of_samples = [
        [cell for column in table.columns for cell in column.cells[table.part(number)]]
        for number in range(len(samples))
    ]
    marks = [marks_of(cells) for cells in cells_of_samples]
    decimal = agreement.surest_of_all([decimal for decimal, _ in marks], samples)
    thousands = max((thousands for _, thousands in marks), key=lambda guess: bool(guess.value))
    plain = {"encoding": encoding.value, **shape.marks, "decimal": decimal.value, "form": "delimited"}
    if thousands.value and thousands.value != decimal.value:
        plain["thousands"] = thousands.value
    text = Text.model_validate(plain)
    nulls = nulls_of([column.cells for column in table.columns], text)
    guesses += [decimal, *([thousands] if thousands.value else []), nulls]
    return text.model_copy(update={"null": tuple(nulls.value)})


def _names(samples: Sequence[Sample], table: SampleTable, lines: OtherLines) -> list[NameParts]:
    """The parts of the samples' names; machines that the files themselves name are searched first."""
    column = machine_column(table, [sample.name for sample in samples])
    machines = {*(column.filled if column else ()), *lines.header_values.get("machine", [])}
    longest_first = sorted(machines, key=len, reverse=True)[:MOST_MACHINES]
    return [name_parts(sample.name, longest_first) for sample in samples]
