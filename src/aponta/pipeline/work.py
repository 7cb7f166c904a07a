"""One batch: files that came -> every table they change, published together."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from sqlalchemy import Engine, update

from aponta.calendar import from_us, to_us
from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.decoded import DecodedFile, Staged, staged_columns
from aponta.contract.lake import Frame, Lake, Values
from aponta.contract.table import Table
from aponta.decode import Incoming, decode
from aponta.decode.choose import Choice, choose
from aponta.ops.database import transaction
from aponta.ops.tables import arrival as arrivals_table
from aponta.ops.tables import batch as batches
from aponta.ops.tables import file as files_table
from aponta.ops.tables import machine_hour
from aponta.pipeline import ledger, receipts, staging
from aponta.pipeline.closing import Speaker, closed_by, held
from aponta.pipeline.facts import HOUR, Facts, Hour, Made, Task
from aponta.pipeline.index import HourIndex
from aponta.pipeline.ledger import Arrival, Batch, HourState, KnownFile
from aponta.pipeline.settle import Settled, settle, wanted
from aponta.refine.silver import files, quarantine

AHEAD = timedelta(minutes=10)  # a machine's clock may run ahead so far; beyond, an item's time is the future
NEVER_BEFORE = datetime(2001, 1, 2, tzinfo=UTC)  # a clock that lost its battery says 2000 or 1970


@dataclass
class Counts:
    """What a pass did, as `aponta run --json` prints it."""

    files: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("seen", "new", "duplicate", "version", "quarantined"), 0))
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("total", "records", "quarantined", "skipped"), 0))
    items: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("new", "known", "changed", "repeated", "withdrawn"), 0))

    def add(self, other: "Counts") -> None:
        for own, others in ((self.files, other.files), (self.rows, other.rows), (self.items, other.items)):
            for name, count in others.items():
                own[name] += count


@dataclass(frozen=True)
class Workplace:
    """What working on a batch needs."""

    factory: Factory
    engine: Engine
    raw: RawZone
    open_lake: Callable[[Mapping[str, int]], Lake]
    done: Callable[[int], None]  # told how many files of the batch are decoded

    def choose(self, name: str) -> Choice:
        return choose(name, self.factory.layouts, self.factory.machines, self.factory.zone)

    def earliest(self, machine: str | None) -> int:
        known = self.factory.machines.get(machine or "")
        if known is None or known.installed_on is None:
            return to_us(NEVER_BEFORE)
        day = known.installed_on
        return to_us(datetime(day.year, day.month, day.day, tzinfo=self.factory.zone))


def stage(place: Workplace, batch: Batch) -> Staged:
    """The batch's files decoded, or what an earlier run of this step left."""
    choices = {arrival.id: place.choose(arrival.name) for arrival in batch.arrivals}
    with transaction(place.engine) as connection:
        known = ledger.known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
    todo = wanted(batch.arrivals, choices, known)
    where = staging.folder(place.factory.data, batch.id)
    staged = staging.load(where, list(todo))
    if staged is None:
        shutil.rmtree(where, ignore_errors=True)
        incoming = [
            _incoming(place, number, arrival.sha256, arrival.size, choices[arrival.id], arrival.received_at)
            for number, arrival in enumerate(todo.values())
        ]
        zone, sensors = place.factory.settings.factory.timezone, place.factory.sensors
        staged = decode(incoming, place.raw.read, zone, sensors, where, place.done)
        staging.save(where, list(todo), staged)
    return staged


def _incoming(place: Workplace, number: int, sha256: str, size: int, choice: Choice, received_at: datetime) -> Incoming:
    return Incoming(number, sha256, size, choice, place.earliest(choice.machine), to_us(received_at + AHEAD))


@dataclass
class _Understood:
    """A batch, before its facts are made: what each arrival is, and which hours it touches."""

    settled: Settled
    names: dict[int, str]  # of this batch's files, by number
    known: dict[str, KnownFile]
    touched: dict[Hour, bool]
    older: dict[str, set[Hour]]  # files of earlier batches that hold touched hours
    hours: dict[Hour, tuple[bool, str | None, bool]]  # covered, closed_by, held - of touched and of open hours
    index: HourIndex


def refine(place: Workplace, batch: Batch, staged: Staged, base: Mapping[str, int]) -> Counts:
    """Makes and publishes the batch's facts. Run again after a kill it does the same again, and nothing twice."""
    with transaction(place.engine) as connection:
        base = ledger.start_facts(connection, batch, base)
    lake = place.open_lake(base)
    understood = _understand(place, batch, staged, lake)
    task = _task(place, batch, staged, understood, lake)
    facts = Facts(lake, place.factory, understood.index, task)
    writes = list(facts.writes())
    made = facts.made() if task.touched else Made({}, {}, frozenset())
    counts, told = _account(batch, staged, understood, task, made)
    for write in writes:
        lake.replace(write.table, write.frame, write.where, batch.id)
    _write_files(place, lake, batch, staged, understood, told)
    _finish(place, lake, batch, staged, understood, made, counts, told)
    shutil.rmtree(staging.folder(place.factory.data, batch.id), ignore_errors=True)
    return counts


def _understand(place: Workplace, batch: Batch, staged: Staged, lake: Lake) -> _Understood:
    choices = {arrival.id: place.choose(arrival.name) for arrival in batch.arrivals}
    with transaction(place.engine) as connection:
        known = ledger.known_files(connection, [arrival.sha256 for arrival in batch.arrivals])
        todo = list(wanted(batch.arrivals, choices, known))
        decoded = dict(zip(todo, sorted(staged.files, key=lambda file: file.number), strict=True))
        machines = {one.machine for one in (*decoded.values(), *known.values()) if one.machine}
        same_name = ledger.of_same_name(connection, {(machine, arrival.name) for machine in machines for arrival in batch.arrivals})
        known |= ledger.known_files(connection, same_name - set(known))
        settled = settle(batch.arrivals, choices, decoded, known, place.factory.layouts)
        spoken: dict[Hour, list[Speaker]] = {}
        touched: dict[Hour, bool] = dict.fromkeys(ledger.hours_of(connection, settled.beaten), False)
        for sha256, file in settled.files.items():
            for hour in file.hours if file.refused is None else ():
                key = (str(file.machine), hour.hour)
                touched.setdefault(key, False)
                if settled.in_force[sha256] and hour.speaks:
                    spoken.setdefault(key, []).append(Speaker(file.hour, file.trailer, False))
        waiting = {(state.machine, state.hour) for state in ledger.states(connection, machine_hour.c.closed_by.is_(None))}
        older: dict[str, set[Hour]] = {}
        holding = ledger.holding(connection, {*touched, *waiting})
        holders = ledger.known_files(connection, {sha256 for held_by in holding.values() for sha256, _, _ in held_by})
        for key, held_by in holding.items():
            for sha256, records, speaks in held_by:
                if sha256 in settled.beaten:
                    continue
                if records and key in touched:
                    older.setdefault(sha256, set()).add(key)
                if speaks:
                    one = holders[sha256]
                    spoken.setdefault(key, []).append(Speaker(one.hour, one.trailer, one.accepted))
        touched = {key: key in spoken for key in touched}
        index = HourIndex(connection, lake, touched)
    latest: dict[str, int] = dict(index.told_until)
    for (machine, hour), covered in touched.items():
        if covered:
            latest[machine] = max(hour, latest.get(machine, hour))
    now, after = to_us(batch.started_at), _close_after_us(place.factory)
    hours = {
        (machine, hour): (
            bool(speakers := spoken.get((machine, hour), [])),
            closed_by(hour, speakers, latest.get(machine, hour), now, after),
            held(speakers),
        )
        for machine, hour in {*touched, *waiting}
    }
    names = {file.number: next(a.name for a in batch.arrivals if a.sha256 == file.sha256) for file in staged.files}
    return _Understood(settled, names, known | holders, touched, older, hours, index)


def _close_after_us(factory: Factory) -> int:
    minutes = [destination.close_after_minutes for destination in factory.settings.stock]
    return int(max(minutes, default=20) * 60_000_000)


def _task(place: Workplace, batch: Batch, staged: Staged, understood: _Understood, lake: Lake) -> Task:
    settled, touched = understood.settled, understood.touched
    sensors = place.factory.sensors
    mine = [file for file in staged.files if settled.files.get(file.sha256) is file and file.refused is None]
    rows = {arrival.sha256: arrival for arrival in batch.arrivals}
    in_force = [(file.number, file.sha256, file.layout or "", to_us(rows[file.sha256].received_at)) for file in mine if settled.in_force[file.sha256]]
    records = new_records = _staged(lake, staged, sensors)
    claims: dict[Hour, int] = {}
    for file in mine:
        for hour in file.hours:
            if hour.records:
                claims[str(file.machine), hour.hour] = claims.get((str(file.machine), hour.hour), 0) + 1
    overlapping = any(count > 1 for count in claims.values())
    if understood.older:
        again, numbers = _again(place, batch, staged, understood)
        keys = lake.rows(HOUR, sorted(touched))
        records = nw.concat([records, _staged(lake, again, sensors).join(keys, on=["machine", "hour"], how="semi")])
        in_force += numbers
    causes = _causes(batch, understood)
    return Task(
        touched=touched,
        records=records,
        files=tuple(in_force),
        contested=bool(understood.older) or overlapping or bool(settled.beaten) or any(file.repeated for file in mine),
        new_records=new_records.join(lake.rows({"file": "long"}, [(file.number,) for file in mine]), on="file", how="semi"),
        open_hours=frozenset(key for key in touched if understood.hours[key][1] is None),
        flipped=frozenset(key for key, (_, closed, _) in understood.hours.items() if closed is not None and key not in touched),
        causes=causes,
    )


def _staged(lake: Lake, staged: Staged, sensors: Sequence[str]) -> Frame:
    columns = staged_columns(sensors)
    frame = lake.staged(staged.records) if staged.records else lake.rows(columns, [])
    return frame.select(*columns)


def _again(place: Workplace, batch: Batch, staged: Staged, understood: _Understood) -> tuple[Staged, list[tuple[int, str, str, int]]]:
    """Files of earlier batches that hold touched hours, decoded again from their raw bytes."""
    incoming = []
    first = len(staged.files)
    for number, sha256 in enumerate(sorted(understood.older), start=first):
        known = understood.known[sha256]
        name = min(name for machine, name in known.names if machine == known.machine)
        incoming.append(_incoming(place, number, sha256, 0, place.choose(name), known.received_at))
    zone, sensors = place.factory.settings.factory.timezone, place.factory.sensors
    where = staging.folder(place.factory.data, batch.id) / "again"
    again = decode(incoming, place.raw.read, zone, sensors, where)
    numbers = [(file.number, file.sha256, file.layout or "", to_us(understood.known[file.sha256].received_at)) for file in again.files]
    return again, numbers


def _causes(batch: Batch, understood: _Understood) -> tuple[tuple[Any, ...], ...]:
    """Why facts that were told before change: machine, hour, cause, file, when, batch."""
    settled = understood.settled
    causes = []
    for machine, hour in sorted(understood.touched):
        if not understood.index.told(machine, hour):
            continue
        before = understood.index.before_batch.get((machine, hour))
        holders = [
            (arrival.sha256, settled.statuses[arrival.id])
            for arrival in batch.arrivals
            if (file := settled.files.get(arrival.sha256)) and file.machine == machine and hour in {one.hour for one in file.hours}
        ]
        versions = [sha256 for sha256, status in holders if status == "version"]
        if before is None or not before.items:
            cause, sha256 = "late", holders[0][0] if holders else ""
        elif versions or not holders:
            cause = "version"
            sha256 = versions[0] if versions else next((s for s, ok in settled.in_force.items() if ok and settled.files[s].machine == machine), "")
        else:
            cause, sha256 = "overlap", holders[0][0]
        causes.append((machine, hour, cause, sha256, to_us(batch.started_at), batch.id))
    return tuple(causes)


Told = dict[str, dict[str, int]]  # by sha256: items_new, items_known, items_changed, items_repeated


def _account(batch: Batch, staged: Staged, understood: _Understood, task: Task, made: Made) -> tuple[Counts, Told]:
    """The law of accounting: records = new + known + changed + repeated; items now = before + new - withdrawn."""
    settled = understood.settled
    told: Told = {}
    counts = Counts()
    for sha256, file in settled.files.items():
        by_default = {"items_new": file.records - file.repeated, "items_known": 0, "items_changed": 0, "items_repeated": file.repeated}
        told[sha256] = made.outcomes.get(file.number, by_default)
        for name, count in told[sha256].items():
            counts.items[name.removeprefix("items_")] += count
        for total, own in (("total", file.rows), ("records", file.records), ("quarantined", file.quarantined), ("skipped", file.skipped)):
            counts.rows[total] += own
    before = sum(state.items for state in understood.index.before_batch.values())
    counts.items["withdrawn"] = before + counts.items["new"] - sum(made.items.values())
    counts.files["seen"] = len(batch.arrivals)
    for status in settled.statuses.values():
        counts.files[status] += 1
    return counts, told


def _write_files(place: Workplace, lake: Lake, batch: Batch, staged: Staged, understood: _Understood, told: Told) -> None:
    settled = understood.settled
    rows = [_file_row(arrival, understood, told) for arrival in batch.arrivals]
    again = sorted(settled.beaten)
    where = None
    if again:
        old = lake.collect(lake.read(files.TABLE, Values("file_sha256", tuple(again))))
        rows += [{**row, "in_force": False} for row in old]
        where = Values("arrival", tuple(row["arrival"] for row in rows))
    if rows:
        lake.replace(files.TABLE, _frame(lake, files.TABLE, rows), where, batch.id)
    received = {arrival.sha256: to_us(arrival.received_at) for arrival in batch.arrivals}
    by_number = {file.number: file for file in staged.files if settled.files.get(file.sha256) is file}
    refused = [
        {
            "file_sha256": by_number[row.number].sha256, "name": understood.names[row.number], "machine": by_number[row.number].machine,
            "row_no": row.row_no, "reason": row.reason, "column_name": row.column, "value": row.value, "text": row.text,
            "status": "open" if row.row_no is None or settled.in_force.get(by_number[row.number].sha256) else "solved",
            "received_at": received[by_number[row.number].sha256],
        }
        for row in staged.refused
        if row.number in by_number
    ]  # fmt: skip
    # A better version came, or the file that was refused came under its right name: what was set aside of it is solved.
    solved = {*again, *(sha256 for sha256, file in settled.files.items() if file.refused is None and sha256 in understood.known)}
    where = None
    if solved:
        old = lake.collect(lake.read(quarantine.TABLE, Values("file_sha256", tuple(sorted(solved)))))
        mine = {row["file_sha256"] for row in refused}
        refused += [{**row, "status": "solved"} for row in old if row["file_sha256"] not in mine]
        where = Values("file_sha256", tuple(sorted(solved | mine)))
    if refused:
        lake.replace(quarantine.TABLE, _frame(lake, quarantine.TABLE, refused), where, batch.id)


def _frame(lake: Lake, table: Table, rows: Iterable[Mapping[str, Any]]) -> Frame:
    return lake.rows({column.name: column.kind for column in table.columns}, [[row[column.name] for column in table.columns] for row in rows])


def _file_row(arrival: Arrival, understood: _Understood, told: Told) -> dict[str, Any]:
    settled = understood.settled
    status = settled.statuses[arrival.id]
    file: DecodedFile | None = settled.files.get(arrival.sha256)
    first = status != "duplicate" and file is not None
    known = understood.known.get(arrival.sha256)
    counts = {"rows": 0, "records": 0, "quarantined": 0, "skipped": 0, **dict.fromkeys(("items_new", "items_known", "items_changed", "items_repeated"), 0)}
    if first and file is not None:
        counts |= {"rows": file.rows, "records": file.records, "quarantined": file.quarantined, "skipped": file.skipped, **told[arrival.sha256]}
    one: DecodedFile | KnownFile | None = file or known
    return counts | {
        "arrival": arrival.id, "file_sha256": arrival.sha256, "name": arrival.name, "machine": one and one.machine, "hour": one and one.hour,
        "layout": one and one.layout, "size": arrival.size, "received_at": to_us(arrival.received_at), "status": status,
        "reason": one and one.refused, "trailer": one.trailer if one else "none",
        "in_force": settled.in_force.get(arrival.sha256, known is not None and known.in_force and arrival.sha256 not in settled.beaten),
        "skew_ms": (file.last_at - to_us(arrival.modified_at)) // 1000 if file is not None and file.last_at is not None else None,
    }  # fmt: skip


def _finish(
    place: Workplace, lake: Lake, batch: Batch, staged: Staged, understood: _Understood, made: Made, counts: Counts, told: Told
) -> None:
    """The ledger's part of the batch, in one transaction; then readers are told."""
    settled = understood.settled
    states = [
        HourState(machine, hour, made.items.get((machine, hour), 0), *state)
        for (machine, hour), state in understood.hours.items()
        if (machine, hour) in understood.touched
    ]
    with transaction(place.engine) as connection:
        flipped = [key for key, (_, closed, _) in understood.hours.items() if closed is not None and key not in understood.touched]
        for machine, hour in flipped:
            _, closed, is_held = understood.hours[machine, hour]
            same = (machine_hour.c.machine == machine) & (machine_hour.c.hour == from_us(hour))
            connection.execute(update(machine_hour).where(same).values(closed_by=closed, held=is_held, compare=True))
        ledger.save_files(connection, settled.files.values(), settled.in_force)
        ledger.save_names(connection, settled.names)
        if settled.beaten:
            connection.execute(update(files_table).where(files_table.c.sha256.in_(sorted(settled.beaten))).values(in_force=False))
        ledger.save_hours(connection, states, {(state.machine, state.hour) for state in states})
        for arrival_id, status in settled.statuses.items():
            connection.execute(update(arrivals_table).where(arrivals_table.c.id == arrival_id).values(status=status))
        receipts.write(connection, [(a.id, a.sha256, _receipt(a, batch, understood, made, told)) for a in batch.arrivals])
        finished = update(batches).where(batches.c.id == batch.id)
        summary = {"files": counts.files, "rows": counts.rows, "items": counts.items}
        connection.execute(finished.values(finished_at=batch.started_at, versions=lake.versions(), counts=summary))
    lake.publish(batch.id)


def _receipt(arrival: Arrival, batch: Batch, understood: _Understood, made: Made, told: Told) -> dict[str, Any]:
    row = _file_row(arrival, understood, told)
    file = understood.settled.files.get(arrival.sha256)
    restated = [hour for hour in file.hours if (file.machine, hour.hour) in made.restated] if file else []
    about = {name: value for name, value in row.items() if name not in ("received_at", "hour")}
    return about | {
        "received_at": _iso(arrival.received_at),
        "modified_at": _iso(arrival.modified_at),
        "source": arrival.source,
        "batch": batch.id,
        "hour": _iso(from_us(row["hour"])) if row["hour"] is not None else None,
        "layout_version": file.layout_version if file else None,
        "first_counter": file.first_counter if file else None,
        "last_counter": file.last_counter if file else None,
        "first_at": _iso(from_us(file.first_at)) if file and file.first_at is not None else None,
        "last_at": _iso(from_us(file.last_at)) if file and file.last_at is not None else None,
        "hour_hint_wrong": file.hour_hint_wrong if file else False,
        "hours_restated": [_iso(from_us(hour.hour)) for hour in restated],
    }


def _iso(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")
