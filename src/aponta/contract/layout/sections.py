"""Sections [hour], [long], [record] and [states] of a layout."""

from typing import Literal

from pydantic import Field, model_validator

from aponta.contract.layout.field import FieldFrom, check_one_place
from aponta.contract.layout.part import LayoutPart, Origin
from aponta.contract.rule import rule_error

STATES = ("run", "stop", "changeover", "planned", "external", "failure", "unknown")


class HourInName(LayoutPart):
    """The hour in a file's name: a hint, its rows win."""

    origin: Origin = Field(
        alias="from", description="name:GROUP or path:GROUP, a group of the pattern in `files` or `path`"
    )
    format: str = Field(description="Python's strptime, as in %Y%m%d_%H, the factory's time")
    mark: Literal["start", "end"] = Field("start", alias="is", description="which end of the hour the name has")


class LongRows(LayoutPart):
    """Rows of one value each: the row of one tag makes a record, of the last value that each tag has in the file."""

    tag: int | str | None = Field(None, description="column of the tag; of pairs none: there the keys are the tags")
    value: int | str | None = Field(None, description="column of the tag's value")
    record_when: str = Field(min_length=1, description="a row with this tag is a record, one with another is not")


class RowKinds(LayoutPart):
    """Items and states in one file, distinguished by the text in one place of a row."""

    column: int | str | None = Field(None, description="number from 1, or a name of the header row")
    at: tuple[int, int] | None = Field(None, description="of fixed width: first and last character, from 1")
    key: str | None = Field(None, min_length=1, description="of pairs: the key")
    items: tuple[str, ...] = Field((), description="the texts there of rows that are items")
    states: tuple[str, ...] = Field((), description="and of rows that are states")

    @model_validator(mode="after")
    def _one_place(self) -> "RowKinds":
        check_one_place(self, "column, at, key")
        return self


class StateRows(LayoutPart):
    """Rows with the machine's state from then on; machine and time as in items. Without [record] every row is one.
    Where a machine writes its states, stops come from them and not from gaps between items.
    """

    state: FieldFrom = Field(description=f"its `map` says what each code means: {', '.join(STATES)}")
    reason: FieldFrom | None = Field(None, description="the reason, as the machine writes it")
    columns: int | None = Field(None, ge=1, description="as in [text], of these rows")

    @model_validator(mode="after")
    def _known_states(self) -> "StateRows":
        if not self.state.map:
            raise rule_error("missing", "state", "map")
        for code, state in self.state.map.items():
            if state not in STATES:
                raise rule_error("literal_error", "state", "map", code, expected=", ".join(STATES))
        return self
