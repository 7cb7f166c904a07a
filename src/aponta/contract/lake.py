"""The lake as the pipeline needs it, whatever engine is behind it.

In frames, a time is an integer: microseconds since 1970, UTC; a date is text (2026-03-02). The lake turns them into
zone-aware timestamps and dates when it writes, and back when it reads. So the same arithmetic holds on every engine.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import narwhals.stable.v2 as nw

from aponta.contract.table import Column, Kind, Table

Frame = nw.LazyFrame[Any]


def stacked(frames: Sequence[Frame]) -> Frame:
    """Frames of the same columns as one frame; a text may be an enumeration in one frame and plain in another."""
    schemas = [frame.collect_schema() for frame in frames]
    mixed = [name for name in schemas[0] if len({schema[name] for schema in schemas}) > 1]
    plain = {
        name: nw.col(name).cast(nw.String) for name in mixed if nw.String() in {schema[name] for schema in schemas}
    }
    return nw.concat([frame.with_columns(**plain) for frame in frames] if plain else list(frames))


@dataclass(frozen=True)
class Spans:
    """Rows of these machines whose `column` (a time) lies between first and last, both included."""

    spans: tuple[tuple[str, int, int], ...]  # machine, first, last
    column: str = "hour"


@dataclass(frozen=True)
class Values:
    """Rows whose `column` has one of these values."""

    column: str
    values: tuple[str | int, ...]


Where = Spans | Values


class Lake(Protocol):
    def start(self, versions: Mapping[str, int]) -> None:
        """Starts over at these versions: later ones, of an interrupted batch, are not seen; materialized frames are
        freed.
        """

    def read(self, table: Table, where: Where | None = None, columns: Sequence[str] | None = None) -> Frame:
        """The table as of the versions the lake was started at. A table not written yet is empty."""

    def files(self, table: Table, where: Where | None = None) -> list[str]:
        """Paths of the Parquet files that hold the table as of these versions; where: only those that may hold such
        rows. None for a table not written yet. Raises ContractError `lake.table_lost`.
        """

    def dropped_columns(self, table: Table) -> tuple[Column, ...]:
        """Columns that the stored table has and the declaration no longer has. Old rows keep their values in them, new
        rows have none.
        """

    def rows(self, schema: Mapping[str, Kind], rows: Iterable[Sequence[Any]], *, few: bool = False) -> Frame:
        """Plain values as a frame. few: its texts are few, and many rows will be joined with them."""

    def expect_values(self, texts: Mapping[str, Collection[str]]) -> None:
        """Column -> the texts that this batch's frames have in it. A lake may store them as enumerations, which are
        copied and compared several times faster; a frame with another text is right, and slower.
        """

    def read_staged(self, paths: Sequence[Path]) -> Frame:
        """The Parquet files that decode wrote. Their texts are among the expected values."""

    def materialize(self, frame: Frame) -> Frame:
        """The same frame, computed once and stored until the next `start`."""

    def collect(self, frame: Frame) -> list[dict[str, Any]]:
        """A small frame as plain values."""

    def replace(
        self, table: Table, frame: Frame, where: Where | None, batch: int | None, *, proven: bool = False
    ) -> int:
        """Replaces exactly the rows of `where` by those of `frame` (None: adds them). Returns the table's version.
        proven: the caller has checked that no key comes twice and none lies outside of `where`.

        A batch that was committed to the table before is not committed again. Raises ContractError when the frame
        breaks the table's promise: then nothing was written.
        """

    def prepare(
        self, table: Table, frame: Frame, where: Where | None, batch: int | None, *, proven: bool = False
    ) -> Callable[[], int]:
        """As `replace`, in two steps: the frame is checked and its data files are written in parallel with other work;
        the returned call commits them. A commit that is never called leaves files that no table knows.
        """

    def flush(self) -> None:
        """Makes what was committed survive a power cut."""

    def versions(self) -> dict[str, int]:
        """table -> version, as this lake sees them."""

    def publish(self, batch: int) -> None:
        """Publishes the versions that belong together: readers see all of a batch or nothing of it."""

    def gain(self, table: Table) -> None:
        """Gives the table of an earlier release the columns that it lacks; changes no row."""

    def tidy(self, table: Table, today: int) -> None:
        """Makes one file of many where a partition has collected too many, or its day is over. Changes no row."""


def table_frame(lake: Lake, table: Table, rows: Iterable[Mapping[str, Any]]) -> Frame:
    """Rows as a frame of the table's columns, in its order."""
    schema = {column.name: column.kind for column in table.columns}
    return lake.rows(schema, [[row[name] for name in schema] for row in rows])
