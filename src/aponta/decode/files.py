"""Decodes a batch of files: groups them by layout, keeps memory bounded, accounts for every row, stages records as
Parquet.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from aponta.contract.decoded import DecodedFile, HourOfFile, Refused, Staged, Trailer
from aponta.contract.layout import Layout
from aponta.decode.choose import Choice
from aponta.decode.delimited import KINDS, Test, mark, read
from aponta.decode.text import Text, to_text
from aponta.errors import ContractError

GROUP_FILES = 16
GROUP_BYTES = 16 * 2**20
SHOWN = 300  # characters of a refused row that are kept; the whole row stays in the raw file
MINUTE_US = 60_000_000
RECORD, TRAILER, HEADER = 0, 1, 2


@dataclass(frozen=True)
class Incoming:
    """A file to decode: how it was named and chosen, and the times between which its items can be true."""

    number: int
    sha256: str
    size: int
    choice: Choice
    earliest: int  # microseconds: before the machine was installed is no time of an item
    latest: int  # nor is the future


def decode(
    files: Iterable[Incoming],
    load: Callable[[str], bytes],
    zone: str,
    sensors: Sequence[str],
    staging: Path,
    done: Callable[[int], None] = lambda count: None,
) -> Staged:
    """Every file decoded or refused. `load` gives a file's bytes by its SHA-256, `done` is told how many files are
    finished.

    Staged records: file (number), row_no, machine, counter, produced_at, product, quality, cycle_s, pieces, each of
    `sensors`, flags, hour, identity (the counter, or a hash of the row's text), nth (occurrence of that very row),
    repeat (stood in this file before).
    """
    staging.mkdir(parents=True, exist_ok=True)
    decoded: list[DecodedFile] = []
    refused: list[Refused] = []
    paths: list[Path] = []
    for group in _groups(files):
        layout = group[0].choice.layout
        texts: list[tuple[Incoming, Text]] = []
        for file in group:
            text = file.choice.refused or to_text(load(file.sha256), layout.text.encoding if layout else "utf-8")
            if isinstance(text, Text):
                texts.append((file, text))
            else:
                rows = load(file.sha256).count(b"\n") if file.choice.refused or text == "nul" else 0
                decoded.append(_refuse(file, text, file.choice.value, rows))
        if texts and layout is not None:
            records, found, bad = _decode_group(texts, layout, layout.text.timezone.replace("factory", zone))
            decoded += found
            refused += bad
            if len(records):
                path = staging / f"records-{len(paths):04d}.parquet"
                _uniform(records, sensors).write_parquet(path, compression="lz4", statistics=False)
                paths.append(path)
        done(len(decoded))
    whole = [
        Refused(file.number, None, file.refused, None, file.refused_value, None) for file in decoded if file.refused
    ]
    for one in decoded:
        if one.rows != one.records + one.quarantined + one.skipped:
            raise ContractError("decode.unaccounted", sha256=one.sha256, rows=one.rows, records=one.records)
    return Staged(tuple(sorted(decoded, key=lambda file: file.number)), (*refused, *whole), tuple(paths))


def _groups(files: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Files of one layout, up to 16 or 16 MB together: memory is bounded by the group, whatever the batch."""

    def layout_name(file: Incoming) -> str:
        return file.choice.layout.name if file.choice.layout else ""

    for _, same in groupby(sorted(files, key=layout_name), key=layout_name):
        group: list[Incoming] = []
        for file in same:
            if group and (len(group) == GROUP_FILES or sum(other.size for other in group) + file.size > GROUP_BYTES):
                yield group
                group = []
            group.append(file)
        yield group


def _refuse(file: Incoming, reason: str, value: str | None, rows: int) -> DecodedFile:
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
        hour=None,
        hour_hint_wrong=False,
        hours=(),
        first_at=None,
        last_at=None,
        first_counter=None,
        last_counter=None,
    )


def _decode_group(
    texts: list[tuple[Incoming, Text]], layout: Layout, zone: str
) -> tuple[pl.DataFrame, list[DecodedFile], list[Refused]]:
    rows = mark(_rows(texts), layout)
    beside = rows.filter(pl.col("kind").is_in([TRAILER, HEADER])).select("file", "row_no", "kind", "row").rows()
    heads = {file.number: _head(file, layout, [row for row in beside if row[0] == file.number]) for file, _ in texts}
    wrong = {number: head.refused for number, head in heads.items() if head.refused}

    named = {tuple(head.names.items()) for head in heads.values()}
    if len(named) > 1:  # header rows that name the columns differently: each kind is read by itself
        parts = [[(f, t) for f, t in texts if tuple(heads[f.number].names.items()) == names] for names in named]
        done = [_decode_group(part, layout, zone) for part in parts]
        return (
            pl.concat([part[0] for part in done]),
            [f for part in done for f in part[1]],
            [r for part in done for r in part[2]],
        )

    records = rows.filter((pl.col("kind") == RECORD) & ~pl.col("file").is_in(list(wrong)))
    per_file = pl.DataFrame(
        [
            {
                "file": file.number,
                "file_machine": heads[file.number].machine,
                "earliest": file.earliest,
                "latest": file.latest,
            }
            | {origin: heads[file.number].origins.get(origin) for origin in _origins(layout)}
            for file, _ in texts
        ],
        schema={"file": pl.Int32, "file_machine": pl.String, "earliest": pl.Int64, "latest": pl.Int64}
        | dict.fromkeys(_origins(layout), pl.String),
    )
    records = records.join(per_file, on="file", how="left", maintain_order="left")
    typed, tests = read(records, layout, zone, dict(*named))
    bad = typed.filter(pl.col("failed").is_not_null())
    good = _identify(typed.filter(pl.col("failed").is_null()) if len(bad) else typed, layout)
    counts = _counts(rows, bad, good)
    decoded = [
        _refuse(file, "wrong_machine", wrong[file.number], text.rows)
        if file.number in wrong
        else _describe(file, text, layout, heads[file.number], counts)
        for file, text in texts
    ]
    return good, decoded, list(_refused_rows(bad, tests))


def _rows(texts: list[tuple[Incoming, Text]]) -> pl.DataFrame:
    """One row per row of text: file, row_no (from 1), row (without its line end), open_end."""
    frame = pl.DataFrame(
        {"file": [file.number for file, _ in texts], "text": [text.content for _, text in texts]},
        schema={"file": pl.Int32, "text": pl.String},
    )
    rows = frame.select("file", row=pl.col("text").str.split("\n")).with_columns(
        row_no=pl.int_ranges(1, pl.col("row").list.len() + 1, dtype=pl.Int32)
    )
    open_ended = {file.number: text.rows for file, text in texts if text.open_end}
    last = pl.lit(False)
    for number, row_no in open_ended.items():
        last = last | ((pl.col("file") == number) & (pl.col("row_no") == row_no))
    return rows.explode("row", "row_no").with_columns(pl.col("row").str.strip_suffix("\r"), open_end=last)


@dataclass(frozen=True)
class _Head:
    """What stands beside a file's records: in its name, its headers and its trailer."""

    machine: str | None
    origins: dict[str, str]
    names: dict[str, int]  # columns by name, where a header row names them
    trailer_rows: int | None  # as the trailer says
    trailer: bool
    refused: str | None  # another machine is named


def _origins(layout: Layout) -> list[str]:
    return sorted({field.origin for field in layout.fields.values() if field.origin})


def _head(file: Incoming, layout: Layout, beside: list[tuple[int, int, int, str]]) -> _Head:
    origins: dict[str, str] = {}
    names: dict[str, int] = {}
    refused: str | None = None
    trailer_rows: int | None = None
    machine = file.choice.machine
    origins |= {f"name:{group}": text for group, text in file.choice.groups.items() if text is not None}
    checks = layout.fields["machine"].check
    for _, _, kind, row in beside:
        pattern = layout.lines.header if kind == HEADER else layout.lines.trailer
        found = re.search(pattern or "", row)
        groups = found.groupdict() if found else {}
        if kind == HEADER and not groups:
            names = {name.strip(): number for number, name in enumerate(row.split(layout.text.delimiter), start=1)}
        for group, text in groups.items():
            if text is not None:
                origins.setdefault(f"{KINDS[kind]}:{group}", text)
        stated = groups.get("machine")
        if stated is not None and f"{KINDS[kind]}:machine" in checks:
            machine = machine or stated
            refused = stated if stated != machine else refused
        if kind == TRAILER and "rows" in groups and groups["rows"].isdigit():
            trailer_rows = int(groups["rows"])
    has_trailer = any(kind == TRAILER for _, _, kind, _ in beside)
    return _Head(machine, origins, names, trailer_rows, has_trailer, refused)


def _identify(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Identity is computed from the row's own text: the counter, or the row and its occurrence (domain.md)."""
    if "counter" in layout.fields:
        key = ["file", "produced_at", "counter"]
        return good.with_columns(
            identity=pl.col("counter"), nth=pl.lit(1, pl.Int32), repeat=~pl.struct(key).is_first_distinct()
        )
    hashes = [int.from_bytes(blake2b(row.encode(), digest_size=8).digest(), "big", signed=True) for row in good["row"]]
    return good.with_columns(identity=pl.Series(hashes, dtype=pl.Int64)).with_columns(
        nth=(pl.int_range(pl.len()).over("file", "identity") + 1).cast(pl.Int32), repeat=pl.lit(False)
    )


@dataclass(frozen=True)
class _Counts:
    skipped: dict[int, int]
    quarantined: dict[int, int]
    records: dict[int, dict[str, Any]]
    hours: dict[int, list[dict[str, Any]]]


def _counts(rows: pl.DataFrame, bad: pl.DataFrame, good: pl.DataFrame) -> _Counts:
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
    return _Counts(
        dict(skipped),
        dict(bad.group_by("file").len().rows()),
        {row["file"]: row for row in per_file.rows(named=True)},
        hours,
    )


def _describe(file: Incoming, text: Text, layout: Layout, head: _Head, counts: _Counts) -> DecodedFile:
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
        lies = head.trailer_rows is not None and not records <= head.trailer_rows <= records + quarantined
        trailer = "wrong" if lies else "right"
    by_counter = "counter" in layout.fields
    return DecodedFile(
        number=file.number,
        sha256=file.sha256,
        machine=head.machine,
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


def _refused_rows(bad: pl.DataFrame, tests: list[Test]) -> Iterator[Refused]:
    for number, test in enumerate(tests):
        failing = bad.filter(pl.col("failed") == number)
        if len(failing):
            value = test.value if test.value is not None else pl.lit(None, pl.String)
            for file, row_no, found, row in failing.select("file", "row_no", value.alias("value"), "row").rows():
                yield Refused(file, row_no, test.reason, test.column, found and found[:SHOWN], row[:SHOWN])


def _uniform(records: pl.DataFrame, sensors: Sequence[str]) -> pl.DataFrame:
    """The same columns whatever the layout, so that all staged files are one table."""
    absent: dict[str, Any] = {"counter": pl.Int64, "cycle_s": pl.Float64, **dict.fromkeys(sensors, pl.Float64)}
    records = records.with_columns(
        **{name: pl.lit(None, kind) for name, kind in absent.items() if name not in records.columns},
        pieces=(pl.col("pieces") if "pieces" in records.columns else pl.lit(1)).cast(pl.Int64),
        machine=pl.col("file_machine"),
    )
    return records.select(
        "file",
        "row_no",
        "machine",
        "counter",
        "produced_at",
        "product",
        "quality",
        "cycle_s",
        "pieces",
        *sensors,
        "flags",
        "hour",
        "identity",
        "nth",
        "repeat",
    )
