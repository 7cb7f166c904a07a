"""The whole of a layout."""

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from aponta.contract.layout.field import FieldFrom, Place, Sensor, check_one_place, value_places
from aponta.contract.layout.part import LayoutPart, Origin, Pattern
from aponta.contract.layout.text import WIDE, Form, Lines, Text
from aponta.contract.rule import rule_error

STATES = ("run", "stop", "changeover", "planned", "external", "failure", "unknown")


class HourInName(LayoutPart):
    """Which hour a file speaks for, as its name hints; its rows win."""

    origin: Origin = Field(
        alias="from", description="name:GROUP or path:GROUP, a group of the pattern in `files` or `path`"
    )
    format: str = Field(description="Python's strptime, as in %Y%m%d_%H, the factory's time")
    mark: Literal["start", "end"] = Field("start", alias="is", description="which end of the hour the name tells")


class LongRows(LayoutPart):
    """Of rows that tell one value each: which value makes a record, of the last one that each tag had in the file."""

    tag: int | str | None = Field(None, description="column of the tag; of pairs none: there the keys are the tags")
    value: int | str | None = Field(None, description="column of the tag's value")
    record_when: str = Field(min_length=1, description="a row with this tag is a record, one with another is not")


class RowKinds(LayoutPart):
    """Which rows are items and which tell a state, by what stands in one place."""

    column: int | str | None = Field(None, description="number from 1, or a name of the header row")
    at: tuple[int, int] | None = Field(None, description="of fixed width: first and last character, from 1")
    key: str | None = Field(None, min_length=1, description="of pairs: the key")
    items: tuple[str, ...] = Field((), description="what stands there in a row that is an item")
    states: tuple[str, ...] = Field((), description="and in one that tells a state")

    @model_validator(mode="after")
    def _one_place(self) -> "RowKinds":
        check_one_place(self, "column, at, key")
        return self


class StateRows(LayoutPart):
    """Rows that tell a machine's state from then on, of the same machine and time as items; without [record] every row
    does. Where a machine tells its states, stops are read from them and not from gaps between items.
    """

    state: FieldFrom = Field(description=f"its `map` says what each code means: {', '.join(STATES)}")
    reason: FieldFrom | None = Field(None, description="why, as the machine says it")
    columns: int | None = Field(None, ge=1, description="as in [text], of these rows")

    @model_validator(mode="after")
    def _known_states(self) -> "StateRows":
        if not self.state.map:
            raise rule_error("missing", "state", "map")
        for code, state in self.state.map.items():
            if state not in STATES:
                raise rule_error("literal_error", "state", "map", code, expected=", ".join(STATES))
        return self


TOTALS = ("good_total", "scrap_total", "rework_total")  # of rows that tell how many there were so far
ITEM_FIELDS = ("counter", "quality", "pieces")  # of rows that tell of one item, or a few of the same kind
KNOWN_FIELDS = ("machine", "counter", "produced_at", "product", "quality", "cycle_s", "pieces", *TOTALS)
QUALITIES = ("good", "scrap", "rework", "unknown")
STATE_FIELDS = ("machine", "produced_at")  # that rows of states share with items
ANYWHERE: tuple[Place, ...] = ("from", "value")
PLACES: dict[Form, tuple[Place, ...]] = {
    "delimited": ("column", "columns", *ANYWHERE),
    "fixed": ("at", *ANYWHERE),
    "pairs": ("key", "column", *ANYWHERE),
    "long": ("column", "columns", "key", *ANYWHERE),
}


class Layout(LayoutPart):
    """One file of layouts/: how to read the files of some machines."""

    name: str = Field(min_length=1, max_length=100, description="as machines.csv names it")
    version: int = Field(ge=1, le=1_000_000, description="of the layout; a changed form of file is a new layout")
    files: Pattern = Field(description="regular expression on the file's name, any case; a group `machine` tells whose")
    path: Pattern | None = Field(
        None, description="regular expression on the folder below the landing folder, any case, `/` between folders"
    )
    hour: HourInName | None = Field(None, description="which hour the name tells")
    text: Text = Field(default_factory=lambda: Text.model_validate({}), description="how the file is written")
    lines: Lines = Field(default_factory=lambda: Lines.model_validate({}), description="which rows are no records")
    fields: dict[str, FieldFrom] = Field(
        description="machine and produced_at are needed; counter, product, quality, cycle_s, pieces are optional. "
        "Rows that do not tell of an item but of how many there were so far have one or several of good_total, "
        "scrap_total, rework_total in place of counter, quality and pieces"
    )
    sensors: dict[str, Sensor] = Field({}, description="any number; each becomes a column of silver.items")
    long: LongRows | None = Field(None, description="of rows that tell one value each")
    empty: Literal["quarantine", "stopped"] = Field(
        "quarantine",
        description="of a file of no byte at all: quarantined, or, where its name tells machine and hour, "
        "the machine stood the whole hour",
    )
    record: RowKinds | None = Field(None, description="which rows are items, which tell a state")
    states: StateRows | None = Field(None, description="rows that tell a state")

    @field_validator("sensors")
    @classmethod
    def _safe_names(cls, value: dict[str, Sensor]) -> dict[str, Sensor]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
                raise rule_error("sensor_name", name)
            if name in RESERVED or name.startswith(RESERVED_BEGINNINGS):
                raise rule_error("sensor_taken", name)
        return value

    @model_validator(mode="after")
    def _complete(self) -> "Layout":
        for name in ("machine", "produced_at"):
            if name not in self.fields:
                raise rule_error("missing", "fields", name)
        for name, field in self.fields.items():
            if name not in KNOWN_FIELDS:
                raise rule_error("extra_forbidden", "fields", name, known=KNOWN_FIELDS)
            self._has_group(field.origin, "fields", name, "from")
            for origin in field.check:
                self._has_group(origin, "fields", name, "check")
        if value_places(self.fields["produced_at"]) and not self.fields["produced_at"].formats:
            raise rule_error("missing", "fields", "produced_at", "format")
        for name, field in self.fields.items():
            if field.rebuild and name != "produced_at":
                raise rule_error("rebuild_of_time", "fields", name, "rebuild")
        if self.rebuilds:
            for known, *key in ((self.hour, "hour"), (self.fields.get("cycle_s"), "fields", "cycle_s")):
                if known is None:
                    raise rule_error("rebuild_needs", *key)
        for name in ITEM_FIELDS if self.totals else ():
            if name in self.fields:
                raise rule_error("total_and_item", "fields", name, total=self.totals[0])
        if self.totals and self.rebuilds:
            raise rule_error("total_and_rebuild", "fields", "produced_at", "rebuild")
        for code, quality in (self.fields["quality"].map or {}).items() if "quality" in self.fields else ():
            if quality not in QUALITIES:
                raise rule_error("literal_error", "fields", "quality", "map", code, expected=", ".join(QUALITIES))
        if self.hour:
            self._has_group(self.hour.origin, "hour", "from")
        elif any(one.startswith("hour_") for one in self.fields["produced_at"].formats):
            raise rule_error("missing", "hour")
        self._suits_its_form()
        return self

    def _suits_its_form(self) -> None:
        form = self.text.form
        tables: dict[str, dict[str, Any]] = {"fields": dict(self.fields), "sensors": dict(self.sensors)}
        if self.states:
            tables["states"] = {name: one for name in ("state", "reason") if (one := getattr(self.states, name))}
        if self.record:
            tables["record"] = {next(iter(value_places(self.record))): self.record}
            if self.states is None:
                raise rule_error("missing", "states")
        for table, inner in tables.items():
            for name, one in inner.items():
                for place in value_places(one):
                    if place not in PLACES[form]:
                        known = ", ".join(PLACES[form])
                        raise rule_error("place_of_form", table, name, place=place, form=form, known=known)
        if self.long is None:
            if form == "long":
                raise rule_error("missing", "long")
        elif form not in ("long", "pairs"):
            raise rule_error("long_of_form", "long", form=form)
        else:
            for name in ("tag", "value"):
                if (getattr(self.long, name) is None) == (form == "long"):
                    raise rule_error("missing" if form == "long" else "long_of_pairs", "long", name)
        if self.lines.checksum and self.text.encoding in WIDE:
            raise rule_error("wide_checksum", "lines", "checksum")
        for group in self.trailer_groups:
            if group.startswith("sum_") and group.removeprefix("sum_") not in self.summable:
                raise rule_error("no_sum", "lines", "trailer", group=group, known=", ".join(self.summable))

    @property
    def _valued(self) -> tuple[FieldFrom | Sensor, ...]:
        return (*self.fields.values(), *self.sensors.values())

    @property
    def rebuilds(self) -> bool:
        """Times of items are made anew where the machine's clock tells none."""
        return self.fields["produced_at"].rebuild is not None

    @property
    def totals(self) -> tuple[str, ...]:
        """The running totals that its rows tell."""
        return tuple(name for name in TOTALS if name in self.fields)

    @property
    def trailer_groups(self) -> tuple[str, ...]:
        return tuple(re.compile(self.lines.trailer or "").groupindex)

    @property
    def summable(self) -> tuple[str, ...]:
        """What a trailer may tell the sum of."""
        numbers = (name for name in ("counter", "cycle_s", "pieces") if name in self.fields)
        return (*numbers, *self.sensors)

    def _has_group(self, origin: str | None, *key: str) -> None:
        if origin is None:
            return
        kind, _, group = origin.partition(":")
        pattern = {"name": self.files, "path": self.path, "header": self.lines.header, "trailer": self.lines.trailer}[
            kind
        ]
        if pattern is None or group not in re.compile(pattern).groupindex:
            within = {"name": "files", "path": "path", "header": "[lines] header", "trailer": "[lines] trailer"}[kind]
            raise rule_error("no_group", *key, origin=origin, group=group, pattern=within)

    @property
    def record_columns(self) -> int:
        """How many columns a record has, where columns have numbers."""
        named = [one.column for one in self._valued]
        named += [self.long.tag, self.long.value] if self.long else []
        numbers = [number for field in self.fields.values() for number in field.columns]
        numbers += [column for column in named if isinstance(column, int)]
        return self.text.columns or max([0, *numbers])

    @property
    def record_width(self) -> int:
        """How many characters a record of fixed width has."""
        told = [one.at[1] for one in self._valued if one.at]
        return self.text.columns or max([0, *told])

    @property
    def state_layout(self) -> "Layout | None":
        """As it reads rows that tell a state."""
        if self.states is None:
            return None
        told = {"state": self.states.state} | ({"reason": self.states.reason} if self.states.reason else {})
        fields = {name: self.fields[name] for name in STATE_FIELDS} | told
        text = self.text.model_copy(update={"columns": self.states.columns})
        return self.model_copy(update={"fields": fields, "sensors": {}, "text": text, "record": None, "states": None})

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of pairs, or tags of [long], that values are taken from."""
        told = [one.key for one in self._valued]
        told += [self.long.record_when] if self.long else []
        told += [self.record.key] if self.record else []
        return tuple(dict.fromkeys(key for key in told if key is not None))

    @property
    def column_names(self) -> frozenset[str]:
        """The names that a header row must give."""
        told = [one.column for one in self._valued]
        told += [self.long.tag, self.long.value] if self.long else []
        told += [self.record.column] if self.record else []
        return frozenset(column for column in told if isinstance(column, str))

    def match(self, name: str, folder: str) -> dict[str, str | None] | None:
        """What the groups of `files` and `path` find, as "name:GROUP" and "path:GROUP"; None: it reads no such file."""
        found = {"name": re.search(self.files, name, re.IGNORECASE)}
        if self.path is not None:
            found["path"] = re.search(self.path, folder, re.IGNORECASE)
        if None in found.values():
            return None
        return {f"{of}:{group}": text for of, one in found.items() if one for group, text in one.groupdict().items()}


RESERVED = frozenset(
    (
        *(*KNOWN_FIELDS, "epoch", "nth", "identity", "flags", "hour", "date", "production_day", "shift", "layout"),
        *("file_sha256", "row_no", "received_at"),
        # and what decode and refine put beside them on the way
        *("file", "row", "kind", "section", "open_end", "file_machine", "otherwise", "earliest", "latest", "failed"),
        *("tag", "told", "at", "kept", "wrapped", "fails"),
        *(
            "repeat",
            "piece_start",
            "piece_end",
            "block",
            "restart_below",
            "rollover",
            "cycle_us",
            "side",
            "first",
            "last",
        ),
        *("step", "restart", "pioneer", "was", "outcome"),
        *("produced_at_source", "lost", "told_identity", "rebuilt_at"),
        *("good", "scrap", "rework", "unclassified", "cycles"),
    )
)
RESERVED_BEGINNINGS = ("field_", "raw_", "pair_", "held_", "previous_", "next_", "by_")
