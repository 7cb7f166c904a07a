"""What the operational database knows of arrivals, files and hours: read when a batch is planned, written when it
ends.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from aponta.contract.decoded import DecodedFile
from aponta.factory_calendar import from_us, to_us
from aponta.ops.tables import arrival, batch, file, file_hour, file_name, machine_hour

BATCH_FILES = 256
BATCH_BYTES = 128 * 2**20  # memory is bounded by the batch, whatever waits


# Of a file that came before and is decoded again: the new reading counts if it reads no less, or whatever it reads.
Redecode = Literal["no", "if_more", "always"]


@dataclass(frozen=True)
class Arrival:
    id: int
    sha256: str
    name: str
    folder: str  # below the source's root
    source: str
    size: int
    modified_at: datetime
    received_at: datetime
    redecode: Redecode


@dataclass(frozen=True)
class Batch:
    id: int
    started_at: datetime
    base: dict[str, int] | None  # versions of the lake's tables its facts start from
    arrivals: tuple[Arrival, ...]
    restates: Mapping[str, list[int]] | None = None  # machine -> first hour, last hour, revision of its premises


@dataclass(frozen=True)
class KnownFile:
    """A file of an earlier batch."""

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
    spoken: frozenset[int]  # the hours it speaks for
    held: Mapping[int, int]  # records and states by hour


def unfinished(connection: Connection) -> list[Batch]:
    """Batches that were planned and not finished, oldest first: they go before new ones, as they were planned."""
    rows = connection.execute(select(batch).where(batch.c.finished_at.is_(None)).order_by(batch.c.id)).all()
    return [
        Batch(
            row.id,
            row.started_at,
            None if row.base is None else dict(row.base),
            arrivals(connection, arrival.c.batch == row.id),
            row.restates,
        )
        for row in rows
    ]


def plan(connection: Connection, now: datetime, closing: bool, backfill: bool) -> Batch | None:
    """The next files that came, as many as fit a batch; where there are none, and with `backfill`, those of one. None
    when there are none, unless hours wait to be closed.
    """
    free = arrival.c.batch.is_(None)
    backfilled = arrival.c.redecode == "always"
    chosen = next(fitting(arrivals(connection, free & ~backfilled, limit=BATCH_FILES)), ())
    if not chosen and backfill:
        chosen = next(fitting(arrivals(connection, free & backfilled, limit=BATCH_FILES)), ())
    if not chosen and not closing:
        return None
    number = connection.execute(insert(batch).values(started_at=now)).inserted_primary_key
    assert number is not None
    connection.execute(update(arrival).where(arrival.c.id.in_([found.id for found in chosen])).values(batch=number[0]))
    return Batch(number[0], now, None, chosen)


def fitting(found: Iterable[Arrival]) -> Iterator[tuple[Arrival, ...]]:
    """As many at a time as fit a batch, in their order."""
    chosen: list[Arrival] = []
    for one in found:
        size = sum(other.size for other in chosen) + one.size
        if chosen and (size > BATCH_BYTES or len(chosen) == BATCH_FILES):
            yield tuple(chosen)
            chosen = []
        chosen.append(one)
    if chosen:
        yield tuple(chosen)


def start_facts(connection: Connection, of: Batch, base: Mapping[str, int]) -> dict[str, int]:
    """The versions that the batch's facts start from: kept before anything is written, so that a batch taken up again
    starts from the same.
    """
    if of.base is not None:
        return of.base
    connection.execute(update(batch).where(batch.c.id == of.id).values(base=dict(base)))
    return dict(base)


def any_started(connection: Connection) -> bool:
    """Was a batch interrupted after it began to make facts?"""
    begun = batch.c.base.is_not(None) & batch.c.finished_at.is_(None)
    return connection.execute(select(batch.c.id).where(begun).limit(1)).first() is not None


def last_published(connection: Connection) -> tuple[int, dict[str, int]]:
    """The last finished batch and the versions it left."""
    row = connection.execute(
        select(batch.c.id, batch.c.versions).where(batch.c.finished_at.is_not(None)).order_by(batch.c.id.desc())
    ).first()
    return (0, {}) if row is None else (row.id, dict(row.versions))


def arrivals(connection: Connection, where: Any, limit: int | None = None) -> tuple[Arrival, ...]:
    """Those that meet a condition on `arrival`, in the order in which batches take them."""
    columns = [arrival.c[column.name] for column in fields(Arrival)]
    rows = connection.execute(
        select(*columns).where(where).order_by(arrival.c.modified_at, arrival.c.name, arrival.c.id).limit(limit)
    )
    return tuple(Arrival(*row) for row in rows)


def waiting_files(connection: Connection) -> int:
    """Arrivals that no finished batch has handled."""
    return connection.scalars(select(func.count()).select_from(arrival).where(arrival.c.status.is_(None))).one()


def any_open(connection: Connection, until: datetime) -> bool:
    """Is any hour open that began until then?"""
    overdue = machine_hour.c.closed_by.is_(None) & (machine_hour.c.hour <= until)
    return connection.execute(select(machine_hour.c.hour).where(overdue).limit(1)).first() is not None


def known_files(connection: Connection, shas: Iterable[str]) -> dict[str, KnownFile]:
    """Those of these files that finished batches know, by SHA-256."""
    wanted = sorted(set(shas))
    names: dict[str, set[tuple[str, str, str]]] = {}
    for row in connection.execute(select(file_name).where(file_name.c.sha256.in_(wanted))):
        names.setdefault(row.sha256, set()).add((row.machine, row.name, row.folder))
    spoken: dict[str, set[int]] = {}
    held: dict[str, dict[int, int]] = {}
    for row in connection.execute(select(file_hour).where(file_hour.c.sha256.in_(wanted))):
        if row.covers:
            spoken.setdefault(row.sha256, set()).add(to_us(row.hour))
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
            spoken=frozenset(spoken.get(row.sha256, ())),
            held=held.get(row.sha256, {}),
        )
        for row in rows
    }


def of_same_name(connection: Connection, names: Collection[tuple[str, str]]) -> set[str]:
    """The files that came under any of these (machine, name)."""
    if not names:
        return set()
    rows = connection.execute(
        select(file_name.c.sha256).where(tuple_(file_name.c.machine, file_name.c.name).in_(sorted(names)))
    )
    return {row.sha256 for row in rows}


@dataclass(frozen=True)
class HourState:
    machine: str
    hour: int
    items: int
    had_items: bool  # something was: rows of running totals may show nothing
    covered: bool
    closed_by: str | None
    held: bool


def states(connection: Connection, where: Any) -> list[HourState]:
    """The hours that meet a condition on `machine_hour`, in the order of machine and hour."""
    columns = [
        machine_hour.c[name] for name in ("machine", "hour", "items", "had_items", "covered", "closed_by", "held")
    ]
    rows = connection.execute(select(*columns).where(where).order_by(machine_hour.c.machine, machine_hour.c.hour))
    return [HourState(machine, to_us(hour), *rest) for machine, hour, *rest in rows]


def save_files(connection: Connection, files: Iterable[DecodedFile], in_force: Mapping[str, bool]) -> None:
    """What the batch's files turned out to be; a file that was decoded before is replaced."""
    found = list(files)
    shas = [one.sha256 for one in found]
    told = select(file.c.sha256, file.c.accepted_by).where(file.c.sha256.in_(shas), file.c.accepted_by.is_not(None))
    accepted = {row.sha256: row.accepted_by for row in connection.execute(told)}
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
    """(sha256, machine, name, folder), new ones."""
    columns = ("sha256", "machine", "name", "folder")
    rows = [dict(zip(columns, one, strict=True)) for one in sorted(names)]
    if rows:
        connection.execute(insert(file_name), rows)


def save_heard(connection: Connection, heard: Iterable[tuple[str, str, int]]) -> None:
    """(sha256, machine, hour): known files that speak for these hours too."""
    for sha256, machine, hour in sorted(heard):
        at = from_us(hour)
        same = (file_hour.c.sha256 == sha256) & (file_hour.c.machine == machine) & (file_hour.c.hour == at)
        if not connection.execute(update(file_hour).where(same).values(covers=True)).rowcount:
            row = {"sha256": sha256, "machine": machine, "hour": at, "records": 0, "states": 0, "covers": True}
            connection.execute(insert(file_hour).values(row))
        earlier = file.c.hour.is_(None) | (file.c.hour < at)
        connection.execute(update(file).where(file.c.sha256 == sha256, earlier).values(hour=at))


def put_in_force(connection: Connection, shas: Collection[str], value: bool) -> None:
    if shas:
        connection.execute(update(file).where(file.c.sha256.in_(sorted(shas))).values(in_force=value))


def save_notes(connection: Connection, notes: Mapping[int, str]) -> None:
    """By arrival: the hash of the note that its file is known by."""
    rows = [{"of": number, "sha256": sha256} for number, sha256 in notes.items()]
    connection.execute(update(arrival).where(arrival.c.id == bindparam("of")), rows)


def save_statuses(connection: Connection, statuses: Mapping[int, str]) -> None:
    if statuses:
        rows = [{"of": number, "status": status} for number, status in statuses.items()]
        connection.execute(update(arrival).where(arrival.c.id == bindparam("of")), rows)


_SAME_HOUR = (machine_hour.c.machine == bindparam("of_machine")) & (machine_hour.c.hour == bindparam("of_hour"))


def save_hours(connection: Connection, hours: Iterable[HourState]) -> None:
    """The state of touched hours: their facts are new, so the outbox is compared with them next."""
    found = list(hours)
    if found:
        same = [{"of_machine": one.machine, "of_hour": from_us(one.hour)} for one in found]
        connection.execute(delete(machine_hour).where(_SAME_HOUR), same)
        rows = [asdict(one) | {"hour": from_us(one.hour), "stock_pending": True} for one in found]
        connection.execute(insert(machine_hour), rows)


def save_closing(connection: Connection, hours: Iterable[HourState]) -> None:
    """Hours that closed without being touched."""
    rows = [
        {"of_machine": one.machine, "of_hour": from_us(one.hour), "closed_by": one.closed_by, "held": one.held}
        for one in hours
    ]
    if rows:
        connection.execute(update(machine_hour).where(_SAME_HOUR).values(stock_pending=True), rows)


def compared(connection: Connection, hours: Iterable[tuple[str, int]]) -> None:
    """The outbox agrees with these hours' facts."""
    rows = [{"of_machine": machine, "of_hour": from_us(hour)} for machine, hour in hours]
    if rows:
        connection.execute(update(machine_hour).where(_SAME_HOUR).values(stock_pending=False), rows)


def to_compare(connection: Connection, hours: Iterable[tuple[str, int]]) -> None:
    """The counts of these hours may have changed: the outbox is compared with them next."""
    rows = [{"of_machine": machine, "of_hour": from_us(hour)} for machine, hour in hours]
    if rows:
        connection.execute(update(machine_hour).where(_SAME_HOUR).values(stock_pending=True), rows)


def finish(
    connection: Connection, of: Batch, versions: Mapping[str, int], counts: Mapping[str, Any], now: datetime
) -> None:
    """The batch is done: what versions it left, and what it counted."""
    done = {"finished_at": now, "versions": dict(versions), "counts": dict(counts)}
    connection.execute(update(batch).where(batch.c.id == of.id).values(done))
