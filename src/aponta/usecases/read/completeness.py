"""gold.completeness, read: the calendar's busy hours, the files that speak for them, what people closed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, select

from aponta.config import Factory
from aponta.config.master import Machine
from aponta.contract.pages.completeness import FIRST_DAY, LAST_DAY, HourCompleteness
from aponta.errors import ConfigError
from aponta.factory_calendar import busy_hours, from_us
from aponta.ops.tables import arrival, closure, file, file_hour, machine_hour
from aponta.refine.gold.completeness import Trailer, completeness_status

ONE_DAY, ONE_HOUR = timedelta(days=1), timedelta(hours=1)
Hours = dict[datetime, date]  # hour -> its production day


@dataclass(slots=True)
class _Files:
    """What came for an hour."""

    came: datetime | None = None
    trailers: list[Trailer] = field(default_factory=list)
    refused: bool = False


def completeness(
    connection: Connection,
    factory: Factory,
    now: datetime,
    first: date,
    last: date,
    machines: Collection[str] | None = None,
) -> list[HourCompleteness]:
    """The rows of production days first..last, machine by machine, in order; `machines`: only theirs.

    Raises ConfigError `pipeline.no_machine`, `pipeline.no_day`.
    """
    chosen = _chosen(factory, machines)
    for day in (first, last):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ConfigError("pipeline.no_day", day=day.isoformat())
    zone, due_after = factory.zone, ONE_HOUR + timedelta(minutes=factory.settings.landing.due_minutes)
    since = datetime.combine(first, time(), tzinfo=zone)
    until = datetime.combine(last + 2 * ONE_DAY, time(), tzinfo=zone)  # a shift may cross midnight
    planned = {line: _planned(factory, line, first, last) for line in {one.line for one in chosen.values()}}
    files = _files(connection, factory, chosen, since, until)
    closed = _closed(connection, chosen, since, until)
    begins = _begins(connection, factory)
    found = []
    for machine, one in chosen.items():
        busy, came, begin = planned[one.line], files[machine], begins.get(machine)
        expected = {hour for hour in busy if hour >= begin} if begin else set()
        for hour in sorted(expected | came.keys()):
            day = busy.get(hour) or hour.astimezone(zone).date()
            if not first <= day <= last:
                continue
            there, by, due = came.get(hour) or _Files(), closed.get((machine, hour)), hour + due_after
            is_now = completeness_status(
                now,
                expected=hour in expected,
                due=due,
                came=there.came,
                trailers=there.trailers,
                refused=there.refused,
                closed=by is not None,
            )
            if is_now:
                said = (by.who, by.closed_at, by.why) if by else (None, None, None)
                found.append(HourCompleteness(machine, hour, day, is_now, hour in expected, due, there.came, *said))
    return found


def _chosen(factory: Factory, machines: Collection[str] | None) -> dict[str, Machine]:
    for machine in machines or ():
        if machine not in factory.machines:
            raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    return {name: one for name, one in factory.machines.items() if machines is None or name in machines}


def _planned(factory: Factory, line: str, first: date, last: date) -> Hours:
    return {from_us(at): day for at, day in busy_hours(factory.calendar, factory.zone, line, first, last).items()}


def _begins(connection: Connection, factory: Factory) -> dict[str, datetime]:
    """Machine -> the hour from which on files are expected of it."""
    reported = {}
    for machine in factory.machines:
        wanted = select(machine_hour.c.hour).where(machine_hour.c.machine == machine, machine_hour.c.covered)
        hour = connection.scalar(wanted.order_by(machine_hour.c.hour).limit(1))
        if hour is not None:
            reported[machine] = hour
    if not reported:
        return {}
    begun = min(reported.values())
    for name, one in factory.machines.items():
        if one.installed_on:
            reported[name] = max(begun, datetime.combine(one.installed_on, time(), tzinfo=factory.zone))
    return reported


def _files(
    connection: Connection, factory: Factory, machines: Collection[str], since: datetime, until: datetime
) -> dict[str, dict[datetime, _Files]]:
    """Machine -> hour -> what came for it."""
    found: dict[str, dict[datetime, _Files]] = {machine: {} for machine in machines}
    has_trailer = {name for name, layout in factory.layouts.items() if layout.lines.trailer}
    written, taken = arrival.c.modified_at, arrival.c.received_at
    # Written before its own hour began, or after it was taken: then the source's clock tells nothing.
    came_at = case((written.between(file_hour.c.hour, taken), written), else_=taken)
    spoken = (
        select(file_hour.c.machine, file_hour.c.hour, came_at, file.c.in_force, file.c.layout)
        .add_columns(file.c.trailer, file.c.accepted_by, file.c.rows)
        .join(file, file.c.sha256 == file_hour.c.sha256)
        .join(arrival, arrival.c.sha256 == file_hour.c.sha256)
        .where(file_hour.c.machine.in_(machines), file_hour.c.hour.between(since, until), file_hour.c.covers)
    )
    for machine, hour, came, in_force, layout, trailer, accepted_by, rows in connection.execute(spoken).all():
        there = found[machine].setdefault(hour, _Files())
        there.came = came if there.came is None else min(there.came, came)
        if in_force:
            expected = rows > 0 and layout in has_trailer  # a file of no row is whole by being empty
            there.trailers.append(_trailer(trailer, accepted_by is not None, expected))
    understood_none = (file.c.records + file.c.states == 0) & (file.c.quarantined > 0) & file.c.in_force
    refused = select(file.c.machine, file.c.hour).where(
        file.c.machine.in_(machines),
        file.c.hour.between(since, until),
        file.c.refused.is_not(None) | understood_none,
    )
    for machine, hour in connection.execute(refused):
        found[machine].setdefault(hour, _Files()).refused = True
    return found


def _trailer(trailer: str, accepted: bool, expected: bool) -> Trailer:
    if trailer == "wrong":
        return "accepted" if accepted else "wrong"
    if trailer == "right":
        return "right"
    return "absent" if expected else "none"


def _closed(
    connection: Connection, machines: Collection[str], since: datetime, until: datetime
) -> dict[tuple[str, datetime], Row[Any]]:
    wanted = select(closure).where(closure.c.undone_at.is_(None), closure.c.machine.in_(machines))
    rows = connection.execute(wanted.where(closure.c.hour.between(since, until)).order_by(closure.c.id))
    return {(row.machine, row.hour): row for row in rows}
