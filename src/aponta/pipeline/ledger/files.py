"""Files that batches decoded: what they hold, under which names they came, and which version counts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from aponta.contract.decoded import DecodedFile
from aponta.factory_calendar import from_us, to_us
from aponta.ops.tables import arrival, file, file_hour, file_name


@dataclass(frozen=True)
class KnownFile:
    """A file that an earlier batch decoded."""

    sha256: str
    machine: str | None
    layout: str | None
    refused: str | None
    hour: int | None
    records: int
    states: int
    trailer: str
    in_force: bool
    accepted: bool
    size: int
    received_at: datetime
    names: frozenset[tuple[str, str, str]]  # (machine, name, folder)
    covered_hours: frozenset[int]  # the hours it is complete for
    rows_by_hour: Mapping[int, int]  # records and states by hour


def known_files(connection: Connection, shas: Iterable[str]) -> dict[str, KnownFile]:
    """The files that finished batches know, by SHA-256."""
    wanted = sorted(set(shas))
    names: dict[str, set[tuple[str, str, str]]] = {}
    for row in connection.execute(select(file_name).where(file_name.c.sha256.in_(wanted))):
        names.setdefault(row.sha256, set()).add((row.machine, row.name, row.folder))
    covered: dict[str, set[int]] = {}
    held: dict[str, dict[int, int]] = {}
    for row in connection.execute(select(file_hour).where(file_hour.c.sha256.in_(wanted))):
        if row.covers:
            covered.setdefault(row.sha256, set()).add(to_us(row.hour))
        if row.records or row.states:
            held.setdefault(row.sha256, {})[to_us(row.hour)] = row.records + row.states
    came = select(func.min(arrival.c.received_at).label("received_at"), func.max(arrival.c.size).label("size"))
    first = came.add_columns(arrival.c.sha256).where(arrival.c.sha256.in_(wanted)).group_by(arrival.c.sha256).subquery()
    rows = connection.execute(
        select(file, first.c.received_at, first.c.size)
        .join(first, first.c.sha256 == file.c.sha256)
        .where(file.c.sha256.in_(wanted))
    )
    return {
        row.sha256: KnownFile(
            sha256=row.sha256,
            machine=row.machine,
            layout=row.layout,
            refused=row.refused,
            hour=None if row.hour is None else to_us(row.hour),
            records=row.records,
            states=row.states,
            trailer=row.trailer,
            in_force=row.in_force,
            accepted=row.accepted_by is not None,
            size=row.size,
            received_at=row.received_at,
            names=frozenset(names.get(row.sha256, ())),
            covered_hours=frozenset(covered.get(row.sha256, ())),
            rows_by_hour=held.get(row.sha256, {}),
        )
        for row in rows
    }


def files_named(connection: Connection, names: Collection[tuple[str, str]]) -> set[str]:
    """SHA-256 of the files that came under any of these (machine, name)."""
    if not names:
        return set()
    rows = connection.execute(
        select(file_name.c.sha256).where(tuple_(file_name.c.machine, file_name.c.name).in_(sorted(names)))
    )
    return {row.sha256 for row in rows}


def save_files(connection: Connection, files: Iterable[DecodedFile], in_force: Mapping[str, bool]) -> None:
    """Writes the files of a batch as decoded; a file that was decoded before is replaced."""
    found = list(files)
    shas = [one.sha256 for one in found]
    by_person = select(file.c.sha256, file.c.accepted_by).where(
        file.c.sha256.in_(shas), file.c.accepted_by.is_not(None)
    )
    accepted = {row.sha256: row.accepted_by for row in connection.execute(by_person)}
    for table in (file_hour, file):
        connection.execute(delete(table).where(table.c.sha256.in_(shas)))
    rows = [
        {
            "sha256": one.sha256,
            "machine": one.machine,
            "layout": one.layout,
            "layout_version": one.layout_version,
            "refused": one.refused,
            "hour": None if one.hour is None else from_us(one.hour),
            "first_hour": from_us(one.hours[0].hour) if one.hours else None,
            "last_hour": from_us(one.hours[-1].hour) if one.hours else None,
            "rows": one.rows,
            "records": one.records,
            "states": one.states,
            "quarantined": one.quarantined,
            "skipped": one.skipped,
            "trailer": one.trailer,
            "in_force": in_force.get(one.sha256, False),
            "accepted_by": accepted.get(one.sha256) if one.trailer == "wrong" else None,
        }
        for one in found
    ]
    hours = [
        {"sha256": one.sha256, "machine": one.machine, "hour": from_us(hour.hour)}
        | {"records": hour.records, "states": hour.states, "covers": hour.covers}
        for one in found
        for hour in one.hours
    ]
    if rows:
        connection.execute(insert(file), rows)
    if hours:
        connection.execute(insert(file_hour), hours)


def save_names(connection: Connection, names: Iterable[tuple[str, str, str, str]]) -> None:
    """names: new ones, as (sha256, machine, name, folder)."""
    columns = ("sha256", "machine", "name", "folder")
    rows = [dict(zip(columns, one, strict=True)) for one in sorted(names)]
    if rows:
        connection.execute(insert(file_name), rows)


def add_covered_hours(connection: Connection, covered: Iterable[tuple[str, str, int]]) -> None:
    """covered: (sha256, machine, hour) that known files cover too, under a name they had not come under before."""
    for sha256, machine, hour in sorted(covered):
        at = from_us(hour)
        same = (file_hour.c.sha256 == sha256) & (file_hour.c.machine == machine) & (file_hour.c.hour == at)
        if not connection.execute(update(file_hour).where(same).values(covers=True)).rowcount:
            row = {"sha256": sha256, "machine": machine, "hour": at, "records": 0, "states": 0, "covers": True}
            connection.execute(insert(file_hour).values(row))
        earlier = file.c.hour.is_(None) | (file.c.hour < at)
        connection.execute(update(file).where(file.c.sha256 == sha256, earlier).values(hour=at))


def set_in_force(connection: Connection, shas: Collection[str], value: bool) -> None:
    if shas:
        connection.execute(update(file).where(file.c.sha256.in_(sorted(shas))).values(in_force=value))


@dataclass(frozen=True)
class Holding:
    """A file in force that holds records of an hour, or covers it."""

    sha256: str
    records: int
    states: int
    covers: bool


def holdings_of(
    connection: Connection, hours: Collection[tuple[str, int]], reinstated: Collection[str] = ()
) -> dict[tuple[str, int], list[Holding]]:
    """The files in force, and those about to be reinstated, that hold or cover these hours."""
    found: dict[tuple[str, int], list[Holding]] = {}
    if not hours:
        return found
    machines = sorted({machine for machine, _ in hours})
    first, last = min(hour for _, hour in hours), max(hour for _, hour in hours)
    counts = file.c.in_force | file.c.sha256.in_(sorted(reinstated)) if reinstated else file.c.in_force
    in_force = select(file_hour).join(file, file.c.sha256 == file_hour.c.sha256).where(counts)
    near = file_hour.c.machine.in_(machines) & file_hour.c.hour.between(from_us(first), from_us(last))
    for row in connection.execute(in_force.where(near).order_by(file_hour.c.sha256)):
        key = (row.machine, to_us(row.hour))
        if key in hours:
            found.setdefault(key, []).append(Holding(row.sha256, row.records, row.states, row.covers))
    return found


def hours_of_files(connection: Connection, shas: Collection[str]) -> set[tuple[str, int]]:
    """The (machine, hour) that these files hold or cover."""
    rows = connection.execute(select(file_hour.c.machine, file_hour.c.hour).where(file_hour.c.sha256.in_(sorted(shas))))
    return {(row.machine, to_us(row.hour)) for row in rows}


def hours_with_states(connection: Connection, shas: Collection[str]) -> set[tuple[str, int]]:
    """The (machine, hour) of which these files report states."""
    with_states = file_hour.c.sha256.in_(sorted(shas)) & (file_hour.c.states > 0)
    rows = connection.execute(select(file_hour.c.machine, file_hour.c.hour).where(with_states))
    return {(row.machine, to_us(row.hour)) for row in rows}
