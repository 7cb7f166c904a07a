"""What the operational database knows of arrivals, files and hours: read when a batch is planned, written when it ends."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from aponta.calendar import from_us, to_us
from aponta.contract.decoded import DecodedFile
from aponta.ops.tables import arrival, batch, file, file_hour, file_name, machine_hour

BATCH_FILES = 128
BATCH_BYTES = 64 * 2**20  # memory is bounded by the batch, whatever waits


@dataclass(frozen=True)
class Arrival:
    id: int
    sha256: str
    name: str
    source: str
    size: int
    modified_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class Batch:
    id: int
    started_at: datetime
    base: dict[str, int] | None  # versions of the lake's tables its facts start from
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True)
class KnownFile:
    """A file of an earlier batch."""

    sha256: str
    machine: str | None
    layout: str | None
    refused: str | None
    hour: int | None
    records: int
    trailer: str
    in_force: bool
    accepted: bool
    received_at: datetime
    names: frozenset[tuple[str, str]]  # (machine, name)


def unfinished(connection: Connection) -> list[Batch]:
    """Batches that were planned and not finished, oldest first: they go before new ones, as they were planned."""
    rows = connection.execute(select(batch).where(batch.c.finished_at.is_(None)).order_by(batch.c.id)).all()
    return [
        Batch(row.id, row.started_at, None if row.base is None else dict(row.base), _arrivals(connection, arrival.c.batch == row.id))
        for row in rows
    ]


def plan(connection: Connection, now: datetime, closing: bool) -> Batch | None:
    """The next files that came, as many as fit a batch. None when there are none, unless hours wait to be closed."""
    chosen: list[Arrival] = []
    for found in _arrivals(connection, arrival.c.batch.is_(None), limit=BATCH_FILES):
        if chosen and sum(other.size for other in chosen) + found.size > BATCH_BYTES:
            break
        chosen.append(found)
    if not chosen and not closing:
        return None
    number = connection.execute(insert(batch).values(started_at=now)).inserted_primary_key
    assert number is not None
    connection.execute(update(arrival).where(arrival.c.id.in_([found.id for found in chosen])).values(batch=number[0]))
    return Batch(number[0], now, None, tuple(chosen))


def start_facts(connection: Connection, of: Batch, base: Mapping[str, int]) -> dict[str, int]:
    """The versions that the batch's facts start from: kept before anything is written, so that a batch taken up again starts from the same."""
    if of.base is not None:
        return of.base
    connection.execute(update(batch).where(batch.c.id == of.id).values(base=dict(base)))
    return dict(base)


def last_published(connection: Connection) -> tuple[int, dict[str, int]]:
    """The last finished batch and the versions it left."""
    row = connection.execute(select(batch.c.id, batch.c.versions).where(batch.c.finished_at.is_not(None)).order_by(batch.c.id.desc())).first()
    return (0, {}) if row is None else (row.id, dict(row.versions))


def _arrivals(connection: Connection, where: Any, limit: int | None = None) -> tuple[Arrival, ...]:
    columns = [arrival.c[name] for name in ("id", "sha256", "name", "source", "size", "modified_at", "received_at")]
    rows = connection.execute(select(*columns).where(where).order_by(arrival.c.modified_at, arrival.c.name, arrival.c.id).limit(limit))
    return tuple(Arrival(*row) for row in rows)


def known_files(connection: Connection, shas: Iterable[str]) -> dict[str, KnownFile]:
    wanted = sorted(set(shas))
    names: dict[str, set[tuple[str, str]]] = {}
    for row in connection.execute(select(file_name).where(file_name.c.sha256.in_(wanted))):
        names.setdefault(row.sha256, set()).add((row.machine, row.name))
    received = select(func.min(arrival.c.received_at)).where(arrival.c.sha256 == file.c.sha256).scalar_subquery()
    rows = connection.execute(select(file, received.label("received_at")).where(file.c.sha256.in_(wanted)))
    return {
        row.sha256: KnownFile(
            row.sha256, row.machine, row.layout, row.refused, row.hour and to_us(row.hour), row.records, row.trailer,
            row.in_force, row.accepted_by is not None, row.received_at, frozenset(names.get(row.sha256, ())),
        )
        for row in rows
    }  # fmt: skip


def of_same_name(connection: Connection, names: Collection[tuple[str, str]]) -> set[str]:
    """The files that came under any of these (machine, name)."""
    if not names:
        return set()
    rows = connection.execute(select(file_name.c.sha256).where(tuple_(file_name.c.machine, file_name.c.name).in_(sorted(names))))
    return {row.sha256 for row in rows}


def holding(connection: Connection, hours: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[tuple[str, int, bool]]]:
    """Which files in force hold or speak for these hours: (sha256, records, speaks)."""
    found: dict[tuple[str, int], list[tuple[str, int, bool]]] = {}
    machines = sorted({machine for machine, _ in hours})
    if not machines:
        return found
    first, last = min(hour for _, hour in hours), max(hour for _, hour in hours)
    query = (
        select(file_hour)
        .join(file, file.c.sha256 == file_hour.c.sha256)
        .where(file.c.in_force, file_hour.c.machine.in_(machines), file_hour.c.hour.between(from_us(first), from_us(last)))
    )
    for row in connection.execute(query.order_by(file_hour.c.sha256)):
        key = (row.machine, to_us(row.hour))
        if key in hours:
            found.setdefault(key, []).append((row.sha256, row.records, row.speaks))
    return found


def hours_of(connection: Connection, shas: Collection[str]) -> set[tuple[str, int]]:
    rows = connection.execute(select(file_hour.c.machine, file_hour.c.hour).where(file_hour.c.sha256.in_(sorted(shas))))
    return {(row.machine, to_us(row.hour)) for row in rows}


@dataclass(frozen=True)
class HourState:
    machine: str
    hour: int
    items: int
    covered: bool
    closed_by: str | None
    held: bool


def states(connection: Connection, where: Any) -> list[HourState]:
    columns = [machine_hour.c[name] for name in ("machine", "hour", "items", "covered", "closed_by", "held")]
    rows = connection.execute(select(*columns).where(where).order_by(machine_hour.c.machine, machine_hour.c.hour))
    return [HourState(machine, to_us(hour), *rest) for machine, hour, *rest in rows]


def save_files(connection: Connection, files: Iterable[DecodedFile], in_force: Mapping[str, bool]) -> None:
    """What the batch's files turned out to be; a file that was refused before and is good now is replaced."""
    found = list(files)
    shas = [one.sha256 for one in found]
    for table in (file_hour, file):
        connection.execute(delete(table).where(table.c.sha256.in_(shas)))
    rows = [
        {
            "sha256": one.sha256, "machine": one.machine, "layout": one.layout, "layout_version": one.layout_version, "refused": one.refused,
            "hour": None if one.hour is None else from_us(one.hour),
            "first_hour": from_us(one.hours[0].hour) if one.hours else None, "last_hour": from_us(one.hours[-1].hour) if one.hours else None,
            "rows": one.rows, "records": one.records, "quarantined": one.quarantined, "skipped": one.skipped,
            "trailer": one.trailer, "in_force": in_force.get(one.sha256, False),
        }
        for one in found
    ]  # fmt: skip
    hours = [
        {"sha256": one.sha256, "machine": one.machine, "hour": from_us(hour.hour), "records": hour.records, "speaks": hour.speaks}
        for one in found
        for hour in one.hours
    ]
    if rows:
        connection.execute(insert(file), rows)
    if hours:
        connection.execute(insert(file_hour), hours)


def save_names(connection: Connection, names: Iterable[tuple[str, str, str]]) -> None:
    """(sha256, machine, name) triples, new ones."""
    rows = [{"sha256": sha256, "machine": machine, "name": name} for sha256, machine, name in sorted(set(names))]
    if rows:
        connection.execute(insert(file_name), rows)


def save_hours(connection: Connection, hours: Collection[HourState], compare: Collection[tuple[str, int]]) -> None:
    """The state of each of these hours; those in `compare` are held against the outbox next."""
    keys = [(one.machine, from_us(one.hour)) for one in hours]
    marked = {
        (row.machine, row.hour)
        for start in range(0, len(keys), 500)
        for row in connection.execute(
            select(machine_hour.c.machine, machine_hour.c.hour).where(
                tuple_(machine_hour.c.machine, machine_hour.c.hour).in_(keys[start : start + 500]), machine_hour.c["compare"]
            )
        )
    }
    for start in range(0, len(keys), 500):
        connection.execute(delete(machine_hour).where(tuple_(machine_hour.c.machine, machine_hour.c.hour).in_(keys[start : start + 500])))
    rows = [
        {
            "machine": one.machine, "hour": from_us(one.hour), "items": one.items, "covered": one.covered, "closed_by": one.closed_by,
            "held": one.held, "compare": (one.machine, one.hour) in compare or (one.machine, from_us(one.hour)) in marked,
        }
        for one in hours
    ]  # fmt: skip
    if rows:
        connection.execute(insert(machine_hour), rows)
