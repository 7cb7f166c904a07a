"""Decodes a batch of files: groups them by layout, keeps memory bounded, accounts for every row, stages records as
Parquet.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import polars as pl

from aponta.contract.decoded import DecodedFile, FileReason, QuarantineEntry, Staged
from aponta.contract.layout import Layout
from aponta.contract.packed import HEAD, packed
from aponta.decode.account import EncodedFile, counts_of, decoded_file, quarantine_file, stopped_hour, tally
from aponta.decode.checksum import checksums_valid
from aponta.decode.clock import rebuilds
from aponta.decode.large.file import Load, stage_large
from aponta.decode.records import decode_rows, known_machines, per_section
from aponta.decode.rows.heads import FileHead, file_head
from aponta.decode.rows.lines import headers_and_trailers, split_rows, with_kinds, with_sections
from aponta.decode.rows.order import same_columns, with_identity, with_occurrence, with_order_flags
from aponta.decode.text import FileText, count_rows, line_end, to_text
from aponta.errors import ContractError

THREADS = 2  # Polars leaves much of a second core idle, and Python free
GROUP_FILES = 8
GROUP_BYTES = 8 * 2**20  # a file that is larger is decoded in pieces


def decode(
    files: Iterable[EncodedFile],
    load: Load,
    zone: str,
    sensors: Sequence[str],
    staging: Path,
    done: Callable[[int], None] = lambda count: None,
    piece: int | None = None,
) -> Staged:
    """Every file decoded or refused. `load` gives a file's bytes by its SHA-256, in chunks, and is asked several times
    for one larger than `piece` bytes (8 MB), which is never held whole; `done` is told how many files are finished.

    Staged records: file (number), row_no, machine, counter, produced_at, product, quality, cycle_s, pieces, each of
    `sensors`, flags, hour, identity (the counter, or a hash of the row's text), nth (occurrence of that very row),
    repeat (stood in this file before), unsteady.
    """
    staging.mkdir(parents=True, exist_ok=True)
    piece = piece or GROUP_BYTES
    decoded: list[DecodedFile] = []
    refused: list[QuarantineEntry] = []
    paths: list[Path] = []
    states: list[Path] = []
    refused_rows: list[Path] = []
    products: set[str] = set()

    def work(numbered: tuple[int, list[EncodedFile]]) -> Staged:
        number, group = numbered
        if _in_pieces(group[0], piece):
            return stage_large(group[0], load, zone, sensors, staging, f"{number:04d}", piece)
        return _stage_group(group, load, zone, sensors, staging, f"{number:04d}.parquet")

    with ThreadPoolExecutor(THREADS) as threads:
        for part in threads.map(work, enumerate(_groups(files, piece))):
            decoded += part.files
            refused += part.refused
            paths += part.records
            states += part.states
            refused_rows += part.refused_rows
            products |= set(part.products)
            done(len(decoded))
    whole = [
        QuarantineEntry(file.number, None, file.refused, None, file.refused_value, None)
        for file in decoded
        if file.refused
    ]
    for one in decoded:
        if one.rows != one.records + one.states + one.quarantined + one.skipped:
            raise ContractError("decode.unaccounted", sha256=one.sha256, rows=one.rows, records=one.records)
    in_order = tuple(sorted(decoded, key=lambda file: file.number))
    return Staged(
        in_order, (*refused, *whole), tuple(paths), tuple(states), tuple(sorted(products)), tuple(refused_rows)
    )


def _in_pieces(file: EncodedFile, piece: int) -> bool:
    """Where times are made anew from cycles all rows of a file are needed at once: it is of one hour."""
    layout = file.choice.layout
    return file.size > piece and not (layout and rebuilds(layout))


def _stage_group(
    group: list[EncodedFile], load: Load, zone: str, sensors: Sequence[str], staging: Path, name: str
) -> Staged:
    layout = group[0].choice.layout
    decoded: list[DecodedFile] = []
    texts: list[tuple[EncodedFile, FileText]] = []
    encoding = layout.text.encoding if layout else "utf-8"
    for file in group:
        data = b"".join(load(file.sha256))
        # A packed file that was not unpacked is a broken one, whatever its name.
        text = "archive" if packed(data[:HEAD]) else file.choice.refused or to_text(data, encoding)
        if isinstance(text, FileText):
            texts.append((file, text))
        elif text == "empty" and (idle := stopped_hour(file)) is not None:
            decoded.append(idle)
        else:
            decoded.append(quarantine_file(file, text, file.choice.value, count_rows(data, encoding)))
    if not texts or layout is None:
        return Staged(tuple(decoded), (), (), (), ())
    good, states, found, bad = _decode_group(texts, load, layout, layout.text.timezone.replace("factory", zone))
    written = {}
    for kind, rows in (("records", same_columns(good, sensors)), ("states", states)):
        written[kind] = (staging / f"{kind}-{name}",) if len(rows) else ()
        for path in written[kind]:
            rows.write_parquet(path, compression="uncompressed", statistics=False)
    products = tuple(good["product"].unique())
    return Staged((*decoded, *found), tuple(bad), written["records"], written["states"], products)


def _groups(files: Iterable[EncodedFile], piece: int) -> Iterator[list[EncodedFile]]:
    """Files of one layout, up to 8 or 8 MB together, a large one alone: memory is bounded by the group, whatever the
    batch.
    """

    def layout_name(file: EncodedFile) -> str:
        return file.choice.layout.name if file.choice.layout else ""

    for _, same in groupby(sorted(files, key=layout_name), key=layout_name):
        group: list[EncodedFile] = []
        for file in same:
            most = min(GROUP_BYTES, piece)
            if group and (len(group) == GROUP_FILES or sum(other.size for other in group) + file.size > most):
                yield group
                group = []
            group.append(file)
        yield group


def _decode_group(
    texts: list[tuple[EncodedFile, FileText]], load: Load, layout: Layout, zone: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[DecodedFile], list[QuarantineEntry]]:
    rows = with_sections(with_kinds(split_rows([(file.number, text) for file, text in texts]), layout))
    lines = headers_and_trailers(rows)
    heads = {file.number: file_head(file.choice, layout, _of(file, lines)) for file, _ in texts}

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
    wrong: dict[int, tuple[FileReason, str | None]] = {}
    wrong |= {number: head.refused for number, head in heads.items() if head.refused}
    within = per_section([file for file, _ in texts], heads, layout)
    # Files of one layout are of the same machines.
    found = decode_rows(rows, layout, zone, names, within, known_machines(texts[0][0], heads), wrong)
    for file, _ in texts:
        if heads[file.number].machine is None and found.told.get(file.number) is None:
            wrong.setdefault(file.number, ("unknown_machine", None))
    found = found.without(wrong)
    good = with_order_flags(with_occurrence(with_identity(found.items.good(), layout), layout), layout)
    states = found.good_states(layout)
    counts = counts_of([tally(found.rows, found.bad(), good, states, layout)])
    decoded = [
        quarantine_file(file, *wrong[file.number], text.rows)
        if file.number in wrong
        else decoded_file(file, text.rows, layout, head, found.told.get(file.number), counts, true)
        for file, text in texts
        for head in (heads[file.number],)
        for true in (_sound(file, load, layout, head),)
    ]
    return good, states, decoded, found.refused()


def _of(file: EncodedFile, lines: list[tuple[int, int, int, int, str]]) -> Iterator[tuple[int, int, int, str]]:
    return ((section, kind, row_no, row) for number, section, kind, row_no, row in lines if number == file.number)


def _sound(file: EncodedFile, load: Load, layout: Layout, head: FileHead) -> bool:
    if layout.lines.checksum is None:
        return True
    data = b"".join(load(file.sha256))
    return checksums_valid([data], head.said, layout.lines.checksum, line_end(data))
