"""A whole layout, and what its sections require of each other."""

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from aponta.contract.layout.field import FieldFrom, Place, Sensor, value_places
from aponta.contract.layout.part import LayoutPart, Pattern
from aponta.contract.layout.sections import HourInName, LongRows, RowKinds, StateRows
from aponta.contract.layout.text import WIDE, Form, Lines, Text
from aponta.contract.rule import rule_error

TOTALS = ("good_total", "scrap_total", "rework_total")  # of rows of running totals
ITEM_FIELDS = ("counter", "quality", "pieces")  # of rows of an item, or of a few alike
KNOWN_FIELDS = ("machine", "counter", "produced_at", "product", "quality", "cycle_s", "pieces", *TOTALS)
QUALITIES = ("good", "scrap", "rework", "unknown")
STATE_FIELDS = ("machine", "produced_at")  # shared by states and items
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
    files: Pattern = Field(
        description="regular expression on the file's name, any case; a group `machine` is the machine's code"
    )
    path: Pattern | None = Field(
        None, description="regular expression on the folder below the landing folder, any case, `/` between folders"
    )
    hour: HourInName | None = Field(None, description="the hour in the name")
    text: Text = Field(default_factory=lambda: Text.model_validate({}), description="how the file is written")
    lines: Lines = Field(default_factory=lambda: Lines.model_validate({}), description="which rows are no records")
    fields: dict[str, FieldFrom] = Field(
        description="machine and produced_at are needed; counter, product, quality, cycle_s, pieces are optional. "
        "Rows of running totals have one or several of good_total, scrap_total, rework_total in place of counter, "
        "quality and pieces"
    )
    sensors: dict[str, Sensor] = Field({}, description="any number; each becomes a column of silver.items")
    long: LongRows | None = Field(None, description="rows of one value each")
    empty: Literal["quarantine", "stopped"] = Field(
        "quarantine",
        description="an empty file is quarantined, or, where its name has machine and hour, the machine was stopped "
        "the whole hour",
    )
    record: RowKinds | None = Field(None, description="which rows are items, which are states")
    states: StateRows | None = Field(None, description="rows with a state")

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
        """Raises where sections do not fit each other: each check below is of one section."""
        self._check_fields()
        self._check_time()
        self._check_totals()
        self._check_quality()
        self._check_hour()
        self._check_places()
        self._check_long()
        self._check_lines()
        return self

    def _check_fields(self) -> None:
        for name in ("machine", "produced_at"):
            if name not in self.fields:
                raise rule_error("missing", "fields", name)
        for name, field in self.fields.items():
            if name not in KNOWN_FIELDS:
                raise rule_error("extra_forbidden", "fields", name, known=KNOWN_FIELDS)
            self._check_group(field.origin, "fields", name, "from")
            for origin in field.check:
                self._check_group(origin, "fields", name, "check")

    def _check_time(self) -> None:
        produced_at = self.fields["produced_at"]
        if value_places(produced_at) and not produced_at.formats:
            raise rule_error("missing", "fields", "produced_at", "format")
        for name, field in self.fields.items():
            if field.rebuild and name != "produced_at":
                raise rule_error("rebuild_of_time", "fields", name, "rebuild")
        if self.rebuilds:
            for needed, *key in ((self.hour, "hour"), (self.fields.get("cycle_s"), "fields", "cycle_s")):
                if needed is None:
                    raise rule_error("rebuild_needs", *key)

    def _check_totals(self) -> None:
        for name in ITEM_FIELDS if self.totals else ():
            if name in self.fields:
                raise rule_error("total_and_item", "fields", name, total=self.totals[0])
        if self.totals and self.rebuilds:
            raise rule_error("total_and_rebuild", "fields", "produced_at", "rebuild")

    def _check_quality(self) -> None:
        for code, quality in (self.fields["quality"].map or {}).items() if "quality" in self.fields else ():
            if quality not in QUALITIES:
                raise rule_error("literal_error", "fields", "quality", "map", code, expected=", ".join(QUALITIES))

    def _check_hour(self) -> None:
        if self.hour:
            self._check_group(self.hour.origin, "hour", "from")
        elif any(format.startswith("hour_") for format in self.fields["produced_at"].formats):
            raise rule_error("missing", "hour")

    def _check_places(self) -> None:
        """Values stand in places that the form has."""
        form = self.text.form
        tables: dict[str, dict[str, Any]] = {"fields": dict(self.fields), "sensors": dict(self.sensors)}
        if self.states:
            tables["states"] = {name: field for name in ("state", "reason") if (field := getattr(self.states, name))}
        if self.record:
            tables["record"] = {next(iter(value_places(self.record))): self.record}
            if self.states is None:
                raise rule_error("missing", "states")
        for table, parts in tables.items():
            for name, part in parts.items():
                for place in value_places(part):
                    if place not in PLACES[form]:
                        known = ", ".join(PLACES[form])
                        raise rule_error("place_of_form", table, name, place=place, form=form, known=known)

    def _check_long(self) -> None:
        form = self.text.form
        if self.long is None:
            if form == "long":
                raise rule_error("missing", "long")
        elif form not in ("long", "pairs"):
            raise rule_error("long_of_form", "long", form=form)
        else:
            for name in ("tag", "value"):
                if (getattr(self.long, name) is None) == (form == "long"):
                    raise rule_error("missing" if form == "long" else "long_of_pairs", "long", name)

    def _check_lines(self) -> None:
        if self.lines.checksum and self.text.encoding in WIDE:
            raise rule_error("wide_checksum", "lines", "checksum")
        for group in self.trailer_groups:
            if group.startswith("sum_") and group.removeprefix("sum_") not in self.summable:
                raise rule_error("no_sum", "lines", "trailer", group=group, known=", ".join(self.summable))

    def _check_group(self, origin: str | None, *key: str) -> None:
        """The pattern that `origin` names has its group. key: where the layout has the origin."""
        if origin is None:
            return
        kind, _, group = origin.partition(":")
        pattern, place = {
            "name": (self.files, "files"),
            "path": (self.path, "path"),
            "header": (self.lines.header, "[lines] header"),
            "trailer": (self.lines.trailer, "[lines] trailer"),
        }[kind]
        if pattern is None or group not in re.compile(pattern).groupindex:
            raise rule_error("no_group", *key, origin=origin, group=group, pattern=place)

    @property
    def _valued(self) -> tuple[FieldFrom | Sensor, ...]:
        return (*self.fields.values(), *self.sensors.values())

    @property
    def rebuilds(self) -> bool:
        """Times of items are rebuilt where the machine's clock gives none."""
        return self.fields["produced_at"].rebuild is not None

    @property
    def totals(self) -> tuple[str, ...]:
        """The running totals in its rows."""
        return tuple(name for name in TOTALS if name in self.fields)

    @property
    def trailer_groups(self) -> tuple[str, ...]:
        return tuple(re.compile(self.lines.trailer or "").groupindex)

    @property
    def summable(self) -> tuple[str, ...]:
        """Fields whose sum a trailer may have."""
        numbers = (name for name in ("counter", "cycle_s", "pieces") if name in self.fields)
        return (*numbers, *self.sensors)

    @property
    def record_columns(self) -> int:
        """Number of columns of a record, where columns have numbers."""
        columns = [part.column for part in self._valued]
        columns += [self.long.tag, self.long.value] if self.long else []
        numbers = [number for field in self.fields.values() for number in field.columns]
        numbers += [column for column in columns if isinstance(column, int)]
        return self.text.columns or max([0, *numbers])

    @property
    def record_width(self) -> int:
        """Number of characters of a record of fixed width."""
        return self.text.columns or max([0, *(part.at[1] for part in self._valued if part.at)])

    @property
    def state_layout(self) -> "Layout | None":
        """The layout of rows with a state; None: it has no such rows."""
        if self.states is None:
            return None
        fields = {name: self.fields[name] for name in STATE_FIELDS} | {"state": self.states.state}
        fields |= {"reason": self.states.reason} if self.states.reason else {}
        text = self.text.model_copy(update={"columns": self.states.columns})
        return self.model_copy(update={"fields": fields, "sensors": {}, "text": text, "record": None, "states": None})

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of pairs, or tags of [long], that values are taken from."""
        keys = [part.key for part in self._valued]
        keys += [self.long.record_when] if self.long else []
        keys += [self.record.key] if self.record else []
        return tuple(dict.fromkeys(key for key in keys if key is not None))

    @property
    def column_names(self) -> frozenset[str]:
        """The names that a header row must have."""
        columns = [part.column for part in self._valued]
        columns += [self.long.tag, self.long.value] if self.long else []
        columns += [self.record.column] if self.record else []
        return frozenset(column for column in columns if isinstance(column, str))

    def match(self, name: str, folder: str) -> dict[str, str | None] | None:
        """The groups of `files` and `path`, as "name:GROUP" and "path:GROUP"; None: it does not read this file."""
        matches = {"name": re.search(self.files, name, re.IGNORECASE)}
        if self.path is not None:
            matches["path"] = re.search(self.path, folder, re.IGNORECASE)
        groups: dict[str, str | None] = {}
        for kind, match in matches.items():
            if match is None:
                return None
            groups |= {f"{kind}:{group}": text for group, text in match.groupdict().items()}
        return groups


RESERVED = frozenset(
    (
        *(*KNOWN_FIELDS, "epoch", "nth", "identity", "flags", "hour", "date", "production_day", "shift", "layout"),
        *("file_sha256", "row_no", "received_at"),
        # and columns that decode and refine add on the way
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
