"""The work of a batch on the hours it touches, and its outcome."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aponta.contract.lake import Frame, Spans, Where
from aponta.contract.reassignment import Reassignment
from aponta.contract.table import Table
from aponta.factory_calendar import HOUR_US
from aponta.pipeline.ledger.hours import Hour


@dataclass(frozen=True)
class SourceFile:
    """A file in force that holds records of touched hours."""

    number: int  # as its records carry it
    sha256: str
    layout: str
    received_at: int
    machine: str
    records: Mapping[int, int]  # by hour
    states: frozenset[int] = frozenset()  # hours of which it reports states


@dataclass(frozen=True)
class BatchScope:
    """The work of a batch on the touched hours."""

    touched: Mapping[Hour, bool]  # and whether a file covers each
    records: Frame  # of every holder, and maybe others
    states: Frame | None  # silver.states of the touched hours; None: no layout reads any
    sensors: tuple[str, ...]  # that the records have
    source_files: tuple[SourceFile, ...]
    several_files: bool  # several rows may claim one item
    has_totals: bool  # rows of some file carry running totals
    new_records: Frame  # of the batch's files, for the accounting of contested ones
    open_hours: frozenset[Hour]  # of the touched ones
    closed_meanwhile: frozenset[Hour]  # untouched hours that closed meanwhile
    causes: tuple[tuple[Any, ...], ...]  # restatements.CAUSES
    reassignments: tuple[Reassignment, ...] = ()  # that reach into touched hours


@dataclass(frozen=True)
class BatchChanges:
    """The outcome of a batch for the touched hours."""

    items: dict[Hour, int]  # how many each has now
    with_rows: frozenset[Hour]  # those in which anything was
    several_files: bool
    outcomes: dict[int, dict[str, int]]  # items_new, ... by file number, where records were contested
    restated: frozenset[Hour]


@dataclass(frozen=True)
class TableWrite:
    table: Table
    frame: Frame
    where: Where | None
    proven: bool = False


def spans_of_hours(hours: Collection[tuple[str, int]]) -> Spans:
    """Exactly these hours: consecutive ones of a machine as one span."""
    found: list[tuple[str, int, int]] = []
    for machine, hour in sorted(hours):
        if found and found[-1][0] == machine and hour == found[-1][2] + HOUR_US:
            found[-1] = (machine, found[-1][1], hour)
        else:
            found.append((machine, hour, hour))
    return Spans(tuple(found))
