"""Decodes a batch of files: groups them by layout, keeps memory bounded, accounts for every row, stages records as
Parquet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from aponta.contract.decoded import STAGED_STATES, STEADY_US, DecodedFile, FileReason, Refused, Staged, staged_columns
from aponta.contract.layout import Layout
from aponta.contract.raw_file import HEAD, packed
from aponta.decode.account import Incoming, counts_of, describe, refuse, refused_rows, stopped
from aponta.decode.checksum import holds
from aponta.decode.clock import rebuild, rebuilds
from aponta.decode.forms import Test
from aponta.decode.heads import Head, head_of
from aponta.decode.held import hold
from aponta.decode.kinds import sort_out
from aponta.decode.kinds import states as of_layout
from aponta.decode.lines import HEADER, RECORD, STATE, TRAILER, mark
from aponta.decode.text import Text, count_rows, to_text
from aponta.decode.time import NAMED_HOUR
from aponta.decode.typed import read
from aponta.errors import ContractError

__all__ = ["Incoming", "decode"]
THREADS = 2  # Polars leaves much of a second core idle, and Python free
STATE_TYPES = {name: pl.Int64 if kind == "long" else pl.String for name, kind in STAGED_STATES.items()}
GROUP_FILES = 8
GROUP_BYTES = 8 * 2**20


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
    repeat (stood in this file before), unsteady.
    """
    staging.mkdir(parents=True, exist_ok=True)
    decoded: list[DecodedFile] = []
    refused: list[Refused] = []
    paths: list[Path] = []
    states: list[Path] = []
    products: set[str] = set()

    def work(numbered: tuple[int, list[Incoming]]) -> Staged:
        number, group = numbered
        return _stage_group(group, load, zone, sensors, staging, f"{number:04d}.parquet")

    with ThreadPoolExecutor(THREADS) as threads:
        for part in threads.map(work, enumerate(_groups(files))):
            decoded += part.files
            refused += part.refused
            paths += part.records
            states += part.states
            products |= set(part.products)
            done(len(decoded))
    whole = [
        Refused(file.number, None, file.refused, None, file.refused_value, None) for file in decoded if file.refused
    ]
    for one in decoded:
        if one.rows != one.records + one.states + one.quarantined + one.skipped:
            raise ContractError("decode.unaccounted", sha256=one.sha256, rows=one.rows, records=one.records)
    in_order = tuple(sorted(decoded, key=lambda file: file.number))
    return Staged(in_order, (*refused, *whole), tuple(paths), tuple(states), tuple(sorted(products)))


def _stage_group(
    group: list[Incoming], load: Callable[[str], bytes], zone: str, sensors: Sequence[str], staging: Path, name: str
) -> Staged:
    layout = group[0].choice.layout
    decoded: list[DecodedFile] = []
    texts: list[tuple[Incoming, Text]] = []
    encoding = layout.text.encoding if layout else "utf-8"
    for file in group:
        data = load(file.sha256)
        # A packed file that was not unpacked is a broken one, whatever its name.
        text = "archive" if packed(data[:HEAD]) else file.choice.refused or to_text(data, encoding)
        if isinstance(text, Text):
            texts.append((file, text))
        elif text == "empty" and (idle := stopped(file)) is not None:
            decoded.append(idle)
        else:
            decoded.append(refuse(file, text, file.choice.value, count_rows(data, encoding)))
    if not texts or layout is None:
        return Staged(tuple(decoded), (), (), (), ())
    records, states, found, bad = _decode_group(texts, load, layout, layout.text.timezone.replace("factory", zone))
    written = {}
    for kind, rows in (("records", _uniform(records, sensors)), ("states", states)):
        written[kind] = (staging / f"{kind}-{name}",) if len(rows) else ()
        for path in written[kind]:
            rows.write_parquet(path, compression="uncompressed", statistics=False)
    products = tuple(records["product"].unique())
    return Staged((*decoded, *found), tuple(bad), written["records"], written["states"], products)


def _groups(files: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Files of one layout, up to 8 or 8 MB together: memory is bounded by the group, whatever the batch."""

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


def _decode_group(
    texts: list[tuple[Incoming, Text]], load: Callable[[str], bytes], layout: Layout, zone: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[DecodedFile], list[Refused]]:
    rows = mark(_rows(texts), layout).with_columns(section=_section())
    beside = (
        rows.filter(pl.col("kind").is_in([TRAILER, HEADER])).select("file", "section", "kind", "row_no", "row").rows()
    )
    heads = {file.number: head_of(file.choice, layout, _of(file, beside)) for file, _ in texts}

    named = {tuple(head.names.items()) for head in heads.values()}
    if len(named) > 1:  # header rows that name the columns differently: each kind is read by itself
        parts = [[(f, t) for f, t in texts if tuple(heads[f.number].names.items()) == names] for names in named]
        done = [_decode_group(part, load, layout, zone) for part in parts]
        return (
            pl.concat([part[0] for part in done]),
            pl.concat([part[1] for part in done]),
            [f for part in done for f in part[2]],
            [r for part in done for r in part[3]],
        )

    (names,) = map(dict, named)
    if layout.long is not None:
        rows = hold(rows, layout, names)
    rows = sort_out(rows, layout, names)
    wrong: dict[int, tuple[FileReason, str | None]] = {}
    wrong |= {number: head.refused for number, head in heads.items() if head.refused}
    per_section = _per_section([file for file, _ in texts], heads, layout)
    unnamed = any(head.machine is None for head in heads.values())
    any_file = texts[0][0]  # of one layout, and so of the same machines
    known = {machine: any_file.earliest[machine] for machine in any_file.choice.known if unnamed}

    def of_kind(kind: int, by: Layout, machines: Mapping[int, str | None]) -> tuple[pl.DataFrame, list[Test]]:
        found = rows.filter((pl.col("kind") == kind) & ~pl.col("file").is_in(list(wrong)))
        found = found.join(per_section, on=["file", "section"], how="left", maintain_order="left")
        for number, machine in machines.items():  # as the items of its file tell it
            own = pl.col("file") == number
            found = found.with_columns(file_machine=pl.when(own).then(pl.lit(machine)).otherwise("file_machine"))
        return read(found, by, zone, names, known)

    typed, tests = of_kind(RECORD, layout, {})
    if rebuilds(layout):
        typed = rebuild(typed, tests, layout)
    told: dict[int, str | None] = dict(typed.select("file", "file_machine").unique().rows())
    of_states = layout.of_states
    state_rows, state_tests = of_kind(STATE, of_states, told) if of_states else (typed.clear(), tests)
    told = dict(state_rows.select("file", "file_machine").unique().rows()) | told
    for file, _ in texts:
        if heads[file.number].machine is None and told.get(file.number) is None:
            wrong.setdefault(file.number, ("unknown_machine", None))
    (good, bad), (good_states, bad_states) = (_apart(one, wrong) for one in (typed, state_rows))
    good = _follow(_identify(good, layout), layout)
    states = of_layout(good_states, layout) if of_states else pl.DataFrame(schema=STATE_TYPES)
    counts = counts_of(rows, pl.concat([one.select("file") for one in (bad, bad_states)]), good, states, layout)
    decoded = [
        refuse(file, *wrong[file.number], text.rows)
        if file.number in wrong
        else describe(file, text, layout, head, told.get(file.number), counts, _sound(file, load, layout, head))
        for file, text in texts
        for head in (heads[file.number],)
    ]
    refused = [*refused_rows(bad, tests), *refused_rows(bad_states, state_tests)]
    # Columns as they were cut differ in number from file to file.
    return good.select(pl.exclude("^(field|raw|pair|held)_.*$")), states, decoded, refused


def _apart(typed: pl.DataFrame, wrong: Collection[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Good rows and bad ones, of files that are not refused as a whole."""
    typed = typed.filter(~pl.col("file").is_in(list(wrong))) if wrong else typed
    bad = typed.filter(pl.col("failed").is_not_null())
    return typed.filter(pl.col("failed").is_null()) if len(bad) else typed, bad


def _section() -> pl.Expr:
    """A header begins a section, and so does the row after a trailer: a file may be several joined."""
    kind = pl.col("kind")
    after_trailer = (kind == TRAILER).shift(1, fill_value=False)
    return ((kind == HEADER).cast(pl.Int32) + after_trailer.cast(pl.Int32)).cum_sum().over("file")


def _of(file: Incoming, beside: list[tuple[int, int, int, int, str]]) -> Iterator[tuple[int, int, int, str]]:
    return ((section, kind, row_no, row) for number, section, kind, row_no, row in beside if number == file.number)


def _sound(file: Incoming, load: Callable[[str], bytes], layout: Layout, head: Head) -> bool:
    kind = layout.lines.checksum
    told = [(said.row_no, said.checksum) for said in head.said]
    return kind is None or not told or holds(load(file.sha256), told, kind)


def _per_section(files: list[Incoming], heads: dict[int, Head], layout: Layout) -> pl.DataFrame:
    """What holds for all rows of a section."""
    origins = sorted({field.origin for field in layout.fields.values() if field.origin})
    rows = [
        {"file": file.number, "section": section, "file_machine": head.machine, "otherwise": section in head.otherwise}
        | {"earliest": file.earliest.get(head.machine or ""), "latest": file.latest, NAMED_HOUR: file.choice.hour}
        | {origin: said.get(origin) for origin in origins}
        for file in files
        for head in (heads[file.number],)
        for section, said in head.origins.items()
    ]
    schema = {"file": pl.Int32, "section": pl.Int32, "file_machine": pl.String, "otherwise": pl.Boolean}
    schema |= {"earliest": pl.Int64, "latest": pl.Int64, NAMED_HOUR: pl.Int64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(origins, pl.String)})


def _rows(texts: list[tuple[Incoming, Text]]) -> pl.DataFrame:
    """One row per row of text: file, row_no (from 1), row (without its line end), open_end."""
    frame = pl.DataFrame(
        {"file": [file.number for file, _ in texts], "text": [text.content for _, text in texts]},
        schema={"file": pl.Int32, "text": pl.Binary},
    )
    rows = frame.select("file", row=pl.col("text").cast(pl.String).str.split("\n")).with_columns(
        row_no=pl.int_ranges(1, pl.col("row").list.len() + 1, dtype=pl.Int32)
    )
    open_ended = {file.number: text.rows for file, text in texts if text.open_end}
    last = pl.lit(False)
    for number, row_no in open_ended.items():
        last = last | ((pl.col("file") == number) & (pl.col("row_no") == row_no))
    return rows.explode("row", "row_no").with_columns(pl.col("row").str.strip_suffix("\r"), open_end=last)


def _identify(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Identity is computed from the row's own text: the counter, or the row and its occurrence (domain.md)."""
    if "counter" in layout.fields:
        own = pl.coalesce("told_identity", "counter") if rebuilds(layout) else pl.col("counter")
        return good.with_columns(identity=own, nth=pl.lit(1, pl.Int32))
    hashes = [int.from_bytes(blake2b(row.encode(), digest_size=8).digest(), "big", signed=True) for row in good["row"]]
    nth = (pl.int_range(pl.len()).over("file", "section", "identity") + 1).cast(pl.Int32)
    return good.with_columns(identity=pl.Series(hashes, dtype=pl.Int64)).with_columns(nth=nth)


def _follow(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds `repeat` and `unsteady`: how each record follows the one before it."""
    at, identity = pl.col("produced_at"), pl.col("identity")
    counted = "counter" in layout.fields
    same_file = pl.col("file") == pl.col("file").shift()
    later = (at > at.shift()) | ((at == at.shift()) & (identity > identity.shift())) & counted
    rows = good.with_columns(rises=(~same_file | later).fill_null(True).all().over("file"))
    follows = same_file & (at - at.shift() <= STEADY_US)
    for name in ("hour", "product"):
        follows &= pl.col(name) == pl.col(name).shift()
    if counted:
        follows &= identity == identity.shift() + 1
    steady = pl.col("steady")
    beside = ~steady.shift(1, fill_value=False) | ~steady.shift(-1, fill_value=False)
    return (
        rows.with_columns(follows=follows.fill_null(False))
        .with_columns(steady=pl.col("rises") & pl.col("follows") & pl.col("follows").shift(-1, fill_value=False))
        .with_columns(
            unsteady=pl.when(~steady).then(2).when(beside).then(1).otherwise(0),
            repeat=pl.lit(False)
            if rows["rises"].all()
            else ~pl.struct("file", "produced_at", "identity", "nth").is_first_distinct(),
        )
    )


def _uniform(records: pl.DataFrame, sensors: Sequence[str]) -> pl.DataFrame:
    """The same columns whatever the layout, so that all staged files are one table."""
    absent: dict[str, Any] = {"counter": pl.Int64, "cycle_s": pl.Float64, **dict.fromkeys(sensors, pl.Float64)}
    absent["produced_at_source"] = pl.String
    records = records.with_columns(
        **{name: pl.lit(None, kind) for name, kind in absent.items() if name not in records.columns},
        pieces=(pl.col("pieces") if "pieces" in records.columns else pl.lit(1)).cast(pl.Int64),
        machine=pl.col("file_machine"),
        **{name: pl.col(name).cast(pl.Int64) for name in ("file", "row_no", "nth", "unsteady")},
    )
    return records.select(*staged_columns(sensors))
