"""The quarantine: rows and files quarantined, why, and what a person does about it."""

from datetime import datetime
from typing import Any, get_args

from pydantic import BaseModel, Field

from aponta.contract.decoded import FileReason, RowReason
from aponta.errors import ConfigError
from aponta.show.context import PageContext
from aponta.show.page import Page

ROWS = 50  # shown at once
SHOWN = 300  # characters of a text: a header may be as long as its file
NO_MACHINE = "-"  # in an address: rows and files of no known machine


class QuarantinedRow(BaseModel):
    """A quarantined row, or without `row_no` a whole file. Its texts are as the machine wrote them: untrusted."""

    file_sha256: str
    name: str
    row_no: int | None
    column_name: str | None = Field(description="the first column that failed")
    value: str | None = Field(description="in that column")
    text: str | None = Field(description="the beginning of the row")
    received_at: datetime


class QuarantineGroup(BaseModel):
    """Rows and files of one machine, quarantined for one reason."""

    machine: str | None
    count: int
    files: int
    first: datetime = Field(description="when the first of its files came")
    last: datetime
    example: QuarantinedRow = Field(description="from the last file")


class QuarantineCause(BaseModel):
    reason: str
    whole: bool = Field(description="whole files, not rows")
    count: int
    files: int
    layouts: list[str] = Field(description="of its machines")
    groups: list[QuarantineGroup]


class SolvedCount(BaseModel):
    machine: str | None
    reason: str
    count: int


class Quarantine(BaseModel):
    machine: str | None = Field(description="only this machine; -: no known machine")
    reason: str | None = Field(description="only for this reason")
    rows: int = Field(description="rows, not solved")
    files: int = Field(description="whole files, not solved")
    causes: list[QuarantineCause] = Field(description="whole files first, then the most frequent")
    opened: list[QuarantinedRow] | None = Field(description="the rows of one machine and reason, the last first")
    page: int
    pages: int
    solved: list[SolvedCount] = Field(description="corrected by a better file")


def load(context: PageContext, machine: str | None = None, reason: str | None = None, page: int = 1) -> Quarantine:
    """Quarantined rows and files by reason and machine; for one machine and reason its rows, 50 a page."""
    machine, reason = machine or None, reason or None
    groups = context.rows(_GROUPS, machine, reason)
    solved = context.rows(_SOLVED, machine, reason)
    if not groups and not solved:
        _check(context, machine, reason)
    causes = [
        _cause(context, name, [row for row in groups if row["reason"] == name])
        for name in {row["reason"] for row in groups}
    ]
    count = sum(row["count"] for row in groups)
    pages = max(1, -(-count // ROWS))
    page = min(max(page, 1), pages)
    opened = context.rows(_OPENED, machine, reason, ROWS, (page - 1) * ROWS) if machine and reason else None
    return Quarantine(
        machine=machine,
        reason=reason,
        rows=sum(cause.count for cause in causes if not cause.whole),
        files=sum(cause.count for cause in causes if cause.whole),
        causes=sorted(causes, key=lambda cause: (not cause.whole, -cause.count, cause.reason)),
        opened=None if opened is None else [QuarantinedRow(**row) for row in opened],
        page=page,
        pages=pages,
        solved=[SolvedCount(**row) for row in solved],
    )


def _cause(context: PageContext, reason: str, rows: list[dict[str, Any]]) -> QuarantineCause:
    machines = context.factory.machines
    return QuarantineCause(
        reason=reason,
        whole=reason in get_args(FileReason),
        count=sum(row["count"] for row in rows),
        files=sum(row["files"] for row in rows),
        layouts=sorted({machines[row["machine"]].layout for row in rows if row["machine"] in machines}),
        groups=[QuarantineGroup(**{**row, "example": {**row["example"], "received_at": row["last"]}}) for row in rows],
    )


def _check(context: PageContext, machine: str | None, reason: str | None) -> None:
    """An empty answer is good news for a known machine or reason, and an error for an unknown one."""
    if machine and machine != NO_MACHINE and machine not in context.factory.machines:
        raise ConfigError("show.unknown_machine", machine=machine[:SHOWN])
    if reason and reason not in (*get_args(FileReason), *get_args(RowReason)):
        raise ConfigError("show.unknown_reason", reason=reason[:SHOWN])


PAGE = Page("quarantine", "/quarantine", load, place=4)

_WHERE = f"coalesce(machine, '{NO_MACHINE}') = coalesce(?1, machine, '{NO_MACHINE}') AND reason = coalesce(?2, reason)"
_ASIDE = f"""file_sha256, name, row_no, column_name, left(value, {SHOWN}) AS value, left(text, {SHOWN}) AS text,
       received_at::TIMESTAMP AS received_at"""
_GROUPS = f"""
WITH aside AS (SELECT machine, reason, {_ASIDE} FROM silver.quarantine WHERE status = 'open' AND {_WHERE})
SELECT machine, reason, count(*) AS count, count(DISTINCT file_sha256) AS files,
       min(received_at) AS first, max(received_at) AS last, max_by(aside, (received_at, file_sha256, row_no)) AS example
FROM aside GROUP BY machine, reason ORDER BY machine NULLS FIRST"""
_OPENED = f"""
SELECT {_ASIDE} FROM silver.quarantine WHERE status = 'open' AND {_WHERE}
ORDER BY received_at DESC, file_sha256, row_no LIMIT ?3 OFFSET ?4"""
_SOLVED = f"""
SELECT machine, reason, count(*) AS count FROM silver.quarantine WHERE status <> 'open' AND {_WHERE}
GROUP BY machine, reason ORDER BY count(*) DESC, reason, machine"""
