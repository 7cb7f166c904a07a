"""What a batch has to do with the hours it touches, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aponta.contract.lake import Frame, Where
from aponta.contract.reassignment import Reassignment
from aponta.contract.table import Table

Hour = tuple[str, int]  # machine, start of the UTC hour


@dataclass(frozen=True)
class Holder:
    """A file in force that holds records of touched hours."""

    number: int  # as its records carry it
    sha256: str
    layout: str
    received_at: int
    machine: str
    records: Mapping[int, int]  # by hour
    states: frozenset[int] = frozenset()  # hours it tells states of


@dataclass(frozen=True)
class Task:
    """What a batch has to do with the touched hours."""

    touched: Mapping[Hour, bool]  # and whether a file speaks for each
    records: Frame  # of every holder, and maybe others
    states: Frame | None  # silver.states of the touched hours; None: no layout reads any
    sensors: tuple[str, ...]  # that the records have
    holders: tuple[Holder, ...]
    contested: bool  # several rows may claim one item
    telling: bool  # rows of some holder tell running totals
    new_records: Frame  # of the batch's files, for the accounting of contested ones
    open_hours: frozenset[Hour]  # of the touched ones
    flipped: frozenset[Hour]  # untouched hours that closed meanwhile
    causes: tuple[tuple[Any, ...], ...]  # restatements.CAUSES
    reassignments: tuple[Reassignment, ...] = ()  # that reach into touched hours


@dataclass(frozen=True)
class Made:
    """What became of the touched hours."""

    items: dict[Hour, int]  # how many each has now
    made: frozenset[Hour]  # those in which anything was
    contested: bool
    outcomes: dict[int, dict[str, int]]  # items_new, ... by file number, where records were contested
    restated: frozenset[Hour]


@dataclass(frozen=True)
class Write:
    table: Table
    frame: Frame
    where: Where | None
    proven: bool = False
