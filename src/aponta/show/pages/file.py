"""The receipt of a file: the result of every row, each equation checked, in the chain of receipts."""

import hashlib
import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, select

from aponta.errors import ConfigError
from aponta.ops.tables import file, file_hour, receipt
from aponta.show.context import PageContext
from aponta.show.page import Page

FEWEST = 8  # characters of a hash that identify a file
SHOWN = 100  # quarantined rows
GENESIS = "0" * 64


class Equation(BaseModel):
    """An equation of the law of accounting."""

    whole: str
    count: int
    parts: dict[str, int]
    right: bool


class Receipt(BaseModel):
    """One receipt for each arrival of the file."""

    number: int
    name: str
    status: str = Field(description="new, duplicate, version, quarantined, retried")
    source: str
    size: int
    received_at: datetime
    modified_at: datetime
    skew_ms: int | None = Field(
        description="last item minus the file's own time: positive, the machine's clock is ahead"
    )
    flags: list[str] = Field(description="hour_in_name, clock: as in silver.files")
    sums: list[Equation] = Field(description="empty: the same bytes came before, and were accounted for then")
    hours_restated: list[datetime]
    hash: str
    previous: str
    previous_file: str | None = Field(description="the file of the receipt before")
    unbroken: bool = Field(description="its hash is that of its body, and it follows the receipt before")


class HourInFile(BaseModel):
    machine: str
    hour: datetime
    records: int
    speaks: bool


class QuarantinedRowOfFile(BaseModel):
    row_no: int | None = Field(description="empty: the whole file")
    reason: str
    column_name: str | None
    value: str | None
    text: str | None
    status: str


class FilePage(BaseModel):
    sha256: str
    name: str
    machine: str | None
    hour: datetime | None = Field(description="the hour it covers; for a refused file, the hour in its name")
    layout: str | None
    layout_version: int | None
    in_force: bool
    refused: str | None
    trailer: str
    accepted_by: str | None
    to_accept: bool = Field(
        description="its trailer is wrong: its hours are not declared to stock until a person accepts it"
    )
    first_counter: int | None
    last_counter: int | None
    first_at: datetime | None
    last_at: datetime | None
    hours: list[HourInFile]
    receipts: list[Receipt]
    refused_count: int
    refused_rows: list[QuarantinedRowOfFile]


def load(context: PageContext, sha256: str) -> FilePage:
    """The result of a file. sha256: of its bytes, or the hash's first characters."""
    with context.ops() as connection:
        own = _file_by_hash(connection, sha256)
        wanted = select(receipt).where(receipt.c.sha256 == own["sha256"]).order_by(receipt.c.number)
        receipts = [_receipt(connection, row) for row in connection.execute(wanted).all()]
        hours = connection.execute(
            select(file_hour).where(file_hour.c.sha256 == own["sha256"]).order_by(file_hour.c.machine, file_hour.c.hour)
        ).all()
    body = next((body for _, body in reversed(receipts) if body["rows"]), receipts[0][1])
    count = context.rows(f"SELECT count(*) AS n {_QUARANTINED}", own["sha256"])[0]["n"]
    rows = context.rows(
        f"SELECT row_no, reason, column_name, value, text, status {_QUARANTINED} "
        f"ORDER BY row_no NULLS FIRST LIMIT {SHOWN}",
        own["sha256"],
    )
    return FilePage(
        **{name: own[name] for name in _OF_FILE},
        name=body["name"],
        to_accept=own["trailer"] == "wrong" and own["in_force"] and own["accepted_by"] is None,
        **{name: body[name] for name in ("first_counter", "last_counter", "first_at", "last_at")},
        hours=[HourInFile(machine=row.machine, hour=row.hour, records=row.records, speaks=row.covers) for row in hours],
        receipts=[each for each, _ in receipts],
        refused_count=count,
        refused_rows=[QuarantinedRowOfFile(**row) for row in rows],
    )


PAGE = Page("file", "/files/{sha256}", load)
_QUARANTINED = "FROM silver.quarantine WHERE file_sha256 = ?"
_OF_FILE = ("sha256", "machine", "hour", "layout", "layout_version", "in_force", "refused", "trailer", "accepted_by")


def _file_by_hash(connection: Connection, sha256: str) -> dict[str, Any]:
    wanted = select(file).where(file.c.sha256.startswith(sha256.lower(), autoescape=True)).limit(2)
    rows = connection.execute(wanted).mappings().all() if len(sha256) >= FEWEST else []
    if len(rows) != 1:
        raise ConfigError("show.no_file", hash=sha256[:64])
    return dict(rows[0])


def _receipt(connection: Connection, row: Any) -> tuple[Receipt, dict[str, Any]]:
    body = json.loads(row.body)
    before = connection.execute(
        select(receipt.c.hash, receipt.c.sha256).where(receipt.c.number < row.number).order_by(receipt.c.number.desc())
    ).first()
    follows = row.previous == body["previous"] == (before.hash if before else GENESIS)
    same = {name: body[name] for name in ("name", "status", "source", "size", "received_at", "modified_at", "skew_ms")}
    return Receipt(
        number=row.number,
        **same,
        flags=body["flags"].split(",") if body.get("flags") else [],  # receipts of earlier versions have none
        sums=[_equation(body, *law) for law in _LAW] if body["rows"] or body["status"] != "duplicate" else [],
        hours_restated=body["hours_restated"],
        hash=row.hash,
        previous=row.previous,
        previous_file=before.sha256 if before else None,
        unbroken=follows and hashlib.sha256(row.body.encode()).hexdigest() == row.hash,
    ), body


_LAW = (
    ("rows", ("records", "states", "quarantined", "skipped")),
    ("records", ("items_new", "items_known", "items_changed", "items_repeated")),
)


def _equation(body: dict[str, Any], whole: str, parts: tuple[str, ...]) -> Equation:
    counts = {name: body[name] for name in parts if name != "states" or body.get(name)}  # most machines have none
    return Equation(whole=whole, count=body[whole], parts=counts, right=body[whole] == sum(counts.values()))
