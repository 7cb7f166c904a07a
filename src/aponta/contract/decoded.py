"""The result of decoding files. Times are integer microseconds since 1970, UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aponta.contract.layout import TOTALS
from aponta.contract.table import Kind

STEADY_US = 5_000_000  # items at most so far apart are steady, if nothing else changes between them
TrailerCheck = Literal["right", "wrong", "none"]
RowReason = Literal[
    "quote", "columns", "record", "number", "time", "clock", "missing", "machine", "encoding", "truncated"
]
FileReason = Literal["wrong_machine", "unknown_machine", "no_layout", "two_layouts", "empty", "nul", "archive"]
NAMED_HOUR = "named_hour"  # column while a record is decoded: the hour in its file's name
REBUILT = "rebuilt"  # the first flag of an item whose time was rebuilt
LONGEST_CYCLE_S = 86_400  # a cycle outside 0 and this is flagged, and the ideal cycle counts


@dataclass(frozen=True)
class HourOfFile:
    hour: int
    records: int
    covers: bool  # else only a few records spill into the hour
    states: int = 0

    @property
    def rows(self) -> int:
        return self.records + self.states


@dataclass(frozen=True)
class DecodedFile:
    """The law of accounting: rows = records + states + quarantined + skipped, counted against the bytes."""

    number: int  # in this batch; column `file` of staged records
    sha256: str
    machine: str | None
    layout: str | None
    layout_version: int | None
    refused: FileReason | None  # why the whole file was quarantined
    refused_value: str | None
    rows: int
    records: int  # items
    states: int
    quarantined: int
    skipped: int
    repeated: int  # records that the same file has above
    trailer: TrailerCheck
    trailer_expected: bool  # its layout has one
    hour: int | None  # the hour it is of; of a refused file, the hour in its name
    hour_hint_wrong: bool
    hours: tuple[HourOfFile, ...]
    first_at: int | None
    last_at: int | None
    first_counter: int | None
    last_counter: int | None
    rebuilt: int = 0  # records whose time was rebuilt


@dataclass(frozen=True)
class QuarantineEntry:
    """A row, or with `row_no` None a whole file, quarantined with its reason."""

    number: int
    row_no: int | None
    reason: RowReason | FileReason
    column: str | None
    value: str | None
    text: str | None


@dataclass(frozen=True)
class Staged:
    """Decoded files, with their records and states in Parquet files: the input of refining. Refused rows of large files
    are in Parquet files too (STAGED_REFUSED), those of other files in `refused`.
    """

    files: tuple[DecodedFile, ...]
    refused: tuple[QuarantineEntry, ...]
    records: tuple[Path, ...]
    states: tuple[Path, ...]
    products: tuple[str, ...]  # of the records
    refused_rows: tuple[Path, ...] = ()


STAGED_REFUSED: dict[str, Kind] = {
    "file": "long",
    "row_no": "long",
    "reason": "string",
    "column_name": "string",
    "value": "string",
    "text": "string",
}

STAGED_STATES: dict[str, Kind] = {
    "file": "long",
    "row_no": "long",
    "machine": "string",
    "started_at": "long",
    "state": "string",
    "code": "string",  # as the machine writes it
    "reason": "string",
    "hour": "long",
}


def staged_columns(sensors: Sequence[str]) -> dict[str, Kind]:
    """The columns of staged records.

    unsteady: 0 where a record steadily follows the one before and is followed by the next (same hour and product, the
    counter one more, at most STEADY_US apart, in a file whose times rise); 1 where its neighbour is not 0; else 2.
    """
    return {
        "file": "long",
        "row_no": "long",
        "machine": "string",
        "counter": "long",
        "produced_at": "long",
        "product": "string",
        "quality": "string",
        "cycle_s": "double",
        "pieces": "long",  # 0 in rows of running totals: their increase is not known yet
        **dict.fromkeys(TOTALS, "long"),
        **dict.fromkeys(sensors, "double"),
        "flags": "string",
        "hour": "long",
        "identity": "long",
        "nth": "long",
        "repeat": "boolean",
        "unsteady": "long",
        "produced_at_source": "string",  # as written, of a rebuilt time
    }
