"""Which files hold which hours: items, states, or the word for it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from aponta.factory_calendar import from_us, to_us
from aponta.ops.tables import file, file_hour, machine_hour


@dataclass(frozen=True)
class Holding:
    """A file in force that holds records of an hour, or speaks for it."""

    sha256: str
    records: int
    states: int
    covers: bool


def holding(
    connection: Connection, hours: Collection[tuple[str, int]], revived: Collection[str] = ()
) -> dict[tuple[str, int], list[Holding]]:
    """Which files in force, and which of those that are to be, hold or speak for these hours."""
    found: dict[tuple[str, int], list[Holding]] = {}
    if not hours:
        return found
    machines = sorted({machine for machine, _ in hours})
    first, last = min(hour for _, hour in hours), max(hour for _, hour in hours)
    counts = file.c.in_force | file.c.sha256.in_(sorted(revived)) if revived else file.c.in_force
    in_force = select(file_hour).join(file, file.c.sha256 == file_hour.c.sha256).where(counts)
    near = file_hour.c.machine.in_(machines) & file_hour.c.hour.between(from_us(first), from_us(last))
    for row in connection.execute(in_force.where(near).order_by(file_hour.c.sha256)):
        key = (row.machine, to_us(row.hour))
        if key in hours:
            found.setdefault(key, []).append(Holding(row.sha256, row.records, row.states, row.covers))
    return found


def hours_of(connection: Connection, shas: Collection[str]) -> set[tuple[str, int]]:
    """The (machine, hour) that these files hold or speak for."""
    rows = connection.execute(select(file_hour.c.machine, file_hour.c.hour).where(file_hour.c.sha256.in_(sorted(shas))))
    return {(row.machine, to_us(row.hour)) for row in rows}


def telling(connection: Connection, shas: Collection[str]) -> set[tuple[str, int]]:
    """The (machine, hour) that these files tell states of."""
    told = file_hour.c.sha256.in_(sorted(shas)) & (file_hour.c.states > 0)
    rows = connection.execute(select(file_hour.c.machine, file_hour.c.hour).where(told))
    return {(row.machine, to_us(row.hour)) for row in rows}


def next_with_items(connection: Connection, machine: str, hour: int) -> int | None:
    """The first of the machine's hours after this one that had items, when they were made last."""
    later = (machine_hour.c.machine == machine) & (machine_hour.c.hour > from_us(hour)) & (machine_hour.c["items"] > 0)
    found = connection.scalar(select(machine_hour.c.hour).where(later).order_by(machine_hour.c.hour).limit(1))
    return None if found is None else to_us(found)


def up_to_next_state(
    connection: Connection, machine: str, hour: int, changed: Collection[tuple[str, int]]
) -> Iterator[int]:
    """The machine's reported hours after this one, up to the first that a file in force tells a state of, or that is
    one of `changed` itself.
    """
    later = machine_hour.c.hour > from_us(hour)
    reported = select(machine_hour.c.hour).where(machine_hour.c.machine == machine, later)
    in_force = select(file_hour.c.hour).join(file, file.c.sha256 == file_hour.c.sha256).where(file.c.in_force)
    next_told = in_force.where(
        file_hour.c.machine == machine, file_hour.c.hour > from_us(hour), file_hour.c.states > 0
    ).order_by(file_hour.c.hour)
    end = connection.execute(next_told.limit(1)).scalar()
    if end is not None:
        reported = reported.where(machine_hour.c.hour <= end)
    for (one,) in connection.execute(reported.order_by(machine_hour.c.hour)):
        if (machine, to_us(one)) in changed:
            return
        yield to_us(one)
