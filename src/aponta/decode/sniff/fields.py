"""The fields and sensors of a layout, each found in the columns that the fields before it leave."""

from collections.abc import Sequence
from datetime import datetime

from aponta.contract.layout import Text
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
from aponta.decode.sniff.columns.stamp import Stamp, UndecidedStamp
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.reading import Reading
from aponta.decode.sniff.text.table import SampleColumn, SampleTable
from aponta.decode.sniff.text.trailer import trailer_guesses
from aponta.decode.sniff.values.numbers import is_number, value_of
from aponta.words import Phrase

SUMMED = ("fields.counter", "fields.cycle_s", "fields.pieces")  # and sensors: a trailer may have their sum


class _FreeColumns:
    """The columns that no field takes yet."""

    def __init__(self, columns: Sequence[SampleColumn], taken: set[int], guesses: list[Guess]) -> None:
        self._columns, self._taken, self._guesses = columns, taken, guesses

    def all(self) -> list[SampleColumn]:
        return [column for column in self._columns if column.number not in self._taken]

    def take(self, answer: tuple[SampleColumn, Guess] | None) -> SampleColumn | None:
        if answer is None:
            return None
        column, guess = answer
        self._taken.add(column.number)
        self._guesses.append(guess)
        return column


def guess_columns(
    reading: Reading,
    machine: SampleColumn | None,
    stamp: Stamp | UndecidedStamp | None,
    layout_name: str,
    guesses: list[Guess],
) -> SampleColumn | None:
    """Adds a guess for each field but machine and time, for the sensors, and for what no field takes. Returns the
    counter.
    """
    table, text, headed = reading.table, reading.text, reading.lines.header_values
    taken = {machine.number} if machine else set()
    taken |= set(stamp.numbers) if stamp else set()
    free = _FreeColumns(table.columns, taken, guesses)
    times: Sequence[datetime | None] = stamp.times if isinstance(stamp, Stamp) else (None,) * len(table.rows)

    totals = [free.take(total) for total in totals_of(free.all(), text)]
    counter = None if totals else free.take(counter_of(free.all(), text))
    if not totals:
        free.take(quality_column(free.all()))
    product = free.take(product_of(free.all(), text, "product" in headed))
    if product is None and "product" in headed:
        evidence = Phrase("decode.sniff.header", {"text": headed["product"][0]})
        guesses.append(Guess("fields.product", {"from": "header:product"}, "high", (evidence,)))
    free.take(cycle_of(free.all(), times, table.starts, text))
    if not totals:
        free.take(pieces_of(free.all(), text))
    for sensor in sensors_of(free.all(), text, layout_name):
        free.take(sensor)
    if rest := rest_of(free.all()):
        guesses.append(rest)
    return counter


def guess_trailer(reading: Reading, guesses: list[Guess]) -> None:
    """Adds the guesses for the trailer. guesses: those of the columns are there already."""
    sums = [_sums(reading.table, number, guesses, reading.text) for number in range(len(reading.rows))]
    counts = [len(parts.records) for parts in reading.parts]
    guesses += trailer_guesses(reading.rows, reading.lines.trailer_places, counts, sums, reading.text)


def _sums(table: SampleTable, number: int, guesses: Sequence[Guess], text: Text) -> dict[str, float]:
    """By field, the sum of its values in one sample."""
    sums = {}
    for guess in guesses:
        kind, _, name = guess.key.partition(".")
        if kind == "sensors" or guess.key in SUMMED:
            place = {key: value for key, value in guess.value.items() if key in ("column", "at", "key")}
            column = next(column for column in table.columns if column.place == place)
            cells = column.cells[table.part(number)]
            total = sum(value_of(cell, text) for cell in cells if is_number(cell, text))
            sums[name] = total * guess.value.get("scale", 1)
    return sums
