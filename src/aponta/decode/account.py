"""The result of each file: `rows = records + states + quarantined + skipped`, its trailer, the hours it covers."""

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

SHOWN = 300  # characters of a quarantined row; the whole row stays in the raw file
MINUTE_US = 60_000_000


@dataclass(frozen=True)
class EncodedFile:
    """A file to decode: its layout and machine as its name gives them, and the times its items may have."""

    number: int
    sha256: str
    size: int
    choice: Choice
    earliest: Mapping[str, int]  # by machine, microseconds: when it was installed
    latest: int  # microseconds: items of the future are refused


def stopped_hour(file: EncodedFile) -> DecodedFile | None:
    """The result of an empty file, where its layout says `empty = "stopped"`: it covers the hour in its name, without
    records. None: the layout does not say so, or the name lacks machine or hour.
    """
    layout, machine, hour = file.choice.layout, file.choice.machine, file.choice.hour
    if layout is None or layout.empty != "stopped" or machine is None or hour is None:
        return None
    return replace(quarantine_file(file, "empty", None, 0), refused=None, hours=(HourOfFile(hour, 0, True),))


def quarantine_file(file: EncodedFile, reason: FileReason, value: str | None, rows: int) -> DecodedFile:
    """The result of a file that is quarantined as a whole, with all its rows."""
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
        hour=file.choice.hour,  # of its name: its rows are not read
        hour_hint_wrong=False,
        hours=(),
        first_at=None,
        last_at=None,
        first_counter=None,
        last_counter=None,
    )


@dataclass(frozen=True)
class Tally:
    """Counts and time spans by `file`, of some of the rows."""

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
    """rows: all rows of a group, with `kind`. bad: its refused items and states. good: its items. states: as staged."""
    sums = [group.removeprefix("sum_") for group in layout.trailer_groups if group.startswith("sum_")]
    at, counter = pl.col("produced_at"), pl.col("counter" if "counter" in layout.fields else "identity")
    per_file = good.group_by("file").agg(
        records=pl.len(),
        repeated=pl.col("repeat").sum(),
        rebuilt=pl.col("lost").sum(),
        first_at=at.min(),
        last_at=at.max(),
        first_counter=counter.first(),
        last_counter=counter.last(),
        **{f"sum_{name}": pl.col(name).sum().cast(pl.Float64) for name in sums},
    )
    times = good.select(pl.col("file").cast(pl.Int64), "hour", "produced_at", state=pl.lit(0))
    if len(states):
        state_times = states.select("file", "hour", produced_at="started_at", state=pl.lit(1))
        times = pl.concat([times, state_times])
    return Tally(
        rows.filter(~pl.col("kind").is_in([RECORD, STATE])).group_by("file").len(),
        bad.group_by("file").len(),
        states.group_by("file").len(),
        per_file,
        times.group_by("file", "hour").agg(rows=pl.len(), states=pl.col("state").sum(), since=at.min(), until=at.max()),
    )


def counts_of(tallies: Sequence[Tally]) -> FileCounts:
    """Adds up tallies: of the parts of one file in order, or of several files."""

    def added(parts: list[pl.DataFrame]) -> dict[int, int]:
        return dict(pl.concat(parts).group_by("file").agg(pl.col("len").sum()).rows())

    sums = pl.concat([each.records for each in tallies]).group_by("file", maintain_order=True)
    per_file = sums.agg(
        pl.col("records", "repeated", "rebuilt", "^sum_.*$").sum(),
        pl.col("first_at").min(),
        pl.col("last_at").max(),
        pl.col("first_counter").first(),
        pl.col("last_counter").last(),
    )
    by_hour = pl.concat([each.hours for each in tallies]).group_by("file", "hour")
    spans = by_hour.agg(pl.col("rows", "states").sum(), span=pl.col("until").max() - pl.col("since").min())
    hours: dict[int, list[dict[str, Any]]] = {}
    for row in spans.sort("hour").rows(named=True):
        hours.setdefault(row["file"], []).append(row)
    return FileCounts(
        added([each.skipped for each in tallies]),
        added([each.quarantined for each in tallies]),
        {row["file"]: row for row in per_file.rows(named=True)},
        added([each.states for each in tallies]),
        hours,
    )


def decoded_file(
    file: EncodedFile, rows: int, layout: Layout, head: FileHead, machine: str | None, counts: FileCounts, valid: bool
) -> DecodedFile:
    """The result of a file that was read. rows: counted on the bytes. machine: of its records. valid: its checksums
    match, or it has none.
    """
    recorded = counts.records.get(file.number, {})
    hours = counts.hours.get(file.number, [])
    records, quarantined = recorded.get("records", 0), counts.quarantined.get(file.number, 0)
    states = counts.states.get(file.number, 0)
    named_hour = file.choice.hour
    hint_wrong = named_hour is not None and bool(hours) and named_hour not in {row["hour"] for row in hours}
    own = named_hour
    if named_hour is None or hint_wrong:
        own = max(hours, key=lambda row: (row["rows"], -row["hour"]))["hour"] if hours else None
    trailer: TrailerCheck = "none"
    if head.trailers:
        right = (
            valid
            and _row_counts_match(head, records + states, quarantined)
            and _sums_match(head, recorded, quarantined, layout)
        )
        trailer = "right" if right else "wrong"
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
        repeated=recorded.get("repeated", 0),
        trailer=trailer,
        trailer_expected=layout.lines.trailer is not None,
        hour=own,
        hour_hint_wrong=hint_wrong,
        hours=_hours_of_file(hours, own, named_hour, quarantined),
        first_at=recorded.get("first_at"),
        last_at=recorded.get("last_at"),
        first_counter=recorded.get("first_counter") if by_counter else None,
        last_counter=recorded.get("last_counter") if by_counter else None,
        rebuilt=recorded.get("rebuilt", 0),
    )


def _hours_of_file(
    hours: list[dict[str, Any]], own: int | None, named_hour: int | None, quarantined: int
) -> tuple[HourOfFile, ...]:
    """A file covers its own hour and earlier ones of which it has at least a minute; a row or two across the hour's end
    cover nothing.

    hours: hour, rows, states and span (microseconds) of each hour with rows. own: the file's hour.
    """
    by_hour = {}
    if own is not None:
        # All rows quarantined: nothing is known of the hour, so it is not covered as one of a stopped machine.
        by_hour[own] = HourOfFile(own, 0, bool(hours) or not quarantined)
    for row in hours:
        hour, is_stretch = row["hour"], row["span"] >= MINUTE_US
        earlier = own is not None and hour < own
        covers = hour == own or is_stretch and (earlier or named_hour is None)
        by_hour[hour] = HourOfFile(hour, row["rows"] - row["states"], covers, row["states"])
    return tuple(by_hour[hour] for hour in sorted(by_hour))


def _row_counts_match(head: FileHead, records: int, quarantined: int) -> bool:
    """Each trailer of a joined file counts its part, or the last one counts the whole."""
    counts = [trailer.rows for trailer in head.trailers if trailer.rows is not None]
    return not counts or any(records <= rows <= records + quarantined for rows in (sum(counts), counts[-1]))


def _sums_match(head: FileHead, recorded: Mapping[str, Any], quarantined: int, layout: Layout) -> bool:
    """True where rows are quarantined: their values are unknown, and a sum proves nothing."""
    if quarantined:
        return True
    for name in {name for trailer in head.trailers for name in trailer.sums}:
        texts = [trailer.sums[name] for trailer in head.trailers if name in trailer.sums]
        numbers = [number for text in texts if (number := parse_number(text, layout.text)) is not None]
        computed = recorded.get(f"sum_{name}", 0.0)
        if len(numbers) < len(texts) or not any(
            math.isclose(declared, computed, rel_tol=1e-9, abs_tol=1e-6) for declared in (sum(numbers), numbers[-1])
        ):
            return False
    return True


def quarantine_entries(bad: pl.DataFrame, checks: list[RowCheck]) -> Iterator[QuarantineEntry]:
    """bad: records with `failed`, the index of the check they failed."""
    for number in bad["failed"].unique().sort():
        check, failing = checks[number], bad.filter(pl.col("failed") == number)
        value = check.value if check.value is not None else pl.lit(None, pl.String)
        for file, row_no, text, row in failing.select("file", "row_no", value.alias("value"), "row").rows():
            yield QuarantineEntry(file, row_no, check.reason, check.column, text and text[:SHOWN], row[:SHOWN])
