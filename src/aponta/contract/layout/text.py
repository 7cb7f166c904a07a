"""[text] and [lines]: how a file is written, and which of its rows are no records."""

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from aponta.contract.layout.part import LayoutPart, LinePattern
from aponta.contract.rule import rule_error

Form = Literal["delimited", "fixed", "pairs", "long"]
Checksum = Literal["crc16-kermit", "crc32", "sha256"]
WIDE = ("utf-16", "utf-16-le", "utf-16-be")


class Text(LayoutPart):
    """How the file is written as a whole."""

    encoding: Literal[
        "utf-8", "utf-8-sig", "cp1252", "cp850", "latin-1", "ascii", "utf-16", "utf-16-le", "utf-16-be"
    ] = Field("utf-8", description="of its bytes; a row with other bytes is refused")
    form: Form = Field(
        "delimited",
        description="of a row: columns between delimiters; columns of fixed width; pairs of key and value; "
        "`long`: one value a row, see [long]",
    )
    delimiter: str = Field(";", min_length=1, description="between two columns, or two pairs")
    columns: int | None = Field(
        None,
        ge=1,
        description="how many a record has, no more and no fewer; default the last one that a field names. "
        "Of fixed width: characters",
    )
    quote: str = Field(
        "", max_length=1, description="around a value that has delimiters in it; within it, two stand for one"
    )
    brackets: Literal["", "[]", "()", "{}", "<>"] = Field("", description="delimiters between these do not divide")
    pair: str = Field(
        "=",
        min_length=1,
        description="of pairs: between key and value. The delimiter itself: keys and values alternate, "
        "behind the columns that fields name by number",
    )
    pad: str = Field(" ", description="of fixed width: characters that fill a value up, on either side")
    decimal: Literal[".", ","] = Field(".", description="the decimal mark; the other one is refused")
    thousands: Literal["", ".", ",", " "] = Field("", description="between groups of three digits")
    null: tuple[str, ...] = Field(("",), description="these mean: no value")
    timezone: str = Field("factory", description="of the machine's clock: the factory's, or a zone's name")
    rewrite: Literal["no", "grows"] = Field("no", description="`grows`: the machine goes on writing the same file")

    @model_validator(mode="after")
    def _distinct_marks(self) -> "Text":
        if self.thousands and self.thousands == self.decimal:
            raise rule_error("same_marks", "thousands")
        if self.quote and self.quote in self.delimiter + self.brackets:
            raise rule_error("quote_is_mark", "quote")
        return self


class Lines(LayoutPart):
    """Which rows are no records: regular expressions, tried in this order; then a blank row; what is left is a record.
    A header may come again in mid-file.
    """

    trailer: LinePattern | None = Field(
        None,
        description="its groups are checked: `rows`; `sum_FIELD`, the sum of a field; `checksum`",
    )
    header: LinePattern | None = Field(
        None, description="its groups are `header:GROUP`; without groups it names columns"
    )
    comment: LinePattern | None = Field(None, description="skipped")
    skip: int = Field(0, ge=0, le=1000, description="so many rows at the top are skipped")
    continuation: LinePattern | None = Field(
        None, description="a row that continues the row before; the text that the pattern matches is cut off"
    )
    checksum: Checksum | None = Field(
        None,
        description="of the trailer's group `checksum`, in hexadecimal: over all bytes above the trailer's row, of a "
        "joined file those behind the trailer before it",
    )

    @field_validator("continuation")
    @classmethod
    def _matches_something(cls, value: str | None) -> str | None:
        if value is not None and re.match(value, ""):
            raise rule_error("matches_nothing")
        return value

    @model_validator(mode="after")
    def _checksum_has_group(self) -> "Lines":
        has_group = self.trailer is not None and "checksum" in re.compile(self.trailer).groupindex
        if self.checksum and not has_group:
            raise rule_error("no_group", "checksum", group="checksum", pattern="[lines] trailer")
        if has_group and not self.checksum:
            raise rule_error("missing", "checksum")
        return self
