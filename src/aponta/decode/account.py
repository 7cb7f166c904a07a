"""What became of each file: `rows = records + quarantined + skipped`, its trailer, and the hours it speaks for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from aponta.contract.decoded import DecodedFile, FileReason, HourOfFile, QuarantineEntry, TrailerCheck
from aponta.contract.layout import Layout
from aponta.decode.choose import Choice
from aponta.decode.forms import RowCheck
from aponta.decode.rows.heads import FileHead
from aponta.decode.rows.lines import RECORD, STATE
from aponta.decode.values.numbers import parse_number

SHOWN = 300  # characters of a refused row that are kept; the whole row stays in the raw file
MINUTE_US = 60_000_000


@dataclass(frozen=True)
class EncodedFile:
    """A file to decode: how it was named and chosen, and the times between which its items can be true."""

    number: int
    sha256: str
    size: int
    choice: Choice
    earliest: Mapping[str, int]  # microseconds: before its machine was installed is no time of an item
    latest: int  # nor is the future


def stopped_hour(file: EncodedFile) -> DecodedFile | None:
    """A file of no byte, where its layout says that the machine stood: it speaks for the hour in its name. None where
    it says no such thing, or the name does not tell whose and which hour.
    """
    layout, machine, hour = file.choice.layout, file.choice.machine, file.choice.hour
    if layout is None or layout.empty != "stopped" or machine is None or hour is None:
        return None
    return replace(quarantine_file(file, "empty", None, 0), refused=None, hours=(HourOfFile(hour, 0, True),))


def quarantine_file(file: EncodedFile, reason: FileReason, value: str | None, rows: int) -> DecodedFile:
    """A file quarantined as a whole, all of its rows."""
    layout = file.choice.layout
    return DecodedFile(
        number=file.number,
        sha256=file.sha256,
        machine=file.choice.machine,
        refused=reason,
        refused_value=value,
        layout=layout.name if layout else None,
        layout_version=layout.version if layout else None,
        rows=rows,
        records=0,
        states=0,
        quarantined=rows,
        skipped=0,
        repeated=0,
        trailer="none",
        trailer_expected=False,
        hour=file.choice.hour,  # as its name tells: nobody looked inside
        hour_hint_wrong=False,
        hours=(),
        first_at=None,
        last_at=None,
        first_counter=None,
        last_counter=None,
    )


@dataclass(frozen=True)
class Tally:
    """Of some rows, by `file`: how many of each kind, and from when to when."""

    skipped: pl.DataFrame  # file, len
    quarantined: pl.DataFrame  # file, len
    states: pl.DataFrame  # file, len
    records: pl.DataFrame  # file, records, repeated, rebuilt, first_at, last_at, first_counter, last_counter, sum_*
    hours: pl.DataFrame  # file, hour, rows, states, since, until


@dataclass(frozen=True)
class FileCounts:
    skipped: dict[int, int]
    quarantined: dict[int, int]
    records: dict[int, dict[str, Any]]
    states: dict[int, int]
    hours: dict[int, list[dict[str, Any]]]


def tally(rows: pl.DataFrame, bad: pl.DataFrame, good: pl.DataFrame, states: pl.DataFrame, layout: Layout) -> Tally:
    """rows: all of a group's, with `kind`. bad, good: its records, typed, bad ones of states too. states: as staged."""
    summed = [group.removeprefix("sum_") for group in layout.trailer_groups if group.startswith("sum_")]
    at, counter = pl.col("produced_at"), pl.col("counter" if "counter" in layout.fields else "identity")
    per_file = good.group_by("file").agg(
        records=pl.len(),
        repeated=pl.col("repeat").sum(),
        rebuilt=pl.col("lost").sum(),
        first_at=at.min(),
        last_at=at.max(),
        first_counter=counter.first(),
        last_counter=counter.last(),
        **{f"sum_{name}": pl.col(name).sum().cast(pl.Float64) for name in summed},
    )
    told = good.select(pl.col("file").cast(pl.Int64), "hour", "produced_at", state=pl.lit(0))
    if len(states):
        of_states = states.select("file", "hour", produced_at="started_at", state=pl.lit(1))
        told = pl.concat([told, of_states])
    return Tally(
        rows.filter(~pl.col("kind").is_in([RECORD, STATE])).group_by("file").len(),
        bad.group_by("file").len(),
        states.group_by("file").len(),
        per_file,
        told.group_by("file", "hour").agg(rows=pl.len(), states=pl.col("state").sum(), since=at.min(), until=at.max()),
    )


def counts_of(tallies: Sequence[Tally]) -> FileCounts:
    """Of all rows. tallies: of the parts of one file in order, or of several files."""

    def added(parts: list[pl.DataFrame]) -> dict[int, int]:
        return dict(pl.concat(parts).group_by("file").agg(pl.col("len").sum()).rows())

    sums = pl.concat([one.records for one in tallies]).group_by("file", maintain_order=True)
    per_file = sums.agg(
        pl.col("records", "repeated", "rebuilt", "^sum_.*$").sum(),
        pl.col("first_at").min(),
        pl.col("last_at").max(),
        pl.col("first_counter").first(),
        pl.col("last_counter").last(),
    )
    each = pl.concat([one.hours for one in tallies]).group_by("file", "hour")
    spans = each.agg(pl.col("rows", "states").sum(), span=pl.col("until").max() - pl.col("since").min())
    hours: dict[int, list[dict[str, Any]]] = {}
    for row in spans.sort("hour").rows(named=True):
        hours.setdefault(row["file"], []).append(row)
    return FileCounts(
        added([one.skipped for one in tallies]),
        added([one.quarantined for one in tallies]),
        {row["file"]: row for row in per_file.rows(named=True)},
        added([one.states for one in tallies]),
        hours,
    )


def decoded_file(
    file: EncodedFile, rows: int, layout: Layout, head: FileHead, machine: str | None, counts: FileCounts, sound: bool
) -> DecodedFile:
    """A file that was read. rows: counted on the bytes. machine: as its records tell. sound: its checksums hold, or it
    has none.
    """
    found = counts.records.get(file.number, {})
    hours = counts.hours.get(file.number, [])
    records, quarantined = found.get("records", 0), counts.quarantined.get(file.number, 0)
    states = counts.states.get(file.number, 0)
    hint = file.choice.hour
    most = max(hours, key=lambda row: (row["rows"], -row["hour"]))["hour"] if hours else None
    hint_wrong = hint is not None and bool(hours) and hint not in {row["hour"] for row in hours}
    own = most if hint is None or hint_wrong else hint
    # One of which no row was understood tells nothing of its hour: that the machine stood is not known.
    spoken = {own: HourOfFile(own, 0, bool(hours) or not quarantined)} if own is not None else {}
    for row in hours:
        # A file speaks for its own hour and for earlier ones it holds a stretch of; a row or two across the hour only
        # spill.
        covers = row["hour"] == own or (own is not None and row["hour"] < own and row["span"] >= MINUTE_US)
        spoken[row["hour"]] = HourOfFile(
            row["hour"],
            row["rows"] - row["states"],
            covers or (hint is None and row["span"] >= MINUTE_US),
            row["states"],
        )
    trailer: TrailerCheck = "none"
    if head.said:
        true = (
            sound and _rows_hold(head, records + states, quarantined) and _sums_hold(head, found, quarantined, layout)
        )
        trailer = "right" if true else "wrong"
    by_counter = "counter" in layout.fields
    return DecodedFile(
        number=file.number,
        sha256=file.sha256,
        machine=machine or head.machine,
        refused=None,
        refused_value=None,
        layout=layout.name,
        layout_version=layout.version,
        rows=rows,
        records=records,
        states=states,
        quarantined=quarantined,
        skipped=counts.skipped.get(file.number, 0),
        repeated=found.get("repeated", 0),
        trailer=trailer,
        trailer_expected=layout.lines.trailer is not None,
        hour=own,
        hour_hint_wrong=hint_wrong,
        hours=tuple(spoken[hour] for hour in sorted(spoken)),
        first_at=found.get("first_at"),
        last_at=found.get("last_at"),
        first_counter=found.get("first_counter") if by_counter else None,
        last_counter=found.get("last_counter") if by_counter else None,
        rebuilt=found.get("rebuilt", 0),
    )


def _rows_hold(head: FileHead, records: int, quarantined: int) -> bool:
    """Of several trailers each tells of its part of a joined file, or the last one of the whole."""
    said = [one.rows for one in head.said if one.rows is not None]
    return not said or any(records <= rows <= records + quarantined for rows in (sum(said), said[-1]))


def _sums_hold(head: FileHead, found: Mapping[str, Any], quarantined: int, layout: Layout) -> bool:
    """What a refused row would have added nobody knows: then a sum proves nothing."""
    if quarantined:
        return True
    for name in {name for one in head.said for name in one.sums}:
        said = [parse_number(one.sums[name], layout.text) for one in head.said if name in one.sums]
        numbers = [number for number in said if number is not None]
        true = found.get(f"sum_{name}", 0.0)
        if len(numbers) < len(said) or not any(
            math.isclose(one, true, rel_tol=1e-9, abs_tol=1e-6) for one in (sum(numbers), numbers[-1])
        ):
            return False
    return True


def quarantine_entries(bad: pl.DataFrame, tests: list[RowCheck]) -> Iterator[QuarantineEntry]:
    """bad: records with `failed`, the index of the test they did not pass."""
    for number in bad["failed"].unique().sort():
        test, failing = tests[number], bad.filter(pl.col("failed") == number)
        value = test.value if test.value is not None else pl.lit(None, pl.String)
        for file, row_no, found, row in failing.select("file", "row_no", value.alias("value"), "row").rows():
            yield QuarantineEntry(file, row_no, test.reason, test.column, found and found[:SHOWN], row[:SHOWN])
