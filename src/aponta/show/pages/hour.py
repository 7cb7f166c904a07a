"""One hour of a machine: the files that cover it or spill into it, what people closed, what was declared to stock."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, and_, func, or_, select

from aponta.contract.pages.completeness import FIRST_DAY, LAST_DAY, WITHOUT_FILE, HourCompleteness
from aponta.contract.stock.control import DeclarationState
from aponta.errors import ConfigError
from aponta.ops.stock_tables import outbox
from aponta.ops.tables import arrival, closure, file, file_hour, machine_hour
from aponta.show.context import PageContext
from aponta.show.figures.day import ONE_DAY
from aponta.show.page import Page
from aponta.show.pages.completeness import Cell, cell_of

ONE_HOUR = timedelta(hours=1)
Guess = Literal["nobody", "silent", "alone"]
CAME = ("arrived", "late", "partial")


class FileOfHour(BaseModel):
    sha256: str
    name: str
    received_at: datetime
    arrivals: int = Field(description="how often these bytes came")
    speaks: bool = Field(description="it covers this hour; else only a few of its rows spill into it")
    in_force: bool = Field(description="no better version came under its names")
    records: int = Field(description="in this hour")
    quarantined: int = Field(description="rows of the whole file")
    trailer: str = Field(description="right, wrong, none")
    accepted_by: str | None = Field(description="who accepted it although its trailer is wrong")
    refused: str | None = Field(description="why the whole file was quarantined")


class HourDeclaration(BaseModel):
    destination: str
    key: str
    product: str
    quality: str
    revision: int = Field(description="from 2 on a correction")
    quantity: Decimal
    unit: str
    location: str
    state: DeclarationState
    reference: str | None = Field(description="the stock system's own")


class Closure(BaseModel):
    who: str
    why: str
    closed_at: datetime
    undone_by: str | None
    undone_at: datetime | None


class HourPage(BaseModel):
    machine: str
    name: str
    hour: datetime
    end: datetime
    day: date = Field(description="production day")
    state: Cell | None = Field(description="empty: no file is expected, none came")
    guess: Guess | None = Field(description="why the file is missing, judged by the files that came")
    items: int
    closed_by: str | None = Field(
        description="the rule that closed it for stock: trailer, next_hour, time; empty: open"
    )
    held: bool = Field(description="a trailer is wrong: nothing is declared until a person accepts the file")
    files: list[FileOfHour]
    documents: list[HourDeclaration] = Field(description="declarations to stock systems")
    closures: list[Closure] = Field(description="by people, the newest first")
    can_close: bool
    closable: int = Field(description="hours of the day that a person may close")
    closed: int = Field(description="hours of the day that a person closed")
    previous: datetime | None = Field(description="the machine's hour before, on this day's board")
    following: datetime | None


def load(context: PageContext, machine: str, hour: str) -> HourPage:
    """The receipts of an hour of a machine. hour: UTC, as in 2026-03-02T10."""
    at = parse_hour(hour)
    near = _near(context, machine, at)
    own = next((row for row in near if row.hour == at), None)
    day = own.production_day if own else at.astimezone(context.factory.zone).date()
    on_board = [row for row in near if row.production_day == day]
    with context.ops() as connection:
        same = (machine_hour.c.machine == machine) & (machine_hour.c.hour == at)
        known = connection.execute(select(machine_hour).where(same)).first()
        files, closures = _files(connection, machine, at), _closures(connection, machine, at)
        documents = _documents(connection, machine, at)
    return HourPage(
        machine=machine,
        name=context.factory.machines[machine].name or machine,
        hour=at,
        end=at + ONE_HOUR,
        day=day,
        state=cell_of(own) if own else None,
        guess=_guess(context, own) if own and own.status == "missing" else None,
        items=known.items if known else 0,
        closed_by=known.closed_by if known else None,
        held=bool(known and known.held),
        files=files,
        documents=documents,
        closures=closures,
        can_close=own is not None and own.status in WITHOUT_FILE,
        closable=sum(row.status in WITHOUT_FILE for row in on_board),
        closed=sum(row.status == "closed" for row in on_board),
        previous=max((row.hour for row in on_board if row.hour < at), default=None),
        following=min((row.hour for row in on_board if row.hour > at), default=None),
    )


PAGE = Page("hour", "/hours/{machine:path}/{hour}", load)


def parse_hour(hour: str) -> datetime:
    """2026-03-02T10, UTC. Raises ConfigError `show.no_hour`, also for a year that no board has."""
    try:
        at = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        at = None
    if at is None or not FIRST_DAY + 2 * ONE_DAY <= at.date() < LAST_DAY:  # with the days that are read around it
        raise ConfigError("show.no_hour", hour=hour[:40])
    return at


def _near(context: PageContext, machine: str, at: datetime) -> list[HourCompleteness]:
    day = at.date()
    return context.completeness.hours(
        day - 2 * ONE_DAY, day + ONE_DAY, [machine]
    )  # a shift may have begun two dates before


def _guess(context: PageContext, missing: HourCompleteness) -> Guess | None:
    """nobody: no other machine's file came for the hour either. silent: no file of this machine came from then on.
    alone: later files of this machine came.
    """
    day = missing.production_day
    came = [row for row in context.completeness.hours(day, day) if row.status in CAME]
    if any(row.machine == missing.machine and row.hour > missing.hour for row in came):
        return "alone"
    others = [machine for machine in context.factory.machines if machine != missing.machine]
    if others and not any(row.hour == missing.hour for row in came):
        return "nobody"
    return "silent" if any(row.hour == missing.hour for row in came) else None


def _files(connection: Connection, machine: str, at: datetime) -> list[FileOfHour]:
    here = and_(file_hour.c.sha256 == file.c.sha256, file_hour.c.machine == machine, file_hour.c.hour == at)
    named = (file.c.machine == machine) & (file.c.hour == at) & file.c.refused.is_not(None)
    arrivals = arrival.alias("came")
    same = arrivals.c.sha256 == file.c.sha256
    first = select(func.min(arrivals.c.id)).where(same).scalar_subquery()
    times = select(func.count(arrivals.c.id)).where(same).scalar_subquery()
    holds = select(file_hour.c.sha256).where(file_hour.c.machine == machine, file_hour.c.hour == at)
    rows = connection.execute(
        select(file, file_hour.c.records.label("here"), file_hour.c.covers)
        .add_columns(arrival.c.name, arrival.c.received_at, times.label("arrivals"))
        .outerjoin(file_hour, here)
        .join(arrival, arrival.c.id == first)
        .where(or_(file.c.sha256.in_(holds), named))
        .order_by(arrival.c.id)
    )
    return [
        FileOfHour(
            sha256=row.sha256,
            name=row.name,
            received_at=row.received_at,
            arrivals=row.arrivals,
            speaks=bool(row.covers),
            in_force=row.in_force,
            records=row.here or 0,
            quarantined=row.quarantined,
            trailer=row.trailer,
            accepted_by=row.accepted_by,
            refused=row.refused,
        )
        for row in rows
    ]


def _documents(connection: Connection, machine: str, at: datetime) -> list[HourDeclaration]:
    wanted = select(outbox).where(outbox.c.machine == machine, outbox.c.hour == at)
    order = (outbox.c.destination, outbox.c.product, outbox.c.quality, outbox.c.revision)
    rows = connection.execute(wanted.order_by(*order))
    return [HourDeclaration(**{name: getattr(row, name) for name in HourDeclaration.model_fields}) for row in rows]


def _closures(connection: Connection, machine: str, at: datetime) -> list[Closure]:
    rows = connection.execute(
        select(closure).where(closure.c.machine == machine, closure.c.hour == at).order_by(closure.c.id.desc())
    )
    return [Closure(**{name: getattr(row, name) for name in Closure.model_fields}) for row in rows]
