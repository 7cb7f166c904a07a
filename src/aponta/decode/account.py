"""What became of each file: `rows = records + quarantined + skipped`, its trailer, and the hours it speaks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from aponta.contract.decoded import DecodedFile, FileReason, HourOfFile, Refused, Trailer
from aponta.contract.layout import Layout
from aponta.decode.choose import Choice
from aponta.decode.delimited import KINDS, Test
from aponta.decode.heads import Head
from aponta.decode.text import Text

SHOWN = 300  # characters of a refused row that are kept; the whole row stays in the raw file
MINUTE_US = 60_000_000
RECORD = KINDS.index("record")


@dataclass(frozen=True)
class Incoming:
    """A file to decode: how it was named and chosen, and the times between which its items can be true."""

    number: int
    sha256: str
    size: int
    choice: Choice
    earliest: Mapping[str, int]  # microseconds: before its machine was installed is no time of an item
    latest: int  # nor is the future


def refuse(file: Incoming, reason: FileReason, value: str | None, rows: int) -> DecodedFile:
    """A file set aside as a whole, all of its rows."""
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
class Counts:
    skipped: dict[int, int]
    quarantined: dict[int, int]
    records: dict[int, dict[str, Any]]
    hours: dict[int, list[dict[str, Any]]]


def counts_of(rows: pl.DataFrame, bad: pl.DataFrame, good: pl.DataFrame) -> Counts:
    """rows: all of a group's, with `kind`. bad, good: its records, typed."""
    at, counter = pl.col("produced_at"), pl.col("identity")
    skipped = rows.filter(pl.col("kind") != RECORD).group_by("file").len().rows()
    per_file = good.group_by("file").agg(
        records=pl.len(),
        repeated=pl.col("repeat").sum(),
        first_at=at.min(),
        last_at=at.max(),
        first_counter=counter.first(),
        last_counter=counter.last(),
    )
    hours: dict[int, list[dict[str, Any]]] = {}
    for row in (
        good.group_by("file", "hour").agg(records=pl.len(), span=at.max() - at.min()).sort("hour").rows(named=True)
    ):
        hours.setdefault(row["file"], []).append(row)
    return Counts(
        dict(skipped),
        dict(bad.group_by("file").len().rows()),
        {row["file"]: row for row in per_file.rows(named=True)},
        hours,
    )


def describe(
    file: Incoming, text: Text, layout: Layout, head: Head, machine: str | None, counts: Counts
) -> DecodedFile:
    """A file that was read. machine: as its records tell."""
    found = counts.records.get(file.number, {})
    hours = counts.hours.get(file.number, [])
    records, quarantined = found.get("records", 0), counts.quarantined.get(file.number, 0)
    hint = file.choice.hour
    most = max(hours, key=lambda row: (row["records"], -row["hour"]))["hour"] if hours else None
    hint_wrong = hint is not None and bool(hours) and hint not in {row["hour"] for row in hours}
    own = most if hint is None or hint_wrong else hint
    spoken = {own: HourOfFile(own, 0, True)} if own is not None else {}
    for row in hours:
        # A file speaks for its own hour and for earlier ones it holds a stretch of; a row or two across the hour only
        # spill.
        speaks = row["hour"] == own or (own is not None and row["hour"] < own and row["span"] >= MINUTE_US)
        spoken[row["hour"]] = HourOfFile(
            row["hour"], row["records"], speaks or (hint is None and row["span"] >= MINUTE_US)
        )
    trailer: Trailer = "none"
    if head.trailer:
        # Of several trailers each tells of its part of a joined file, or the last one of the whole.
        true = not head.said or any(
            records <= said <= records + quarantined for said in (sum(head.said), head.said[-1])
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
        rows=text.rows,
        records=records,
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
    )


def refused_rows(bad: pl.DataFrame, tests: list[Test]) -> Iterator[Refused]:
    """bad: records with `failed`, the index of the test they did not pass."""
    for number, test in enumerate(tests):
        failing = bad.filter(pl.col("failed") == number)
        if len(failing):
            value = test.value if test.value is not None else pl.lit(None, pl.String)
            for file, row_no, found, row in failing.select("file", "row_no", value.alias("value"), "row").rows():
                yield Refused(file, row_no, test.reason, test.column, found and found[:SHOWN], row[:SHOWN])
