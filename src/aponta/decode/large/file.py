"""A file that does not fit into memory: read in pieces, several times, with the same result as if it were read whole.

The first reading counts rows and line ends; the second gathers headers and trailers, each of which may tell something
about every row; the third decodes the records.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import polars as pl

from aponta.contract.decoded import STAGED_REFUSED, FileReason, QuarantineEntry, Staged
from aponta.contract.layout import Layout
from aponta.contract.packed import HEAD, packed
from aponta.decode.account import EncodedFile, Tally, counts_of, decoded_file, quarantine_file, tally
from aponta.decode.checksum import checksums_valid
from aponta.decode.large.parts import RecordParts
from aponta.decode.large.pieces import FileScan, cut_between_rows, scan, text_pieces
from aponta.decode.records import DecodedRows, decode_rows, known_machines, per_section
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
    """Decodes one file and stages its records in several parts. piece: bytes of text in memory at a time, at least."""
    layout = file.choice.layout
    encoding = layout.text.encoding if layout else "utf-8"
    head = next((chunk for chunk in load(file.sha256) if chunk), b"")[:HEAD]
    file_scan = scan(load(file.sha256), encoding)
    # A packed file that was not unpacked is a broken one, whatever its name.
    reason: FileReason | None = "archive" if packed(head) else file.choice.refused or file_scan.refused
    if reason or layout is None:
        refused = quarantine_file(file, reason or "no_layout", file.choice.value, file_scan.rows)
        return Staged((refused,), (), (), (), ())
    zone = layout.text.timezone.replace("factory", zone)
    return _LargeFile(file, layout, zone, file_scan, load, piece).staged(sensors, staging, name)


@dataclass(frozen=True)
class _LargeFile:
    file: EncodedFile
    layout: Layout
    zone: str
    scan: FileScan
    load: Load
    piece: int

    def staged(self, sensors: Sequence[str], staging: Path, name: str) -> Staged:
        file, layout = self.file, self.layout
        lines = self._headers_and_trailers()
        head = file_head(file.choice, layout, ((section, kind, row_no, row) for _, section, kind, row_no, row in lines))
        machine = head.machine or self._machine_of_rows(head)
        if head.refused or machine is None:
            reason, value = head.refused or ("unknown_machine", None)
            return Staged((quarantine_file(file, reason, value, self.scan.rows),), (), (), (), ())

        parts = RecordParts(staging, name, layout, sensors)
        state_paths: list[Path] = []
        refused_paths: list[Path] = []
        tallies: list[Tally] = []
        products: set[str] = set()
        for number, decoded in enumerate(self._decoded(head, self._sections(head, machine), {})):
            if refused := decoded.refused():
                refused_paths.append(staging / f"refused-{name}-{number:05d}.parquet")
                _write(_as_rows(refused), refused_paths[-1])
            good = with_identity(decoded.items.good(), layout)
            products |= set(good["product"].unique())
            states = decoded.good_states(layout)
            if len(states):
                state_paths.append(staging / f"states-{name}-{number:05d}.parquet")
                _write(states, state_paths[-1])
            uncompared = good.with_columns(repeat=pl.lit(False))  # repeats are counted when all parts are there
            tallies.append(tally(decoded.rows, decoded.bad(), uncompared, states, layout))
            parts.add(good)
        parts.finish(_section_starts(lines))
        counts = counts_of(tallies)
        for record in counts.records.values():
            record["repeated"] = sum(parts.repeated)
        valid = self._has_valid_checksums(head)
        result = decoded_file(file, self.scan.rows, layout, head, machine, counts, valid)
        return Staged(
            (result,), (), tuple(parts.paths), tuple(state_paths), tuple(sorted(products)), tuple(refused_paths)
        )

    def _headers_and_trailers(self) -> list[tuple[int, int, int, int, str]]:
        if not (self.layout.lines.header or self.layout.lines.trailer):
            return []
        return [line for rows in self._rows() for line in headers_and_trailers(rows)]

    def _decoded(self, head: FileHead, sections: pl.DataFrame, known: Mapping[str, int]) -> Iterator[DecodedRows]:
        """The rows of each piece, decoded; values of tags are carried from piece to piece."""
        carried: dict[str, str] = {}
        for rows in self._rows():
            decoded = decode_rows(rows, self.layout, self.zone, head.names, sections, known, carried=carried)
            carried |= last_carried(decoded.rows)
            yield decoded

    def _rows(self) -> Iterator[pl.DataFrame]:
        """The rows of each piece with `kind` and `section`. A row and its continuations are in one piece."""
        section, behind_trailer = 0, False
        unfinished: pl.DataFrame | None = None
        for rows in self._cut():
            rows = rows if unfinished is None else pl.concat([unfinished, rows])
            unfinished = None
            is_last = rows["row_no"][-1] == self.scan.rows
            if self.layout.lines.continuation and not is_last:
                begins = (~is_continuation(rows, self.layout.lines.continuation)).arg_true()
                until = begins[-1] if len(begins) else 0
                rows, unfinished = rows[:until], rows[until:]
                if not len(rows):
                    continue
            marked = with_sections(with_kinds(rows, self.layout), section, behind_trailer)
            section, behind_trailer = marked["section"][-1], marked["kind"][-1] == TRAILER
            yield marked

    def _cut(self) -> Iterator[pl.DataFrame]:
        first = 1
        for text in text_pieces(self.load(self.file.sha256), self.layout.text.encoding, self.scan, self.piece):
            rows = split_rows([(self.file.number, text)], first)
            first += len(rows)
            yield rows

    def _sections(self, head: FileHead, machine: str | None) -> pl.DataFrame:
        sections = per_section([self.file], {self.file.number: head}, self.layout)
        installed = self.file.earliest.get(machine or "")
        return sections.with_columns(file_machine=pl.lit(machine, pl.String), earliest=pl.lit(installed, pl.Int64))

    def _machine_of_rows(self, head: FileHead) -> str | None:
        """The machine of the first item of a known machine; without items, of the first such state."""
        known = known_machines(self.file, {self.file.number: head})
        has_items = False
        of_states: str | None = None
        for decoded in self._decoded(head, self._sections(head, None), known):
            has_items = has_items or len(decoded.items.rows) > 0
            for machine in decoded.items.rows["file_machine"].drop_nulls().head(1):
                return str(machine)
            for machine in decoded.states.rows["file_machine"].drop_nulls().head(1):
                of_states = of_states or str(machine)
        return None if has_items else of_states

    def _has_valid_checksums(self, head: FileHead) -> bool:
        pieces = cut_between_rows(self.load(self.file.sha256), self.scan.end, self.piece)
        return checksums_valid(pieces, head.trailers, self.layout.lines.checksum, self.scan.end)


def _section_starts(lines: Iterable[tuple[int, int, int, int, str]]) -> list[int]:
    """Numbers of the rows that begin a section, without the first section's. lines: the file's headers and trailers."""
    return sorted({row_no if kind == HEADER else row_no + 1 for _, _, kind, row_no, _ in lines})


def _as_rows(refused: Iterable[QuarantineEntry]) -> pl.DataFrame:
    """The columns of STAGED_REFUSED."""
    kinds = {name: pl.Int64 if kind == "long" else pl.String for name, kind in STAGED_REFUSED.items()}
    return pl.DataFrame(map(astuple, refused), schema=kinds, orient="row")


def _write(rows: pl.DataFrame, path: Path) -> None:
    rows.write_parquet(path, compression="uncompressed", statistics=False)
