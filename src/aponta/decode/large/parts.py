"""A large file's records, staged part by part, the same as if they were in memory together."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from aponta.contract.layout import Layout
from aponta.decode.rows.order import KEY, same_columns, with_occurrence, with_order_flags

REACH = 2  # records on either side that decide how a record follows its neighbours
BUCKET = 2_000_000  # records whose keys are compared together
RUN = 2**16  # rows of a row group: a reader skips the groups that it does not need


class RecordParts:
    """Takes the good records of one file, in order, and writes Parquet files."""

    def __init__(self, staging: Path, name: str, layout: Layout, sensors: Sequence[str]) -> None:
        self.staging, self.name, self.layout, self.sensors = staging, name, layout, sensors
        self.paths: list[Path] = []
        self.repeated: list[int] = []  # by part
        self._spans: list[tuple[int, int]] = []  # by part: first and last time
        self._rises = True
        self._fell_in = 0  # the first part written after times were known not to rise
        self._records = 0
        self._waiting: pl.DataFrame | None = None  # the last records: some already written, some not yet
        self._written = 0  # how many of them are

    def add(self, good: pl.DataFrame) -> None:
        """Adds further records, which have their `identity`."""
        waiting = good if self._waiting is None else pl.concat([self._waiting, good])
        self._write(waiting, max(self._written, len(waiting) - REACH))

    def finish(self, sections: Sequence[int]) -> None:
        """Writes the last part. sections: numbers of the rows that begin a section but the first, rising."""
        if self._waiting is not None:
            self._write(self._waiting, len(self._waiting))
        if not self._rises:
            self._mend(sections)

    def _write(self, records: pl.DataFrame, until: int) -> None:
        flagged = with_order_flags(with_occurrence(records, self.layout), self.layout)
        self._rises = self._rises and bool(flagged["rises"].all())
        ready = flagged[self._written : until]
        if len(ready):
            if self._rises:
                self._fell_in = len(self.paths) + 1
            else:
                ready = ready.with_columns(unsteady=pl.lit(2))
            path = self.staging / f"records-{self.name}-{len(self.paths):05d}.parquet"
            _write(same_columns(ready, self.sensors), path)
            self.paths.append(path)
            self.repeated.append(int(ready["repeat"].sum()))
            at = ready["produced_at"]
            self._spans.append((at.min(), at.max()))  # type: ignore[arg-type]
            self._records += len(ready)
        first = max(0, until - REACH)
        self._waiting, self._written = records[first:], until - first

    def _mend(self, sections: Sequence[int]) -> None:
        """For a file whose times do not rise: no record is steady, and two parts may have the same record."""
        overlapping = self._overlapping()
        compared = self._compare([self.paths[number] for number in overlapping], sections)
        for number, path in enumerate(self.paths):
            if number in overlapping:
                part = pl.read_parquet(path)
                low, high = part["row_no"][0], part["row_no"][-1]
                marks = pl.scan_parquet(compared).filter(pl.col("row_no").is_between(low, high)).collect()
                names = part.columns
                part = part.drop("nth", "repeat").join(marks, on="row_no", how="left", maintain_order="left")
                self.repeated[number] = int(part["repeat"].sum())
                _write(part.select(names).with_columns(unsteady=pl.lit(2, pl.Int64)), path)
            elif number < self._fell_in:
                _write(pl.read_parquet(path).with_columns(unsteady=pl.lit(2, pl.Int64)), path)
        for path in compared:
            path.unlink()

    def _overlapping(self) -> set[int]:
        """Parts that share a time with another part: equal records have equal times."""
        overlapping: set[int] = set()
        reached, furthest = None, -1
        for number in sorted(range(len(self.paths)), key=self._spans.__getitem__):
            since, until = self._spans[number]
            if reached is not None and since <= reached:
                overlapping |= {number, furthest}
            if reached is None or until > reached:
                reached, furthest = until, number
        return overlapping

    def _compare(self, paths: list[Path], sections: Sequence[int]) -> list[Path]:
        """Files with row_no, nth and repeat of these parts' records, each of a share of the keys."""
        if not paths:
            return []
        buckets = self._records // BUCKET + 1
        starts = pl.DataFrame({"row_no": [0, *sections]}, schema={"row_no": pl.Int64}).with_row_index("section")
        written = []
        for bucket in range(buckets):
            in_bucket = pl.col("identity").hash() % buckets == bucket
            keys = pl.concat(
                [pl.read_parquet(path, columns=["file", "row_no", *KEY]).filter(in_bucket) for path in paths]
            )
            keys = keys.sort("row_no").join_asof(starts, on="row_no")
            keys = with_occurrence(keys, self.layout).with_columns(nth=pl.col("nth").cast(pl.Int64))
            path = self.staging / f"compared-{self.name}-{bucket}.parquet"
            marks = keys.select("row_no", "nth", repeat=~pl.struct(*KEY).is_first_distinct())
            marks.write_parquet(path, compression="uncompressed", row_group_size=RUN)
            written.append(path)
        return written


def _write(rows: pl.DataFrame, path: Path) -> None:
    rows.write_parquet(path, compression="uncompressed", statistics=False)
