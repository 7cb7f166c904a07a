"""The places of a row's values, to read and replace them: in columns, in pairs, in fixed places."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class Cells(Protocol):
    """The values of a row, by the names that layouts give them."""

    def __contains__(self, name: str) -> bool:
        """Does a row have this value?"""

    def text(self, row: str, name: str) -> str:
        """The value in the row."""

    def put(self, row: str, name: str, text: str) -> str:
        """The row with another text as this value."""

    @property
    def delimiter(self) -> str | None:
        """Between values; None where they have fixed places."""

    @property
    def quote(self) -> str:
        """Around a value that contains a delimiter; empty: such a value cannot be written."""

    def longer(self, row: str) -> str | None:
        """The row with a value too many; None where that is no fault."""

    def shorter(self, row: str) -> str | None:
        """The row without its last value; None where that is no fault."""


@dataclass(frozen=True)
class Columns:
    """places: column of each value, from 0; a value in two columns has a blank between. quoted: values in `quote`."""

    delimiter: str
    places: Mapping[str, int | tuple[int, int]]
    quoted: tuple[str, ...] = ()
    quote: str = ""

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def text(self, row: str, name: str) -> str:
        """The value without its quotes."""
        fields, place = row.split(self.delimiter), self.places[name]
        value = fields[place] if isinstance(place, int) else " ".join(fields[column] for column in place)
        return value.strip(self.quote) if self.quote else value

    def put(self, row: str, name: str, text: str) -> str:
        """The row with another text there; a text with the delimiter in it is quoted where the form has quotes."""
        fields, place = row.split(self.delimiter), self.places[name]
        if self.quote and (name in self.quoted or self.delimiter in text):
            text = f"{self.quote}{text}{self.quote}"
        if isinstance(place, int):
            fields[place] = text
        else:
            fields[place[0]], fields[place[1]] = text.split(" ")
        return self.delimiter.join(fields)

    def longer(self, row: str) -> str | None:
        return f"{row}{self.delimiter}OK"

    def shorter(self, row: str) -> str | None:
        return row.rpartition(self.delimiter)[0]


def break_before_fourth_column(delimiter: str) -> Callable[[str], str]:
    """A function that puts a row on two lines, the second from its fourth column on."""

    def break_row(row: str) -> str:
        *before, after = row.split(delimiter, 3)
        return f"{delimiter.join(before)}\r\n{after}"

    return break_row


@dataclass(frozen=True)
class Pairs:
    """keys: key of each value. A pair more or less is no fault of a row."""

    delimiter: str
    keys: Mapping[str, str]
    quote: str = ""

    def __contains__(self, name: str) -> bool:
        return name in self.keys

    def text(self, row: str, name: str) -> str:
        pairs = dict(pair.split("=", 1) for pair in row.split(self.delimiter))
        return pairs[self.keys[name]]

    def put(self, row: str, name: str, text: str) -> str:
        """The row with another text behind the key."""
        mark = re.escape(self.delimiter)
        return re.sub(f"(^|{mark}){self.keys[name]}=[^{mark}]*", rf"\g<1>{self.keys[name]}={text}", row)

    def longer(self, row: str) -> str | None:
        return None

    def shorter(self, row: str) -> str | None:
        return None


@dataclass(frozen=True)
class FixedPlaces:
    """places: first and last character of each value, from 1, as layouts count. Numbers stand on the right."""

    places: Mapping[str, tuple[int, int]]
    numbers: tuple[str, ...]
    delimiter: None = None
    quote: str = ""

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def text(self, row: str, name: str) -> str:
        first, last = self.places[name]
        return row[first - 1 : last].strip()

    def put(self, row: str, name: str, text: str) -> str:
        """The row with another text there, filled up or cut to its width."""
        first, last = self.places[name]
        width = last - first + 1
        text = text.rjust(width, "0")[-width:] if name in self.numbers else text.ljust(width)[:width]
        return row[: first - 1] + text + row[last:]

    def longer(self, row: str) -> str | None:
        return f"{row}OK"

    def shorter(self, row: str) -> str | None:
        return row[:-1]
