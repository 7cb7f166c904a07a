"""Decodes a batch of files: groups them by layout, keeps memory bounded, accounts for every row, stages records as
Parquet.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
GROUP_BYTES = 8 * 2**20  # a larger file is decoded in pieces


@dataclass(frozen=True)
class _DecodedGroup:
    records: pl.DataFrame
    states: pl.DataFrame
    files: list[DecodedFile]
    refused: list[QuarantineEntry]  # rows


def decode(
    files: Iterable[EncodedFile],
    load: Load,
    zone: str,
    sensors: Sequence[str],
    staging: Path,
    done: Callable[[int], None] = lambda count: None,
    piece: int | None = None,
) -> Staged:
    """Decodes or quarantines every file, and stages records and states as Parquet in the folder `staging`.

    load: the bytes of a file by its SHA-256, in chunks; called several times for a file larger than `piece` bytes
    (8 MB), which is never in memory as a whole. zone: the factory's. done: called with the number of finished files.

    Staged records: file (number), row_no, machine, counter, produced_at, product, quality, cycle_s, pieces, each of
    `sensors`, flags, hour, identity (the counter, or a hash of the row's text), nth (occurrence of that very row),
    repeat (the file holds the same record above), unsteady. Raises ContractError `decode.unaccounted`.
    """
    staging.mkdir(parents=True, exist_ok=True)
    piece = piece or GROUP_BYTES
    decoded: list[DecodedFile] = []
    refused: list[QuarantineEntry] = []
    paths: list[Path] = []
    states: list[Path] = []
    refused_rows: list[Path] = []
    products: set[str] = set()

    def stage(numbered_group: tuple[int, list[EncodedFile]]) -> Staged:
        number, group = numbered_group
        if _is_decoded_in_pieces(group[0], piece):
            return stage_large(group[0], load, zone, sensors, staging, f"{number:04d}", piece)
        return _stage_group(group, load, zone, sensors, staging, f"{number:04d}.parquet")

    with ThreadPoolExecutor(THREADS) as threads:
        for part in threads.map(stage, enumerate(_groups(files, piece))):
            decoded += part.files
            refused += part.refused
            paths += part.records
            states += part.states
            refused_rows += part.refused_rows
            products |= set(part.products)
            done(len(decoded))
    for file in decoded:
        if file.refused:
            refused.append(QuarantineEntry(file.number, None, file.refused, None, file.refused_value, None))
        if file.rows != file.records + file.states + file.quarantined + file.skipped:
            raise ContractError("decode.unaccounted", sha256=file.sha256, rows=file.rows, records=file.records)
    in_order = tuple(sorted(decoded, key=lambda file: file.number))
    return Staged(in_order, tuple(refused), tuple(paths), tuple(states), tuple(sorted(products)), tuple(refused_rows))


def _is_decoded_in_pieces(file: EncodedFile, piece: int) -> bool:
    """False where times are rebuilt from cycles: that needs all rows of a file at once, and the file is of one hour."""
    layout = file.choice.layout
    return file.size > piece and not (layout and rebuilds(layout))


def _groups(files: Iterable[EncodedFile], piece: int) -> Iterator[list[EncodedFile]]:
    """Files of one layout, up to 8 or 8 MB together, a large one alone: a group's size bounds memory, whatever the
    batch.
    """

    def layout_name(file: EncodedFile) -> str:
        return file.choice.layout.name if file.choice.layout else ""

    most_bytes = min(GROUP_BYTES, piece)
    for _, same_layout in groupby(sorted(files, key=layout_name), key=layout_name):
        group: list[EncodedFile] = []
        for file in same_layout:
            if group and (len(group) == GROUP_FILES or sum(other.size for other in group) + file.size > most_bytes):
                yield group
                group = []
            group.append(file)
        yield group


def _stage_group(
    group: list[EncodedFile], load: Load, zone: str, sensors: Sequence[str], staging: Path, name: str
) -> Staged:
    layout = group[0].choice.layout
    without_rows: list[DecodedFile] = []
    texts: list[tuple[EncodedFile, FileText]] = []
    encoding = layout.text.encoding if layout else "utf-8"
    for file in group:
        data = b"".join(load(file.sha256))
        # A packed file that was not unpacked is a broken one, whatever its name.
        text = "archive" if packed(data[:HEAD]) else file.choice.refused or to_text(data, encoding)
        if isinstance(text, FileText):
            texts.append((file, text))
        elif text == "empty" and (stopped := stopped_hour(file)) is not None:
            without_rows.append(stopped)
        else:
            without_rows.append(quarantine_file(file, text, file.choice.value, count_rows(data, encoding)))
    if not texts or layout is None:
        return Staged(tuple(without_rows), (), (), (), ())
    decoded = _decode_group(texts, load, layout, layout.text.timezone.replace("factory", zone))
    written = {}
    for kind, rows in (("records", same_columns(decoded.records, sensors)), ("states", decoded.states)):
        written[kind] = (staging / f"{kind}-{name}",) if len(rows) else ()
        for path in written[kind]:
            rows.write_parquet(path, compression="uncompressed", statistics=False)
    products = tuple(decoded.records["product"].unique())
    return Staged(
        (*without_rows, *decoded.files), tuple(decoded.refused), written["records"], written["states"], products
    )


def _decode_group(texts: list[tuple[EncodedFile, FileText]], load: Load, layout: Layout, zone: str) -> _DecodedGroup:
    """Files whose header rows name the columns differently are decoded apart."""
    rows = with_sections(with_kinds(split_rows([(file.number, text) for file, text in texts]), layout))
    lines = headers_and_trailers(rows)
    heads = {file.number: file_head(file.choice, layout, _lines_of_file(file, lines)) for file, _ in texts}
    by_names: dict[tuple[tuple[str, int], ...], list[tuple[EncodedFile, FileText]]] = {}
    for file, text in texts:
        by_names.setdefault(tuple(heads[file.number].names.items()), []).append((file, text))
    if len(by_names) > 1:
        parts = [_decode_group(same_names, load, layout, zone) for same_names in by_names.values()]
        return _DecodedGroup(
            pl.concat([part.records for part in parts]),
            pl.concat([part.states for part in parts]),
            [file for part in parts for file in part.files],
            [entry for part in parts for entry in part.refused],
        )
    return _decode_same_columns(texts, rows, heads, load, layout, zone)


def _decode_same_columns(
    texts: list[tuple[EncodedFile, FileText]],
    rows: pl.DataFrame,
    heads: Mapping[int, FileHead],
    load: Load,
    layout: Layout,
    zone: str,
) -> _DecodedGroup:
    """rows: of all files, with `kind` and `section`. heads: by file."""
    files = [file for file, _ in texts]
    names = heads[files[0].number].names
    wrong: dict[int, tuple[FileReason, str | None]] = {
        number: head.refused for number, head in heads.items() if head.refused
    }
    # Files of one layout are of the same machines: those of the first file are those of all.
    machines = known_machines(files[0], heads)
    decoded = decode_rows(rows, layout, zone, names, per_section(files, heads, layout), machines, wrong)
    for file in files:
        if heads[file.number].machine is None and decoded.machines.get(file.number) is None:
            wrong.setdefault(file.number, ("unknown_machine", None))
    decoded = decoded.without(wrong)
    good = with_order_flags(with_occurrence(with_identity(decoded.items.good(), layout), layout), layout)
    states = decoded.good_states(layout)
    counts = counts_of([tally(decoded.rows, decoded.bad(), good, states, layout)])
    results = []
    for file, text in texts:
        head = heads[file.number]
        if file.number in wrong:
            results.append(quarantine_file(file, *wrong[file.number], text.rows))
        else:
            valid = _has_valid_checksums(file, load, layout, head)
            machine = decoded.machines.get(file.number)
            results.append(decoded_file(file, text.rows, layout, head, machine, counts, valid))
    return _DecodedGroup(good, states, results, decoded.refused())


def _lines_of_file(
    file: EncodedFile, lines: list[tuple[int, int, int, int, str]]
) -> Iterator[tuple[int, int, int, str]]:
    return ((section, kind, row_no, row) for number, section, kind, row_no, row in lines if number == file.number)


def _has_valid_checksums(file: EncodedFile, load: Load, layout: Layout, head: FileHead) -> bool:
    if layout.lines.checksum is None:
        return True
    data = b"".join(load(file.sha256))
    return checksums_valid([data], head.trailers, layout.lines.checksum, line_end(data))
