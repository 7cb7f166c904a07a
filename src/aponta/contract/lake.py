"""What the pipeline asks of a lake, whatever engine is behind it.

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
    """Frames of the same columns as one; a text may be an enumeration in one of them and plain in another."""
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
    """Rows whose `column` is one of these."""

    column: str
    values: tuple[str | int, ...]


Where = Spans | Values


class Lake(Protocol):
    def start(self, versions: Mapping[str, int]) -> None:
        """Begins anew at these versions: later ones, of a batch that was interrupted, are not seen; kept frames are
        freed.
        """

    def read(self, table: Table, where: Where | None = None, columns: Sequence[str] | None = None) -> Frame:
        """The table as of the versions the lake was started at. A table not written yet is empty."""

    def dropped(self, table: Table) -> tuple[Column, ...]:
        """Columns that were declared once and are no more. Rows keep what they have in them; new ones have nothing."""

    def rows(self, schema: Mapping[str, Kind], rows: Iterable[Sequence[Any]], *, few: bool = False) -> Frame:
        """Plain values as a frame. few: its texts are few, and many rows will be joined with them."""

    def expect(self, texts: Mapping[str, Collection[str]]) -> None:
        """Column -> the texts that this batch's frames have in it. A lake may then keep them as enumerations, which are
        copied and compared several times faster; a frame with another text is right, and slower.
        """

    def staged(self, paths: Sequence[Path]) -> Frame:
        """Parquet files that decode left. Their texts are among those expected."""

    def keep(self, frame: Frame) -> Frame:
        """The same frame, computed once and kept for this batch."""

    def collect(self, frame: Frame) -> list[dict[str, Any]]:
        """A small frame as plain values."""

    def replace(
        self, table: Table, frame: Frame, where: Where | None, batch: int | None, *, proven: bool = False
    ) -> int:
        """Exactly the rows of `where` become those of `frame` (None: they are added). Returns the table's version.
        proven: that no key comes twice, and none is outside of `where`, is known and need not be looked for.

        A batch that was committed to the table before is not committed again. Raises ContractError when the frame
        breaks the table's promise: then nothing was written.
        """

    def begin(
        self, table: Table, frame: Frame, where: Where | None, batch: int | None, *, proven: bool = False
    ) -> Callable[[], int]:
        """As `replace`, in two steps: the frame is checked and its data files are written beside other work; the call
        that is returned commits them. One that is never called leaves files that no table knows.
        """

    def sync(self) -> None:
        """What was written survives a power cut from here on."""

    def versions(self) -> dict[str, int]:
        """table -> version, as this lake sees them."""

    def publish(self, batch: int) -> None:
        """Tells readers which versions belong together: they see all of a batch or nothing of it."""

    def tidy(self, table: Table, today: int) -> None:
        """Makes one file of many where a partition has collected too many, or its day is over. Changes no row."""
