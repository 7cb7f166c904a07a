"""A machine's layout: how to read its files. The TOML under `layouts/` in this very form; a changed form is a new
version.

`[lines]` are tried in the order trailer, header, comment, blank; what is left is a record.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
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
        raise ValueError(f"{value!r} is not one of name:GROUP, header:GROUP, trailer:GROUP")
    return value


Origin = Annotated[str, AfterValidator(_origin)]


class Hour(_Part):
    """Which hour a file speaks for, as its name hints; its rows win."""

    origin: Origin = Field(alias="from")
    format: str
    mark: Literal["start", "end"] = Field("start", alias="is")


class Text(_Part):
    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "cp850", "latin-1", "ascii"] = "utf-8"
    form: Literal["delimited"] = "delimited"
    delimiter: str = Field(";", min_length=1)
    columns: int | None = Field(None, ge=1)  # how many a record has; default the last one that a field names
    quote: Literal[""] = ""
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " "] = ""
    null: tuple[str, ...] = ("",)
    timezone: str = "factory"
    rewrite: Literal["no", "grows"] = "no"

    @model_validator(mode="after")
    def _distinct_marks(self) -> "Text":
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("decimal and thousands are the same mark")
        return self


class Lines(_Part):
    trailer: Pattern | None = None
    header: Pattern | None = None
    comment: Pattern | None = None


class FieldFrom(_Part):
    """Where a value stands in the row (or beside it), and how it is written."""

    column: int | str | None = None  # number from 1, or a name of the header row
    columns: tuple[int, ...] = ()  # several, joined by a space
    origin: Origin | None = Field(None, alias="from")
    value: str | None = None
    format: str | None = None  # of a time: Python's strptime; %f is a fraction of any length
    map: dict[str, str] | None = None
    scale: float | None = None
    check: tuple[Origin, ...] = ()
    restart_below: int | None = Field(None, ge=1)  # a fall to below this is a restart; default half its last value

    @field_validator("format")
    @classmethod
    def _known_tokens(cls, value: str | None) -> str | None:
        unknown = [token for token in re.findall("%.", value or "") if token not in TIME_TOKENS]
        if unknown:
            raise ValueError(f"{unknown[0]} in {value!r}: only {' '.join(TIME_TOKENS)} are read")
        return value

    @model_validator(mode="after")
    def _one_place(self) -> "FieldFrom":
        places = [self.column is not None, bool(self.columns), self.origin is not None, self.value is not None]
        if sum(places) != 1:
            raise ValueError("needs exactly one of column, columns, from, value")
        if isinstance(self.column, int) and self.column < 1 or any(number < 1 for number in self.columns):
            raise ValueError("columns are counted from 1")
        return self


class Sensor(_Part):
    column: int | str
    range: tuple[float, float] | None = None
    scale: float | None = None


KNOWN_FIELDS = ("machine", "counter", "produced_at", "product", "quality", "cycle_s", "pieces")
QUALITIES = ("good", "scrap", "rework", "unknown")


class Layout(_Part):
    name: str
    version: int = Field(ge=1)
    files: Pattern
    hour: Hour | None = None
    text: Text = Field(default_factory=lambda: Text.model_validate({}))
    lines: Lines = Lines()
    fields: dict[str, FieldFrom]
    sensors: dict[str, Sensor] = {}

    @field_validator("sensors")
    @classmethod
    def _safe_names(cls, value: dict[str, Sensor]) -> dict[str, Sensor]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
                raise ValueError(f"sensor {name!r}: lower-case letters, digits and _ only, the unit at the end")
            if name in RESERVED:
                raise ValueError(f"sensor {name!r}: this name is a column of silver.items already")
        return value

    @model_validator(mode="after")
    def _complete(self) -> "Layout":
        for name in ("machine", "produced_at"):
            if name not in self.fields:
                raise ValueError(f"[fields] {name} is needed")
        for name, field in self.fields.items():
            if name not in KNOWN_FIELDS:
                raise ValueError(f"[fields] {name}: not one of {', '.join(KNOWN_FIELDS)}")
            for origin in (field.origin, *field.check):
                self._has_group(f"[fields] {name}", origin)
        if self.fields["produced_at"].format is None:
            raise ValueError("[fields] produced_at needs a format, as in %d/%m/%Y %H:%M:%S.%f")
        for code, quality in (self.fields["quality"].map or {}).items() if "quality" in self.fields else ():
            if quality not in QUALITIES:
                raise ValueError(f"[fields] quality: {code!r} maps to {quality!r}, not one of {', '.join(QUALITIES)}")
        if self.hour:
            self._has_group("hour", self.hour.origin)
        return self

    def _has_group(self, where: str, origin: str | None) -> None:
        if origin is None:
            return
        kind, _, group = origin.partition(":")
        pattern = {"name": self.files, "header": self.lines.header, "trailer": self.lines.trailer}[kind]
        if pattern is None or group not in re.compile(pattern).groupindex:
            raise ValueError(f"{where}: {origin!r} names no group (?P<{group}>...) of the {kind}'s pattern")

    @property
    def record_columns(self) -> int:
        """How many columns a record has, where columns have numbers."""
        named = [
            *(field.column for field in self.fields.values()),
            *(sensor.column for sensor in self.sensors.values()),
        ]
        joined = [number for field in self.fields.values() for number in field.columns]
        return self.text.columns or max([0, *joined, *(column for column in named if isinstance(column, int))])

    def match_name(self, name: str) -> dict[str, Any] | None:
        found = re.search(self.files, name, re.IGNORECASE)
        return found.groupdict() if found else None


RESERVED = frozenset(
    (
        *KNOWN_FIELDS,
        "epoch",
        "nth",
        "identity",
        "flags",
        "hour",
        "date",
        "production_day",
        "shift",
        "layout",
        "file_sha256",
        "row_no",
        "received_at",
    )
)
