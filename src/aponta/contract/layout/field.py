"""The place of a value in a row or beside it, and how it is written."""

import re
from typing import Literal, Protocol

from pydantic import Field, field_validator, model_validator

from aponta.contract.layout.part import LayoutPart, Origin
from aponta.contract.rule import rule_error

Place = Literal["column", "columns", "at", "key", "from", "value"]
TIME_TOKENS = {  # of Python's strptime, each with its pattern; %f is a fraction of any length
    "%d": r"\d\d",
    "%m": r"\d\d",
    "%Y": r"\d{4}",
    "%y": r"\d\d",
    "%H": r"\d\d",
    "%M": r"\d\d",
    "%S": r"[0-5]\d",
    "%f": r"\d+",
}
ZONE_TOKEN = "%z"  # at the end
NUMBERED = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1, "hour_s": 1_000_000, "hour_ms": 1_000}


class FieldFrom(LayoutPart):
    """Where a value stands in the row (or beside it), and how it is written."""

    column: int | str | None = Field(None, description="number from 1, or a name of the header row")
    columns: tuple[int, ...] = Field((), description="several numbers: their texts are joined by a space")
    at: tuple[int, int] | None = Field(None, description="of fixed width: first and last character, from 1")
    key: str | None = Field(None, min_length=1, description="of pairs: the key; of [long]: the tag")
    origin: Origin | None = Field(
        None, alias="from", description="name:GROUP, path:GROUP, header:GROUP or trailer:GROUP"
    )
    value: str | None = Field(None, description="the same for every row")
    format: str | tuple[str, ...] | None = Field(
        None,
        description="of a time: Python's strptime, as in %d/%m/%Y %H:%M:%S.%f; %f is a fraction of any length, %z an "
        "offset as in Z or -03:00, last. Or a number: epoch_s, epoch_ms, epoch_us since 1970, hour_s, hour_ms since "
        "the hour in the file's name. Several: the first that fits",
    )
    map: dict[str, str] | None = Field(
        None, description="of quality: what each code means; a code that is not here is `unknown`, and flagged"
    )
    scale: float | None = Field(None, description="of a decimal number: it is multiplied by this")
    check: tuple[Origin, ...] = Field(
        (), description="of the machine: these must have the same code, or the file is refused"
    )
    restart_below: int | None = Field(
        None,
        ge=1,
        description="of the counter or a running total: a fall to below this is a restart; default half its last value",
    )
    rollover: int | None = Field(
        None,
        ge=2,
        description="of the counter or a running total: it has so many numbers and then continues at 0, which is no "
        "restart",
    )

    rebuild: Literal["cycle"] | None = Field(
        None,
        description="of produced_at: where the machine writes no time (then it may have no place and no format), or an "
        "impossible one, it is rebuilt from cycle_s within the hour of the file's name, and flagged `rebuilt`",
    )

    @property
    def formats(self) -> tuple[str, ...]:
        return (self.format,) if isinstance(self.format, str) else self.format or ()

    @field_validator("format")
    @classmethod
    def _known_tokens(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for format in (value,) if isinstance(value, str) else value or ():
            if format in NUMBERED:
                continue
            unknown = [token for token in re.findall("%.", format.removesuffix(ZONE_TOKEN)) if token not in TIME_TOKENS]
            if unknown or not re.search("%[^z]", format):
                known = " ".join([*TIME_TOKENS, ZONE_TOKEN, *NUMBERED])
                raise rule_error("time_token", token=unknown[0] if unknown else format, known=known)
        return value

    @model_validator(mode="after")
    def _one_place(self) -> "FieldFrom":
        if self.rebuild is None or value_places(self):
            check_one_place(self, "column, columns, at, key, from, value")
        return self


class Sensor(LayoutPart):
    """A measurement beside each item. Its name has the unit at the end, as in temperature_c."""

    column: int | str | None = Field(None, description="number from 1, or a name of the header row")
    at: tuple[int, int] | None = Field(None, description="of fixed width: first and last character, from 1")
    key: str | None = Field(None, min_length=1, description="of pairs: the key; of [long]: the tag")
    range: tuple[float, float] | None = Field(None, description="a value outside is kept, and flagged")
    scale: float | None = Field(None, description="it is multiplied by this")

    @model_validator(mode="after")
    def _one_place(self) -> "Sensor":
        check_one_place(self, "column, at, key")
        return self


class Placed(Protocol):
    """A part of a layout that has one place in a row."""

    @property
    def column(self) -> int | str | None:
        """Number from 1, or a name."""

    @property
    def at(self) -> tuple[int, int] | None:
        """First and last character."""

    @property
    def key(self) -> str | None:
        """Key of a pair."""


def value_places(part: Placed) -> list[Place]:
    """The places that are given for its value; a valid part has exactly one."""
    given: dict[Place, object] = {"column": part.column, "at": part.at, "key": part.key}
    if isinstance(part, FieldFrom):
        given |= {"columns": part.columns or None, "from": part.origin, "value": part.value}
    return [place for place, value in given.items() if value is not None]


def check_one_place(part: Placed, known: str) -> None:
    """Raises where a part has no place, several places, or an impossible one. known: the places it may have."""
    if len(value_places(part)) != 1:
        raise rule_error("one_place", places=known)
    numbers = [part.column] if isinstance(part.column, int) else []
    numbers += part.columns if isinstance(part, FieldFrom) else ()
    if any(number < 1 for number in (*numbers, *(part.at or ()))):
        raise rule_error("from_one")
    if part.at and part.at[0] > part.at[1]:
        raise rule_error("backwards")
