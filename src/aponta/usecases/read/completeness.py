"""Derives gold.completeness from planned hours, the files that cover them, and hours that people closed."""

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
class _HourFiles:
    """Files of an hour. came: when the first arrived."""

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
    """Rows of the production days first..last, machine by machine, in order. machines: only these.

    Raises ConfigError `pipeline.no_machine`, `pipeline.no_day`.
    """
    chosen = _machines_of(factory, machines)
    for day in (first, last):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ConfigError("pipeline.no_day", day=day.isoformat())
    zone, due_after = factory.zone, ONE_HOUR + timedelta(minutes=factory.settings.landing.due_minutes)
    since = datetime.combine(first, time(), tzinfo=zone)
    until = datetime.combine(last + 2 * ONE_DAY, time(), tzinfo=zone)  # a shift may cross midnight
    planned = {line: _planned(factory, line, first, last) for line in {machine.line for machine in chosen.values()}}
    files = _files(connection, factory, chosen, since, until)
    closed = _closures(connection, chosen, since, until)
    first_hours = _first_hours(connection, factory)
    rows = []
    for name, machine in chosen.items():
        busy, files_of_hour, begin = planned[machine.line], files[name], first_hours.get(name)
        expected = {hour for hour in busy if hour >= begin} if begin else set()
        for hour in sorted(expected | files_of_hour.keys()):
            day = busy.get(hour) or hour.astimezone(zone).date()
            if not first <= day <= last:
                continue
            arrived, by, due = files_of_hour.get(hour) or _HourFiles(), closed.get((name, hour)), hour + due_after
            hour_status = completeness_status(
                now,
                expected=hour in expected,
                due=due,
                came=arrived.came,
                trailers=arrived.trailers,
                refused=arrived.refused,
                closed=by is not None,
            )
            if hour_status:
                closing = (by.who, by.closed_at, by.why) if by else (None, None, None)
                rows.append(
                    HourCompleteness(name, hour, day, hour_status, hour in expected, due, arrived.came, *closing)
                )
    return rows


def _machines_of(factory: Factory, machines: Collection[str] | None) -> dict[str, Machine]:
    for machine in machines or ():
        if machine not in factory.machines:
            raise ConfigError("pipeline.no_machine", machine=machine, known=", ".join(factory.machines) or "-")
    return {name: machine for name, machine in factory.machines.items() if machines is None or name in machines}


def _planned(factory: Factory, line: str, first: date, last: date) -> Hours:
    return {from_us(at): day for at, day in busy_hours(factory.calendar, factory.zone, line, first, last).items()}


def _first_hours(connection: Connection, factory: Factory) -> dict[str, datetime]:
    """The hour from which on files are expected, by machine."""
    first_hours = {}
    for machine in factory.machines:
        covered = select(machine_hour.c.hour).where(machine_hour.c.machine == machine, machine_hour.c.covered)
        hour = connection.scalar(covered.order_by(machine_hour.c.hour).limit(1))
        if hour is not None:
            first_hours[machine] = hour
    if not first_hours:
        return {}
    begun = min(first_hours.values())
    for name, configured in factory.machines.items():
        if configured.installed_on:
            first_hours[name] = max(begun, datetime.combine(configured.installed_on, time(), tzinfo=factory.zone))
    return first_hours


def _files(
    connection: Connection, factory: Factory, machines: Collection[str], since: datetime, until: datetime
) -> dict[str, dict[datetime, _HourFiles]]:
    """The files of each hour, by machine."""
    files: dict[str, dict[datetime, _HourFiles]] = {machine: {} for machine in machines}
    has_trailer = {name for name, layout in factory.layouts.items() if layout.lines.trailer}
    written, taken = arrival.c.modified_at, arrival.c.received_at
    # A file written before its own hour began, or after it was taken: then the clock of the source is wrong.
    came_at = case((written.between(file_hour.c.hour, taken), written), else_=taken)
    covering = (
        select(file_hour.c.machine, file_hour.c.hour, came_at, file.c.in_force, file.c.layout)
        .add_columns(file.c.trailer, file.c.accepted_by, file.c.rows)
        .join(file, file.c.sha256 == file_hour.c.sha256)
        .join(arrival, arrival.c.sha256 == file_hour.c.sha256)
        .where(file_hour.c.machine.in_(machines), file_hour.c.hour.between(since, until), file_hour.c.covers)
    )
    for machine, hour, came, in_force, layout, trailer, accepted_by, rows in connection.execute(covering).all():
        of_hour = files[machine].setdefault(hour, _HourFiles())
        of_hour.came = came if of_hour.came is None else min(of_hour.came, came)
        if in_force:
            expected = rows > 0 and layout in has_trailer  # an empty file needs no trailer to be whole
            of_hour.trailers.append(_trailer(trailer, accepted_by is not None, expected))
    all_quarantined = (file.c.records + file.c.states == 0) & (file.c.quarantined > 0) & file.c.in_force
    refused = select(file.c.machine, file.c.hour).where(
        file.c.machine.in_(machines),
        file.c.hour.between(since, until),
        file.c.refused.is_not(None) | all_quarantined,
    )
    for machine, hour in connection.execute(refused):
        files[machine].setdefault(hour, _HourFiles()).refused = True
    return files


def _trailer(trailer: str, accepted: bool, expected: bool) -> Trailer:
    if trailer == "wrong":
        return "accepted" if accepted else "wrong"
    if trailer == "right":
        return "right"
    return "absent" if expected else "none"


def _closures(
    connection: Connection, machines: Collection[str], since: datetime, until: datetime
) -> dict[tuple[str, datetime], Row[Any]]:
    in_force = select(closure).where(closure.c.undone_at.is_(None), closure.c.machine.in_(machines))
    rows = connection.execute(in_force.where(closure.c.hour.between(since, until)).order_by(closure.c.id))
    return {(row.machine, row.hour): row for row in rows}
