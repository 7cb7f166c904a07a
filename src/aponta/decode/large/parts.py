"""A large file's records, staged part by part, the same as if they had stood beside each other in memory."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from aponta.contract.layout import Layout
from aponta.decode.rows.order import KEY, same_columns, with_occurrence, with_order_flags

REACH = 2  # what a record tells of its neighbours is seen from the two on either side of it
BUCKET = 2_000_000  # records whose keys are compared at once
RUN = 2**16  # of what is mended, so many rows are skipped at once


class RecordParts:
    """Takes the good records of one file, in order, and leaves Parquet files."""

    def __init__(self, staging: Path, name: str, layout: Layout, sensors: Sequence[str]) -> None:
        self.staging, self.name, self.layout, self.sensors = staging, name, layout, sensors
        self.paths: list[Path] = []
        self.repeated: list[int] = []  # by part
        self._spans: list[tuple[int, int]] = []  # by part: from when to when
        self._rises = True
        self._fell_in = 0  # the first part that was written knowing that times do not rise
        self._records = 0
        self._waiting: pl.DataFrame | None = None  # the last records: some already written, some not yet
        self._written = 0  # how many of them are

    def add(self, good: pl.DataFrame) -> None:
        """Further records, `order.identified`."""
        waiting = good if self._waiting is None else pl.concat([self._waiting, good])
        self._write(waiting, max(self._written, len(waiting) - REACH))

    def finish(self, sections: Sequence[int]) -> None:
        """There are no more. sections: the number of the row that each section but the first begins with, rising."""
        if self._waiting is not None:
            self._write(self._waiting, len(self._waiting))
        if not self._rises:
            self._mend(sections)

    def _write(self, records: pl.DataFrame, until: int) -> None:
        told = with_order_flags(with_occurrence(records, self.layout), self.layout)
        self._rises = self._rises and bool(told["rises"].all())
        ready = told[self._written : until]
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
        """Where times do not rise throughout, no record goes on steadily, and a record may stand in two parts."""
        touching = self._touching()
        mended = self._compared([self.paths[number] for number in touching], sections)
        for number, path in enumerate(self.paths):
            if number in touching:
                part = pl.read_parquet(path)
                low, high = part["row_no"][0], part["row_no"][-1]
                found = pl.scan_parquet(mended).filter(pl.col("row_no").is_between(low, high)).collect()
                names = part.columns
                part = part.drop("nth", "repeat").join(found, on="row_no", how="left", maintain_order="left")
                self.repeated[number] = int(part["repeat"].sum())
                _write(part.select(names).with_columns(unsteady=pl.lit(2, pl.Int64)), path)
            elif number < self._fell_in:
                _write(pl.read_parquet(path).with_columns(unsteady=pl.lit(2, pl.Int64)), path)
        for path in mended:
            path.unlink()

    def _touching(self) -> set[int]:
        """Parts that share a time with another one: equal records have equal times."""
        found: set[int] = set()
        reached, furthest = None, -1
        for number in sorted(range(len(self.paths)), key=self._spans.__getitem__):
            since, until = self._spans[number]
            if reached is not None and since <= reached:
                found |= {number, furthest}
            if reached is None or until > reached:
                reached, furthest = until, number
        return found

    def _compared(self, paths: list[Path], sections: Sequence[int]) -> list[Path]:
        """row_no, nth and repeat of these parts' records, in files of a share of the keys each."""
        if not paths:
            return []
        buckets = self._records // BUCKET + 1
        begun = pl.DataFrame({"row_no": [0, *sections]}, schema={"row_no": pl.Int64}).with_row_index("section")
        made = []
        for bucket in range(buckets):
            mine = pl.col("identity").hash() % buckets == bucket
            keys = pl.concat([pl.read_parquet(path, columns=["file", "row_no", *KEY]).filter(mine) for path in paths])
            keys = keys.sort("row_no").join_asof(begun, on="row_no")
            keys = with_occurrence(keys, self.layout).with_columns(nth=pl.col("nth").cast(pl.Int64))
            path = self.staging / f"mended-{self.name}-{bucket}.parquet"
            told = keys.select("row_no", "nth", repeat=~pl.struct(*KEY).is_first_distinct())
            told.write_parquet(path, compression="uncompressed", row_group_size=RUN)
            made.append(path)
        return made


def _write(rows: pl.DataFrame, path: Path) -> None:
    rows.write_parquet(path, compression="uncompressed", statistics=False)
