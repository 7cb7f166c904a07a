"""A machine's layout: how to read its files. The TOML under `layouts/` in this very form; a changed form is a new
version.

`[lines]` are tried in the order trailer, header, comment, blank; what is left is a record.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from aponta.contract.rule import broken


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise broken("pattern", at=(error.pos or 0) + 1) from None
    return pattern


def _linear(pattern: str) -> str:
    """Lines are matched by an engine that takes linear time, and so knows no way back."""
    if found := re.search(r"\(\?(?:=|!|<=|<!|P=|\()|\\[1-9]", pattern):
        raise broken("pattern_looks", part=found[0])
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
LinePattern = Annotated[Pattern, AfterValidator(_linear)]
ORIGINS = ("name", "header", "trailer")
TIME_TOKENS = {  # of Python's strptime, and how each must be written; %f is a fraction of any length
    "%d": r"\d\d",
    "%m": r"\d\d",
    "%Y": r"\d{4}",
    "%y": r"\d\d",
    "%H": r"\d\d",
    "%M": r"\d\d",
    "%S": r"[0-5]\d",
    "%f": r"\d+",
}


def _origin(value: str) -> str:
    kind, _, group = value.partition(":")
    if kind not in ORIGINS or not group:
        raise broken("origin")
    return value


Origin = Annotated[str, AfterValidator(_origin)]


class Hour(_Part):
    """Which hour a file speaks for, as its name hints; its rows win."""

    origin: Origin = Field(alias="from", description="name:GROUP, a group of the pattern in `files`")
    format: str = Field(description="Python's strptime, as in %Y%m%d_%H, the factory's time")
    mark: Literal["start", "end"] = Field("start", alias="is", description="which end of the hour the name tells")


class Text(_Part):
    """How the file is written as a whole."""

    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "cp850", "latin-1", "ascii"] = Field(
        "utf-8", description="of its bytes; a row that is not of it is refused"
    )
    form: Literal["delimited"] = Field("delimited", description="one record a row, columns between delimiters")
    delimiter: str = Field(";", min_length=1, description="between two columns")
    columns: int | None = Field(
        None, ge=1, description="how many a record has, no more and no fewer; default the last one that a field names"
    )
    quote: Literal[""] = Field("", description="values are not quoted")
    decimal: Literal[".", ","] = Field(".", description="the decimal mark; the other one is refused")
    thousands: Literal["", ".", ",", " "] = Field("", description="between groups of three digits")
    null: tuple[str, ...] = Field(("",), description="these mean: no value")
    timezone: str = Field("factory", description="of the machine's clock: the factory's, or a zone's name")
    rewrite: Literal["no", "grows"] = Field("no", description="`grows`: the machine goes on writing the same file")

    @model_validator(mode="after")
    def _distinct_marks(self) -> "Text":
        if self.thousands and self.thousands == self.decimal:
            raise broken("same_marks", "thousands")
        return self


class Lines(_Part):
    """Which rows are no records: regular expressions, tried in this order; then a blank row; what is left is a record.
    A header may come again in mid-file.
    """

    trailer: LinePattern | None = Field(None, description="a group `rows` is checked against what was read")
    header: LinePattern | None = Field(None, description="its groups are `header:GROUP`; without any it names columns")
    comment: LinePattern | None = Field(None, description="skipped")


class FieldFrom(_Part):
    """Where a value stands in the row (or beside it), and how it is written."""

    column: int | str | None = Field(None, description="number from 1, or a name of the header row")
    columns: tuple[int, ...] = Field((), description="several numbers: their texts are joined by a space")
    origin: Origin | None = Field(None, alias="from", description="name:GROUP, header:GROUP or trailer:GROUP")
    value: str | None = Field(None, description="the same for every row")
    format: str | None = Field(
        None, description="of a time: Python's strptime, as in %d/%m/%Y %H:%M:%S.%f; %f is a fraction of any length"
    )
    map: dict[str, str] | None = Field(
        None, description="of quality: what each code means; a code that is not here is `unknown`, and flagged"
    )
    scale: float | None = Field(None, description="of a decimal number: it is multiplied by this")
    check: tuple[Origin, ...] = Field((), description="of the machine: these must say the same, or the file is refused")
    restart_below: int | None = Field(
        None, ge=1, description="of the counter: a fall to below this is a restart; default half its last value"
    )

    @field_validator("format")
    @classmethod
    def _known_tokens(cls, value: str | None) -> str | None:
        unknown = [token for token in re.findall("%.", value or "") if token not in TIME_TOKENS]
        if unknown:
            raise broken("time_token", token=unknown[0], known=" ".join(TIME_TOKENS))
        return value

    @model_validator(mode="after")
    def _one_place(self) -> "FieldFrom":
        places = [self.column is not None, bool(self.columns), self.origin is not None, self.value is not None]
        if sum(places) != 1:
            raise broken("one_place")
        if isinstance(self.column, int) and self.column < 1 or any(number < 1 for number in self.columns):
            raise broken("from_one")
        return self


class Sensor(_Part):
    """A measurement beside each item. Its name has the unit at the end, as in temperature_c."""

    column: int | str = Field(description="number from 1, or a name of the header row")
    range: tuple[float, float] | None = Field(None, description="a value outside is kept, and flagged")
    scale: float | None = Field(None, description="it is multiplied by this")


KNOWN_FIELDS = ("machine", "counter", "produced_at", "product", "quality", "cycle_s", "pieces")
QUALITIES = ("good", "scrap", "rework", "unknown")


class Layout(_Part):
    """One file of layouts/: how to read the files of some machines."""

    name: str = Field(min_length=1, max_length=100, description="as machines.csv names it")
    version: int = Field(ge=1, le=1_000_000, description="of the layout; a changed form of file is a new layout")
    files: Pattern = Field(description="regular expression on the file's name, any case; a group `machine` tells whose")
    hour: Hour | None = Field(None, description="which hour the name tells")
    text: Text = Field(default_factory=lambda: Text.model_validate({}), description="how the file is written")
    lines: Lines = Field(default_factory=lambda: Lines.model_validate({}), description="which rows are no records")
    fields: dict[str, FieldFrom] = Field(
        description="machine and produced_at are needed; counter, product, quality, cycle_s, pieces are optional"
    )
    sensors: dict[str, Sensor] = Field({}, description="any number; each becomes a column of silver.items")

    @field_validator("sensors")
    @classmethod
    def _safe_names(cls, value: dict[str, Sensor]) -> dict[str, Sensor]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
                raise broken("sensor_name", name)
            if name in RESERVED or name.startswith(RESERVED_BEGINNINGS):
                raise broken("sensor_taken", name)
        return value

    @model_validator(mode="after")
    def _complete(self) -> "Layout":
        for name in ("machine", "produced_at"):
            if name not in self.fields:
                raise broken("missing", "fields", name)
        for name, field in self.fields.items():
            if name not in KNOWN_FIELDS:
                raise broken("extra_forbidden", "fields", name, known=KNOWN_FIELDS)
            self._has_group(field.origin, "fields", name, "from")
            for origin in field.check:
                self._has_group(origin, "fields", name, "check")
        if self.fields["produced_at"].format is None:
            raise broken("missing", "fields", "produced_at", "format")
        for code, quality in (self.fields["quality"].map or {}).items() if "quality" in self.fields else ():
            if quality not in QUALITIES:
                raise broken("literal_error", "fields", "quality", "map", code, expected=", ".join(QUALITIES))
        if self.hour:
            self._has_group(self.hour.origin, "hour", "from")
        return self

    def _has_group(self, origin: str | None, *key: str) -> None:
        if origin is None:
            return
        kind, _, group = origin.partition(":")
        pattern = {"name": self.files, "header": self.lines.header, "trailer": self.lines.trailer}[kind]
        if pattern is None or group not in re.compile(pattern).groupindex:
            within = {"name": "files", "header": "[lines] header", "trailer": "[lines] trailer"}[kind]
            raise broken("no_group", *key, origin=origin, group=group, pattern=within)

    @property
    def record_columns(self) -> int:
        """How many columns a record has, where columns have numbers."""
        named = [
            *(field.column for field in self.fields.values()),
            *(sensor.column for sensor in self.sensors.values()),
        ]
        joined = [number for field in self.fields.values() for number in field.columns]
        return self.text.columns or max([0, *joined, *(column for column in named if isinstance(column, int))])

    @property
    def column_names(self) -> frozenset[str]:
        """The names that a header row must give."""
        places = [*(one.column for one in self.fields.values()), *(one.column for one in self.sensors.values())]
        return frozenset(place for place in places if isinstance(place, str))

    def match_name(self, name: str) -> dict[str, Any] | None:
        found = re.search(self.files, name, re.IGNORECASE)
        return found.groupdict() if found else None


RESERVED = frozenset(
    (
        *(*KNOWN_FIELDS, "epoch", "nth", "identity", "flags", "hour", "date", "production_day", "shift", "layout"),
        *("file_sha256", "row_no", "received_at"),
        # and what decode and refine put beside them on the way
        *("file", "row", "kind", "section", "open_end", "file_machine", "otherwise", "earliest", "latest", "failed"),
        *("repeat", "piece_start", "piece_end", "block", "restart_below", "cycle_us", "side", "first", "last", "step"),
        *("restart", "pioneer", "was", "outcome"),
    )
)
RESERVED_BEGINNINGS = ("field_", "raw_", "previous_", "next_", "by_")
