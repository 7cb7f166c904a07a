"""How each machine's files keep what is asked of its vendor: a grade from A to F.

The worst criterion is the grade; there are no weights. What the layout tells of a file's form holds for all files; the
rest is counted, of a machine's newest 48 files. Each limit is a share of what is counted: the letter is that of the
last limit that is exceeded.
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
from aponta.usecases.correct.hour_board import Board
from aponta.usecases.read.published import Published
from aponta.usecases.vendor.specification import BY_LAYOUT, is_met

Letter = Literal["A", "B", "C", "D", "E", "F"]
Counted = Literal[
    "refused", "lies", "cut", "aside", "truncated", "late", "versions", "duplicates", "unseen", "rebuilt",
    "hour_in_name", "ahead",
]  # fmt: skip
OF_FORM: dict[RequirementName, Letter] = {
    "trailer": "C",
    "checksum": "B",
    "counter": "D",
    "milliseconds": "B",
    "offset": "B",
    "hour": "C",
    "quality": "C",
    "cycle": "B",
}
LIMITS: dict[Counted, tuple[tuple[float, Letter], ...]] = {
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
COUNTED_OF = {"aside": "rows", "rebuilt": "records", "unseen": "records", "late": "hours", "ahead": "clocks"}


@dataclass(frozen=True)
class Mark:
    """A criterion that does not hold. count, of: what was counted; none of what the layout tells."""

    criterion: str
    letter: Letter
    count: int | None = None
    of: int | None = None


@dataclass(frozen=True)
class Grade:
    """letter: None, no file came yet. marks: the worst first."""

    machine: str
    layout: str
    files: int
    letter: Letter | None
    marks: tuple[Mark, ...]


def graded(layout: Layout, facts: Mapping[str, int]) -> tuple[Letter, tuple[Mark, ...]]:
    """facts: each of LIMITS, and what it is counted of: files, rows, records, hours, clocks."""
    marks = sorted([*_of_form(layout), *_counted(layout, facts)], key=lambda mark: mark.letter, reverse=True)
    return (marks[0].letter if marks else "A"), tuple(marks)


def _of_form(layout: Layout) -> Iterator[Mark]:
    for ask in BY_LAYOUT:
        if is_met(layout, ask) is False:
            yield Mark(ask, OF_FORM[ask])


def _counted(layout: Layout, facts: Mapping[str, int]) -> Iterator[Mark]:
    for name, limits in LIMITS.items():
        count, of = facts[name], facts[COUNTED_OF.get(name, "files")]
        if name == "cut" and layout.lines.trailer is None:
            continue
        letters = [letter for limit, letter in limits if of and count / of > limit]
        if letters:
            yield Mark(name, letters[-1], count, of)


def grades(factory: Factory, clock: Clock = system_clock) -> list[Grade]:
    """Of each machine of machines.csv, in its order."""
    rows = {row["machine"]: row for row in Published(factory).rows(_FACTS)}
    late = _late(factory, clock)
    found = []
    for machine in factory.machines.values():
        layout, row = factory.layouts[machine.layout], rows.get(machine.machine)
        if row is None:
            found.append(Grade(machine.machine, layout.name, 0, None, ()))
            continue
        of_late, hours = late.get(machine.machine, (0, 0))
        facts: dict[str, Any] = {**row, "late": of_late, "hours": hours, "clocks": 1}
        facts["unseen"] = max(0, row["unseen"] - row["aside"])  # a row that was quarantined is lacking for that reason
        letter, marks = graded(layout, facts)
        found.append(Grade(machine.machine, layout.name, row["files"], letter, marks))
    return found


def _late(factory: Factory, clock: Clock) -> dict[str, tuple[int, int]]:
    """Machine -> hours whose file came late, and all that came, of the last 35 days."""
    with connected(factory.ops_url) as engine:
        today = clock().astimezone(factory.zone).date()
        board = Board(engine, lambda: factory, clock)
        found: dict[str, tuple[int, int]] = {}
        for one in board.hours(today - timedelta(days=34), today):
            if one.came_at is not None and one.expected:
                late, came = found.get(one.machine, (0, 0))
                found[one.machine] = late + (one.status == "late"), came + 1
        return found


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
