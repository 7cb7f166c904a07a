"""The texts of values -> typed values, of several files of one layout at once. A row that fails says where."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from aponta.contract.decoded import LONGEST_CYCLE_S, RowReason
from aponta.contract.layout import TOTALS, FieldFrom, Layout, Sensor
from aponta.contract.layout.field import value_places
from aponta.decode.clock import without_time
from aponta.decode.forms import RowCheck, form_of
from aponta.decode.rows.carried import carried_text as held_text
from aponta.decode.text import REPLACED
from aponta.decode.values.numbers import integer, real
from aponta.decode.values.times import timestamp_us
from aponta.factory_calendar import HOUR_US

NO_FORMAT = ("epoch_us",)  # of a time that no machine tells
BOUNDS = {"counter": (-(2**62), 2**62), "pieces": (0, 1_000_000)}  # beyond, differences and sums would not fit
BOUNDS |= dict.fromkeys(TOTALS, (0, 2**53))


def read_values(
    rows: pl.DataFrame, layout: Layout, zone: str, names: Mapping[str, int], known: Mapping[str, int]
) -> tuple[pl.DataFrame, list[RowCheck]]:
    """Typed columns of the record rows, `failed` (index into the tests, null: a good record), and the tests themselves.

    rows: `row` (text), `file_machine`, `earliest`, `latest` (microseconds), `open_end` (the file's last row, without
    a line end), `otherwise` (a second header row names other columns), `stray` (of no known kind), NAMED_HOUR, one
    column per origin a field is taken from, as "name:machine". names: columns by name, from the file's header row.
    known: where `file_machine` may be empty, the machines that a row may tell, each with its `earliest`.
    """
    text = layout.text
    cut = form_of(layout).cut(rows, layout, names)

    def written(field: FieldFrom | Sensor) -> pl.Expr:
        """The value's text; the layout's words for nothing are null."""
        if isinstance(field, FieldFrom) and field.value is not None:
            return pl.lit(field.value, pl.String)
        if isinstance(field, FieldFrom) and not value_places(field):
            return pl.lit(None, pl.String)
        if isinstance(field, FieldFrom) and field.origin is not None:
            found = pl.col(field.origin)
        else:
            found = held if (held := held_text(layout, field)) is not None else cut.text_of(field)
        return pl.when(~found.is_in(list(text.null))).then(found)

    fields = layout.fields
    raw = {name: written(field) for name, field in fields.items()} | {
        name: written(sensor) for name, sensor in layout.sensors.items()
    }
    cells = cut.rows.with_columns(**{f"raw_{name}": value for name, value in raw.items()})
    at = {name: pl.col(f"raw_{name}") for name in raw}
    lacking = not layout.column_names <= names.keys()
    # A file that neither its name nor its header gives to a machine is that of its first row of a known one.
    if known:
        own = at["machine"].filter(at["machine"].is_in(list(known))).first().over("file")
        cells = cells.with_columns(
            file_machine=pl.coalesce("file_machine", own),
            earliest=pl.coalesce("earliest", own.replace_strict(known, default=None, return_dtype=pl.Int64)),
        )

    tests = [
        RowCheck(pl.col("row").str.contains(REPLACED, literal=True), "encoding"),
        RowCheck(pl.col("open_end"), "truncated"),
        *cut.tests,
        RowCheck(pl.lit(lacking) | pl.col("otherwise"), "columns"),
        RowCheck(pl.col("stray"), "record"),
        RowCheck(at["machine"].is_null(), "missing", "machine", at["machine"]),
        RowCheck(at["machine"] != pl.col("file_machine"), "machine", "machine", at["machine"]),
        RowCheck(at["produced_at"].is_null() & ~pl.col("lost"), "missing", "produced_at", at["produced_at"]),
    ]
    values: dict[str, pl.Expr] = {
        "produced_at": timestamp_us(at["produced_at"], fields["produced_at"].formats or NO_FORMAT, zone, text.decimal),
        "product": at.get("product", pl.lit(None, pl.String)).fill_null("unknown"),
    }
    checked: dict[str, RowReason] = {"produced_at": "time"}
    if "state" in fields:
        tests.append(RowCheck(at["state"].is_null(), "missing", "state", at["state"]))
    for name in BOUNDS:
        if name in fields:
            values[name] = integer(at[name], text)
            checked[name] = "number"
            tests.append(RowCheck(at[name].is_null(), "missing", name, at[name]))
    if "cycle_s" in fields:
        values["cycle_s"] = real(at["cycle_s"], text, fields["cycle_s"].scale)
        checked["cycle_s"] = "number"
    for name, sensor in layout.sensors.items():
        values[name] = real(at[name], text, sensor.scale)
        checked[name] = "number"

    typed = cells.with_columns(**values).with_columns(lost=without_time(layout))
    tests += [
        RowCheck(pl.col(name).is_null() & at[name].is_not_null(), reason, name, at[name])
        for name, reason in checked.items()
    ]
    for name, (least, most) in BOUNDS.items():
        if name in fields:
            tests.append(RowCheck(~pl.col(name).is_between(least, most), "number", name, at[name]))
    tests.append(
        RowCheck(
            ~pl.col("produced_at").is_between(pl.col("earliest"), pl.col("latest")) & ~pl.col("lost"),
            "clock",
            "produced_at",
            at["produced_at"],
        )
    )
    failed: Any = pl.when(False).then(0)
    for number, test in enumerate(tests):
        failed = failed.when(test.fails).then(number)
    quality, code_unknown = _quality(fields.get("quality"), at.get("quality"))
    if layout.totals:  # several qualities in one row
        quality = pl.lit(None, pl.String)
    outside = {
        name: (pl.col(name) < sensor.range[0]) | (pl.col(name) > sensor.range[1])
        for name, sensor in layout.sensors.items()
        if sensor.range
    }
    if "cycle_s" in fields:
        outside["cycle_s"] = ~pl.col("cycle_s").is_between(0, LONGEST_CYCLE_S)
    flags = [pl.when(code_unknown).then(pl.lit("quality_code"))]
    flags += [pl.when(where).then(pl.lit(f"range:{name}")) for name, where in outside.items()]
    return typed.with_columns(
        failed=failed.cast(pl.Int16),
        quality=quality,
        flags=pl.concat_str(flags, separator=",", ignore_nulls=True).replace("", None),
        hour=pl.col("produced_at") - pl.col("produced_at") % HOUR_US,
    ), tests


def _quality(field: FieldFrom | None, raw: pl.Expr | None) -> tuple[pl.Expr, pl.Expr]:
    """(quality, the code is one nobody declared). No quality column: `unknown`, which is not the same as good."""
    if field is None or raw is None:
        return pl.lit("unknown"), pl.lit(False)
    codes = field.map or {name: name for name in ("good", "scrap", "rework", "unknown")}
    quality: Any = pl.when(False).then(pl.lit(None, pl.String))
    for code, means in codes.items():  # few: comparing is faster than looking up
        quality = quality.when(raw == code).then(pl.lit(means))
    quality = quality.otherwise(None)
    return quality.fill_null("unknown"), quality.is_null() & raw.is_not_null()
