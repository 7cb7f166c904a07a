"""Machine hours: how many items each has, whether a file covers it, and what stock still has to be compared with."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aponta.factory_calendar import from_us, to_us
from aponta.ops.tables import file, file_hour, machine_hour

Hour = tuple[str, int]  # machine, start of the UTC hour


def has_open_hours(connection: Connection, until: datetime) -> bool:
    """Is an hour open that began at `until` or before?"""
    overdue = machine_hour.c.closed_by.is_(None) & (machine_hour.c.hour <= until)
    return connection.execute(select(machine_hour.c.hour).where(overdue).limit(1)).first() is not None


@dataclass(frozen=True)
class HourRecord:
    machine: str
    hour: int
    items: int
    had_items: bool  # something was: rows of running totals may show nothing
    covered: bool
    closed_by: str | None
    held: bool


def hour_records(connection: Connection, where: Any) -> list[HourRecord]:
    """The hours that meet a condition on the table `machine_hour`, in the order of machine and hour."""
    columns = [
        machine_hour.c[name] for name in ("machine", "hour", "items", "had_items", "covered", "closed_by", "held")
    ]
    rows = connection.execute(select(*columns).where(where).order_by(machine_hour.c.machine, machine_hour.c.hour))
    return [HourRecord(machine, to_us(hour), *rest) for machine, hour, *rest in rows]


_SAME_HOUR = (machine_hour.c.machine == bindparam("of_machine")) & (machine_hour.c.hour == bindparam("of_hour"))


def save_hours(connection: Connection, hours: Iterable[HourRecord]) -> None:
    """Replaces the records of touched hours. Their facts are new, so the outbox is compared with them next."""
    found = list(hours)
    if found:
        same = [{"of_machine": one.machine, "of_hour": from_us(one.hour)} for one in found]
        connection.execute(delete(machine_hour).where(_SAME_HOUR), same)
        rows = [asdict(one) | {"hour": from_us(one.hour), "stock_pending": True} for one in found]
        connection.execute(insert(machine_hour), rows)


def save_closing(connection: Connection, hours: Iterable[HourRecord]) -> None:
    """Updates hours that closed without being touched."""
    rows = [
        {"of_machine": one.machine, "of_hour": from_us(one.hour), "closed_by": one.closed_by, "held": one.held}
        for one in hours
    ]
    if rows:
        connection.execute(update(machine_hour).where(_SAME_HOUR).values(stock_pending=True), rows)


def mark_stock_compared(connection: Connection, hours: Iterable[tuple[str, int]]) -> None:
    """The outbox agrees with these hours' facts."""
    rows = [{"of_machine": machine, "of_hour": from_us(hour)} for machine, hour in hours]
    if rows:
        connection.execute(update(machine_hour).where(_SAME_HOUR).values(stock_pending=False), rows)


def mark_stock_pending(connection: Connection, hours: Iterable[tuple[str, int]]) -> None:
    """The counts of these hours may have changed: the outbox is compared with them next."""
    rows = [{"of_machine": machine, "of_hour": from_us(hour)} for machine, hour in hours]
    if rows:
        connection.execute(update(machine_hour).where(_SAME_HOUR).values(stock_pending=True), rows)


def next_with_items(connection: Connection, machine: str, hour: int) -> int | None:
    """The machine's first hour after this one that has items, as last recorded; None: there is none."""
    later = (machine_hour.c.machine == machine) & (machine_hour.c.hour > from_us(hour)) & (machine_hour.c["items"] > 0)
    found = connection.scalar(select(machine_hour.c.hour).where(later).order_by(machine_hour.c.hour).limit(1))
    return None if found is None else to_us(found)


def hours_up_to_next_state(
    connection: Connection, machine: str, hour: int, changed: Collection[tuple[str, int]]
) -> Iterator[int]:
    """The machine's reported hours after this one, up to the first of which a file in force reports a state, or that is
    one of `changed` itself.
    """
    later = machine_hour.c.hour > from_us(hour)
    reported = select(machine_hour.c.hour).where(machine_hour.c.machine == machine, later)
    in_force = select(file_hour.c.hour).join(file, file.c.sha256 == file_hour.c.sha256).where(file.c.in_force)
    next_state = in_force.where(
        file_hour.c.machine == machine, file_hour.c.hour > from_us(hour), file_hour.c.states > 0
    ).order_by(file_hour.c.hour)
    end = connection.execute(next_state.limit(1)).scalar()
    if end is not None:
        reported = reported.where(machine_hour.c.hour <= end)
    for (one,) in connection.execute(reported.order_by(machine_hour.c.hour)):
        if (machine, to_us(one)) in changed:
            return
        yield to_us(one)
