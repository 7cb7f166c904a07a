"""Grades each machine's files from A to F, by the requirements that its vendor is asked to meet.

The worst criterion is the grade; there are no weights. Criteria of a file's form are read from the layout and hold for
all files; the others are counted in a machine's newest 48 files. Each limit is a share of the counted: the letter is
that of the last limit that is exceeded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from aponta.config import Factory
from aponta.contract.clock import Clock, system_clock
from aponta.contract.layout import Layout
from aponta.contract.vendor import RequirementName
from aponta.ops.database import connected
from aponta.refine.gold.clocks import AHEAD_MS, WINDOW
from aponta.usecases.correct.hour_board import HourBoard
from aponta.usecases.read.published import Published
from aponta.usecases.vendor.specification import BY_LAYOUT, is_met

Letter = Literal["A", "B", "C", "D", "E", "F"]
CountedCriterion = Literal[
    "refused", "lies", "cut", "aside", "truncated", "late", "versions", "duplicates", "unseen", "rebuilt",
    "hour_in_name", "ahead",
]  # fmt: skip
FORM_LETTERS: dict[RequirementName, Letter] = {
    "trailer": "C",
    "checksum": "B",
    "counter": "D",
    "milliseconds": "B",
    "offset": "B",
    "hour": "C",
    "quality": "C",
    "cycle": "B",
}
LIMITS: dict[CountedCriterion, tuple[tuple[float, Letter], ...]] = {
    "refused": ((0, "D"), (0.1, "F")),
    "lies": ((0, "D"), (0.1, "F")),
    "cut": ((0, "C"), (0.1, "D")),
    "aside": ((0, "C"), (0.001, "D"), (0.05, "F")),
    "truncated": ((0, "C"), (0.1, "D")),
    "late": ((0, "B"), (0.1, "C"), (0.5, "D")),
    "versions": ((0, "B"), (0.1, "C")),
    "duplicates": ((0.1, "B"),),
    "unseen": ((0, "B"), (0.001, "D")),
    "rebuilt": ((0, "D"),),
    "hour_in_name": ((0, "C"),),
    "ahead": ((0, "C"),),
}
COUNTED_AMONG = {"aside": "rows", "rebuilt": "records", "unseen": "records", "late": "hours", "ahead": "clocks"}


@dataclass(frozen=True)
class Shortcoming:
    """A criterion that a machine's files do not meet. count, of: how many of how many; None for criteria of form."""

    criterion: str
    letter: Letter
    count: int | None = None
    of: int | None = None


@dataclass(frozen=True)
class Grade:
    """letter: None before the first file. shortcomings: the worst first."""

    machine: str
    layout: str
    files: int
    letter: Letter | None
    shortcomings: tuple[Shortcoming, ...]


def grade_layout(layout: Layout, facts: Mapping[str, int]) -> tuple[Letter, tuple[Shortcoming, ...]]:
    """facts: counts of each of LIMITS, and of files, rows, records, hours and clocks, among which they are counted."""
    shortcomings = [*_of_form(layout), *_counted(layout, facts)]
    shortcomings.sort(key=lambda shortcoming: shortcoming.letter, reverse=True)
    return (shortcomings[0].letter if shortcomings else "A"), tuple(shortcomings)


def _of_form(layout: Layout) -> Iterator[Shortcoming]:
    for requirement in BY_LAYOUT:
        if is_met(layout, requirement) is False:
            yield Shortcoming(requirement, FORM_LETTERS[requirement])


def _counted(layout: Layout, facts: Mapping[str, int]) -> Iterator[Shortcoming]:
    for name, limits in LIMITS.items():
        count, of = facts[name], facts[COUNTED_AMONG.get(name, "files")]
        if name == "cut" and layout.lines.trailer is None:
            continue
        letters = [letter for limit, letter in limits if of and count / of > limit]
        if letters:
            yield Shortcoming(name, letters[-1], count, of)


def grade_machines(factory: Factory, clock: Clock = system_clock) -> list[Grade]:
    """The grade of each machine, in the order of machines.csv."""
    rows = {row["machine"]: row for row in Published(factory).rows(_FACTS)}
    late = _late(factory, clock)
    grades = []
    for machine in factory.machines.values():
        layout, row = factory.layouts[machine.layout], rows.get(machine.machine)
        if row is None:
            grades.append(Grade(machine.machine, layout.name, 0, None, ()))
            continue
        late_hours, hours = late.get(machine.machine, (0, 0))
        facts: dict[str, Any] = {**row, "late": late_hours, "hours": hours, "clocks": 1}
        facts["unseen"] = max(0, row["unseen"] - row["aside"])  # a quarantined row is missing for another reason
        letter, shortcomings = grade_layout(layout, facts)
        grades.append(Grade(machine.machine, layout.name, row["files"], letter, shortcomings))
    return grades


def _late(factory: Factory, clock: Clock) -> dict[str, tuple[int, int]]:
    """Hours whose file came late, and hours whose file came, of the last 35 days, by machine."""
    with connected(factory.ops_url) as engine:
        today = clock().astimezone(factory.zone).date()
        board = HourBoard(engine, lambda: factory, clock)
        counts: dict[str, tuple[int, int]] = {}
        for row in board.hours(today - timedelta(days=34), today):
            if row.came_at is not None and row.expected:
                late, came = counts.get(row.machine, (0, 0))
                counts[row.machine] = late + (row.status == "late"), came + 1
        return counts


_FACTS = f"""
WITH newest AS (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY machine ORDER BY arrival DESC) AS place
                 FROM silver.files WHERE machine IS NOT NULL)
  WHERE place <= {WINDOW}
), torn AS (
  SELECT DISTINCT file_sha256 FROM silver.quarantine WHERE reason = 'truncated'
), gaps AS (
  SELECT h.machine, sum(h.unseen) AS unseen FROM silver.hours h
  JOIN (SELECT DISTINCT machine, hour FROM newest WHERE hour IS NOT NULL) n USING (machine, hour) GROUP BY h.machine
)
SELECT machine, count(*) AS files, sum(rows)::BIGINT AS rows, sum(records)::BIGINT AS records,
       count(*) FILTER (status = 'quarantined') AS refused,
       count(*) FILTER (trailer = 'wrong') AS lies,
       count(*) FILTER (trailer = 'none' AND reason IS NULL AND rows > 0) AS cut,
       (sum(quarantined) FILTER (status <> 'quarantined'))::BIGINT AS aside,
       count(*) FILTER (file_sha256 IN (SELECT file_sha256 FROM torn)) AS truncated,
       count(*) FILTER (status = 'version') AS versions,
       count(*) FILTER (status = 'duplicate') AS duplicates,
       sum(rebuilt)::BIGINT AS rebuilt,
       count(*) FILTER (flags LIKE '%hour_in_name%') AS hour_in_name,
       coalesce(max(g.unseen), 0)::BIGINT AS unseen,
       coalesce((quantile_disc(skew_ms, 0.5) > {AHEAD_MS})::BIGINT, 0) AS ahead
FROM newest LEFT JOIN gaps g USING (machine) GROUP BY machine"""
