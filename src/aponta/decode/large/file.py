"""A file too large to be held at once: read in pieces, several times, with the same result as if it were read whole.

First all bytes are looked at once; then what stands beside the records is gathered, for a header or a trailer anywhere
in it may tell of every row; then rows are read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import polars as pl

from aponta.contract.decoded import STAGED_REFUSED, FileReason, QuarantineEntry, Staged
from aponta.contract.layout import Layout
from aponta.contract.packed import HEAD, packed
from aponta.decode.account import EncodedFile, Tally, counts_of, decoded_file, quarantine_file, tally
from aponta.decode.checksum import checksums_valid
from aponta.decode.large.parts import RecordParts
from aponta.decode.large.pieces import FileScan, cut_between_rows, scan, text_pieces
from aponta.decode.records import decode_rows, known_machines, per_section
from aponta.decode.rows.carried import last_carried
from aponta.decode.rows.heads import FileHead, file_head
from aponta.decode.rows.lines import (
    HEADER,
    TRAILER,
    headers_and_trailers,
    is_continuation,
    split_rows,
    with_kinds,
    with_sections,
)
from aponta.decode.rows.order import with_identity

Load = Callable[[str], Iterable[bytes]]


def stage_large(
    file: EncodedFile, load: Load, zone: str, sensors: Sequence[str], staging: Path, name: str, piece: int
) -> Staged:
    """One file decoded, its records staged in several parts. piece: bytes of text that are read at a time, at least."""
    layout = file.choice.layout
    encoding = layout.text.encoding if layout else "utf-8"
    head = next((chunk for chunk in load(file.sha256) if chunk), b"")[:HEAD]
    whole = scan(load(file.sha256), encoding)
    # A packed file that was not unpacked is a broken one, whatever its name.
    reason: FileReason | None = "archive" if packed(head) else file.choice.refused or whole.refused
    if reason or layout is None:
        refused = quarantine_file(file, reason or "no_layout", file.choice.value, whole.rows)
        return Staged((refused,), (), (), (), ())
    zone = layout.text.timezone.replace("factory", zone)
    return _LargeFile(file, layout, zone, whole, load, piece).staged(sensors, staging, name)


class _LargeFile:
    def __init__(self, file: EncodedFile, layout: Layout, zone: str, whole: FileScan, load: Load, piece: int) -> None:
        self.file, self.layout, self.zone, self.whole, self.load, self.piece = file, layout, zone, whole, load, piece

    def staged(self, sensors: Sequence[str], staging: Path, name: str) -> Staged:
        file, layout = self.file, self.layout
        lines = layout.lines
        told = (
            [found for rows in self._rows() for found in headers_and_trailers(rows)]
            if lines.header or lines.trailer
            else []
        )
        head = file_head(file.choice, layout, ((section, kind, row_no, row) for _, section, kind, row_no, row in told))
        machine = head.machine or self._machine(head)
        if head.refused or machine is None:
            reason, value = head.refused or ("unknown_machine", None)
            return Staged((quarantine_file(file, reason, value, self.whole.rows),), (), (), (), ())

        parts = RecordParts(staging, name, layout, sensors)
        states: list[Path] = []
        tallies: list[Tally] = []
        refused: list[Path] = []
        products: set[str] = set()
        within = self._within(head, machine)
        held: dict[str, str] = {}
        for number, rows in enumerate(self._rows()):
            found = decode_rows(rows, layout, self.zone, head.names, within, {}, held=held)
            held |= last_carried(found.rows)
            if bad := found.refused():
                refused.append(staging / f"refused-{name}-{number:05d}.parquet")
                _write(_as_rows(bad), refused[-1])
            good = with_identity(found.items.good(), layout)
            products |= set(good["product"].unique())
            of_states = found.good_states(layout)
            if len(of_states):
                states.append(staging / f"states-{name}-{number:05d}.parquet")
                _write(of_states, states[-1])
            unknown_yet = good.with_columns(repeat=pl.lit(False))
            tallies.append(tally(found.rows, found.bad(), unknown_yet, of_states, layout))
            parts.add(good)
        parts.finish(_begun(told))
        counts = counts_of(tallies)
        for record in counts.records.values():
            record["repeated"] = sum(parts.repeated)
        described = decoded_file(file, self.whole.rows, layout, head, machine, counts, self._sound(head))
        told_products = tuple(sorted(products))
        return Staged((described,), (), tuple(parts.paths), tuple(states), told_products, tuple(refused))

    def _rows(self) -> Iterator[pl.DataFrame]:
        """The rows of each piece, marked, with the number of their section. What goes on from a row stays with it."""
        section, behind_trailer = 0, False
        kept: pl.DataFrame | None = None
        for rows in self._cut():
            rows = rows if kept is None else pl.concat([kept, rows])
            kept = None
            last = rows["row_no"][-1] == self.whole.rows
            if self.layout.lines.continuation and not last:
                begins = (~is_continuation(rows, self.layout.lines.continuation)).arg_true()
                until = begins[-1] if len(begins) else 0
                rows, kept = rows[:until], rows[until:]
                if not len(rows):
                    continue
            marked = with_sections(with_kinds(rows, self.layout), section, behind_trailer)
            section, behind_trailer = marked["section"][-1], marked["kind"][-1] == TRAILER
            yield marked

    def _cut(self) -> Iterator[pl.DataFrame]:
        first = 1
        for text in text_pieces(self.load(self.file.sha256), self.layout.text.encoding, self.whole, self.piece):
            rows = split_rows([(self.file.number, text)], first)
            first += len(rows)
            yield rows

    def _within(self, head: FileHead, machine: str | None) -> pl.DataFrame:
        within = per_section([self.file], {self.file.number: head}, self.layout)
        own = self.file.earliest.get(machine or "")
        return within.with_columns(file_machine=pl.lit(machine, pl.String), earliest=pl.lit(own, pl.Int64))

    def _machine(self, head: FileHead) -> str | None:
        """As its first item of a known machine tells, or, where it has no items, its first state."""
        known = known_machines(self.file, {self.file.number: head})
        within = self._within(head, None)
        items = False
        of_states: str | None = None
        held: dict[str, str] = {}
        for rows in self._rows():
            found = decode_rows(rows, self.layout, self.zone, head.names, within, known, held=held)
            held |= last_carried(found.rows)
            items = items or len(found.items.rows) > 0
            for machine in found.items.rows["file_machine"].drop_nulls().head(1):
                return str(machine)
            for machine in found.states.rows["file_machine"].drop_nulls().head(1):
                of_states = of_states or str(machine)
        return None if items else of_states

    def _sound(self, head: FileHead) -> bool:
        bytes_of_rows = cut_between_rows(self.load(self.file.sha256), self.whole.end, self.piece)
        return checksums_valid(bytes_of_rows, head.said, self.layout.lines.checksum, self.whole.end)


def _begun(told: Iterable[tuple[int, int, int, int, str]]) -> list[int]:
    """The row that each section but the first begins with."""
    return sorted({row_no if kind == HEADER else row_no + 1 for _, _, kind, row_no, _ in told})


def _as_rows(refused: Iterable[QuarantineEntry]) -> pl.DataFrame:
    """As STAGED_REFUSED."""
    kinds = {name: pl.Int64 if kind == "long" else pl.String for name, kind in STAGED_REFUSED.items()}
    return pl.DataFrame(map(astuple, refused), schema=kinds, orient="row")


def _write(rows: pl.DataFrame, path: Path) -> None:
    rows.write_parquet(path, compression="uncompressed", statistics=False)
