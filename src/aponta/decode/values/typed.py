"""Texts of values -> typed columns, of several files of one layout at once. A row that fails has its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from aponta.contract.decoded import LONGEST_CYCLE_S, RowReason
from aponta.contract.layout import QUALITIES, TOTALS, FieldFrom, Layout, Sensor
from aponta.contract.layout.field import value_places
from aponta.decode.clock import without_time
from aponta.decode.forms import Cut, RowCheck, form_of
from aponta.decode.rows.carried import carried_text
from aponta.decode.text import REPLACED
from aponta.decode.values.numbers import integer, real
from aponta.decode.values.times import timestamp_us
from aponta.factory_calendar import HOUR_US

NO_FORMAT = ("epoch_us",)  # of a time that no machine writes
BOUNDS = {"counter": (-(2**62), 2**62), "pieces": (0, 1_000_000)}  # beyond, differences and sums would not fit
BOUNDS |= dict.fromkeys(TOTALS, (0, 2**53))


@dataclass(frozen=True)
class _Column:
    """reason: of rows whose text has no value of this type. needed: rows without a text are refused."""

    name: str
    value: pl.Expr
    reason: RowReason
    needed: bool = False
    bounds: tuple[int, int] | None = None


def read_values(
    rows: pl.DataFrame, layout: Layout, zone: str, names: Mapping[str, int], known: Mapping[str, int]
) -> tuple[pl.DataFrame, list[RowCheck]]:
    """Typed columns of the record rows, `failed` (index of the check a row fails, null: a good record), and the checks.

    rows: `row` (text), `file_machine`, `earliest`, `latest` (microseconds), `open_end` (the file's last row, without
    a line end), `otherwise` (a second header row names other columns), `stray` (neither item nor state), NAMED_HOUR,
    one column per origin of a field, as "name:machine". names: columns by name, from the file's header row. known:
    where `file_machine` may be empty, the machines that a row may name, each with its `earliest`.
    """
    cut = form_of(layout).cut(rows, layout, names)
    texts = {name: _text(field, layout, cut) for name, field in layout.fields.items()}
    texts |= {name: _text(sensor, layout, cut) for name, sensor in layout.sensors.items()}
    cells = cut.rows.with_columns(**{f"raw_{name}": text for name, text in texts.items()})
    raw = {name: pl.col(f"raw_{name}") for name in texts}
    if known:
        cells = _with_own_machine(cells, raw["machine"], known)
    columns = list(_columns(layout, zone, raw))
    typed = cells.with_columns(
        **{column.name: column.value for column in columns},
        product=raw.get("product", pl.lit(None, pl.String)).fill_null("unknown"),
    ).with_columns(lost=without_time(layout))
    checks = list(_checks(layout, cut, raw, columns, names_lack=not layout.column_names <= names.keys()))
    failed: Any = pl.when(False).then(0)
    for number, check in enumerate(checks):
        failed = failed.when(check.fails).then(number)
    quality, unknown_code = _quality(layout.fields.get("quality"), raw.get("quality"))
    if layout.totals:  # a row has several qualities
        quality = pl.lit(None, pl.String)
    return typed.with_columns(
        failed=failed.cast(pl.Int16),
        quality=quality,
        flags=_flags(layout, unknown_code),
        hour=pl.col("produced_at") - pl.col("produced_at") % HOUR_US,
    ), checks


def _text(field: FieldFrom | Sensor, layout: Layout, cut: Cut) -> pl.Expr:
    """The value's text; null where it is a word of the layout for no value."""
    if isinstance(field, FieldFrom) and field.value is not None:
        return pl.lit(field.value, pl.String)
    if isinstance(field, FieldFrom) and not value_places(field):
        return pl.lit(None, pl.String)
    if isinstance(field, FieldFrom) and field.origin is not None:
        text = pl.col(field.origin)
    elif (carried := carried_text(layout, field)) is not None:
        text = carried
    else:
        text = cut.text_of(field)
    return pl.when(~text.is_in(list(layout.text.null))).then(text)


def _with_own_machine(cells: pl.DataFrame, machine: pl.Expr, known: Mapping[str, int]) -> pl.DataFrame:
    """A file whose name and header name no machine is of the machine of its first row that names a known one."""
    own = machine.filter(machine.is_in(list(known))).first().over("file")
    return cells.with_columns(
        file_machine=pl.coalesce("file_machine", own),
        earliest=pl.coalesce("earliest", own.replace_strict(known, default=None, return_dtype=pl.Int64)),
    )


def _columns(layout: Layout, zone: str, raw: Mapping[str, pl.Expr]) -> Iterator[_Column]:
    """raw: texts by field and sensor."""
    fields, text = layout.fields, layout.text
    formats = fields["produced_at"].formats or NO_FORMAT
    yield _Column("produced_at", timestamp_us(raw["produced_at"], formats, zone, text.decimal), "time")
    for name, bounds in BOUNDS.items():
        if name in fields:
            yield _Column(name, integer(raw[name], text), "number", needed=True, bounds=bounds)
    if "cycle_s" in fields:
        yield _Column("cycle_s", real(raw["cycle_s"], text, fields["cycle_s"].scale), "number")
    for name, sensor in layout.sensors.items():
        yield _Column(name, real(raw[name], text, sensor.scale), "number")


def _checks(
    layout: Layout, cut: Cut, raw: Mapping[str, pl.Expr], columns: list[_Column], names_lack: bool
) -> Iterator[RowCheck]:
    """In the order in which they are reported: a row has the reason of the first check it fails. names_lack: the header
    row lacks a column that the layout names.
    """
    machine, produced_at = raw["machine"], raw["produced_at"]
    yield RowCheck(pl.col("row").str.contains(REPLACED, literal=True), "encoding")
    yield RowCheck(pl.col("open_end"), "truncated")
    yield from cut.checks
    yield RowCheck(pl.lit(names_lack) | pl.col("otherwise"), "columns")
    yield RowCheck(pl.col("stray"), "record")
    yield RowCheck(machine.is_null(), "missing", "machine", machine)
    yield RowCheck(machine != pl.col("file_machine"), "machine", "machine", machine)
    yield RowCheck(produced_at.is_null() & ~pl.col("lost"), "missing", "produced_at", produced_at)
    if "state" in layout.fields:
        yield RowCheck(raw["state"].is_null(), "missing", "state", raw["state"])
    for column in columns:
        if column.needed:
            yield RowCheck(raw[column.name].is_null(), "missing", column.name, raw[column.name])
    for column in columns:
        text = raw[column.name]
        yield RowCheck(pl.col(column.name).is_null() & text.is_not_null(), column.reason, column.name, text)
    for column in columns:
        if column.bounds:
            outside = ~pl.col(column.name).is_between(*column.bounds)
            yield RowCheck(outside, "number", column.name, raw[column.name])
    possible = pl.col("produced_at").is_between(pl.col("earliest"), pl.col("latest"))
    yield RowCheck(~possible & ~pl.col("lost"), "clock", "produced_at", produced_at)


def _flags(layout: Layout, unknown_code: pl.Expr) -> pl.Expr:
    """Flags of a record, separated by commas; null without any."""
    outside = {
        name: (pl.col(name) < sensor.range[0]) | (pl.col(name) > sensor.range[1])
        for name, sensor in layout.sensors.items()
        if sensor.range
    }
    if "cycle_s" in layout.fields:
        outside["cycle_s"] = ~pl.col("cycle_s").is_between(0, LONGEST_CYCLE_S)
    flags = [pl.when(unknown_code).then(pl.lit("quality_code"))]
    flags += [pl.when(where).then(pl.lit(f"range:{name}")) for name, where in outside.items()]
    return pl.concat_str(flags, separator=",", ignore_nulls=True).replace("", None)


def _quality(field: FieldFrom | None, raw: pl.Expr | None) -> tuple[pl.Expr, pl.Expr]:
    """(quality, the layout does not map the code). Without a quality column: `unknown`, which is not `good`."""
    if field is None or raw is None:
        return pl.lit("unknown"), pl.lit(False)
    codes = field.map or {name: name for name in QUALITIES}
    quality: Any = pl.when(False).then(pl.lit(None, pl.String))
    for code, meaning in codes.items():  # few: comparing is faster than looking up
        quality = quality.when(raw == code).then(pl.lit(meaning))
    quality = quality.otherwise(None)
    return quality.fill_null("unknown"), quality.is_null() & raw.is_not_null()
