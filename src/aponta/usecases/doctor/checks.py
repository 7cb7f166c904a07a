"""Checks of `aponta doctor`, a small function each."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aponta import factory_calendar
from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.errors import ApontaError
from aponta.lake.open import open_lake
from aponta.lake.published import check_lake
from aponta.ops.database import connect, transaction
from aponta.ops.disk import LITTLE_FREE_MB
from aponta.pipeline.ledger.arrivals import sample_files
from aponta.pipeline.ledger.batches import last_published
from aponta.pipeline.restate import restatement
from aponta.pipeline.upgrade import planned_upgrade
from aponta.refine.gold.clocks import AHEAD_MS
from aponta.ship.destinations import open_destination
from aponta.usecases.doctor import sources
from aponta.usecases.doctor.finding import Finding
from aponta.usecases.read.drift import drifting_machines
from aponta.usecases.read.published import Published, query

EARLIEST_NOW = datetime(2026, 1, 1, tzinfo=UTC)  # a computer that runs this release and shows an earlier date is wrong


def check_all(factory: Factory) -> list[Finding]:
    """Findings of all checks. The configuration was read, so it is good: the checks are about all the rest."""
    findings = [
        Finding(
            "config",
            "good",
            "config",
            {"machines": len(factory.machines), "products": len(factory.products), "layouts": len(factory.layouts)},
        )
    ]
    for check in (
        sources.check_sources,
        _master_data,
        _calendar,
        _disk,
        _clock,
        _upgrade,
        _ops,
        _restating,
        _drift,
        _clocks,
        _stock,
    ):
        findings += check(factory)
    return findings


def _master_data(factory: Factory) -> Iterator[Finding]:
    if not factory.machines:
        yield Finding("master", "warning", "no_machines")
    for machine in factory.machines.values():
        if not any(line.machine in ("*", machine.machine) for line in factory.ideal_cycles):
            yield Finding("master", "warning", "no_ideal_cycle", {"machine": machine.machine})
    if not factory.products:
        yield Finding("master", "warning", "no_products")
    for line in factory.ideal_cycles:
        if line.machine != "*" and line.machine not in factory.machines:
            yield Finding("master", "warning", "cycle_machine", {"machine": line.machine})
        if line.product != "*" and line.product not in factory.products:
            yield Finding("master", "warning", "cycle_product", {"product": line.product})


def _calendar(factory: Factory) -> Iterator[Finding]:
    today = datetime.now(factory.zone).date()
    for line in sorted({machine.line for machine in factory.machines.values()}):
        year = factory_calendar.shifts(
            factory.calendar, factory.zone, line, today.replace(month=1, day=1), today.replace(month=12, day=31)
        )
        if year:
            hours = sum(shift.end - shift.start for shift in year) // factory_calendar.HOUR_US
            yield Finding("calendar", "good", "calendar", {"line": line, "hours": hours, "year": str(today.year)})
        else:
            yield Finding("calendar", "warning", "no_calendar", {"line": line})


def _disk(factory: Factory) -> Iterator[Finding]:
    free = shutil.disk_usage(factory.folder).free // 2**20
    yield Finding(
        "disk",
        "good" if free > LITTLE_FREE_MB else "bad",
        "disk" if free > LITTLE_FREE_MB else "disk_low",
        {"free": free},
    )


def _clock(factory: Factory) -> Iterator[Finding]:
    now = datetime.now(UTC)
    local = now.astimezone(factory.zone).strftime("%Y-%m-%d %H:%M")
    zone = factory.settings.factory.timezone
    yield Finding(
        "clock",
        "good" if now > EARLIEST_NOW else "bad",
        "clock" if now > EARLIEST_NOW else "clock_wrong",
        {"now": local, "zone": zone},
    )


def _upgrade(factory: Factory) -> Iterator[Finding]:
    """Upgrades that the next pass does to a folder of an earlier release. Another check reports a failing database."""
    try:
        upgrade = planned_upgrade(factory)
    except ApontaError as error:
        if error.code.startswith("lake."):
            yield Finding("lake", "bad", "lake_lost", {"why": error})
        return
    if upgrade.database is not None:
        facts: dict[str, Any] = {"revision": upgrade.database.revisions[0], "head": upgrade.database.revisions[-1]}
        copies = upgrade.copy_below(factory.folder)
        if copies is None:
            yield Finding("upgrade", "warning", "upgrade_server", facts)
        else:
            yield Finding("upgrade", "warning", "upgrade", facts | {"copies": copies})
    for table, columns in upgrade.columns.items():
        yield Finding("upgrade", "warning", "upgrade_table", {"table": table, "columns": ", ".join(columns)})


def _ops(factory: Factory) -> Iterator[Finding]:
    try:
        factory.data.mkdir(exist_ok=True)
        engine = connect(factory.ops_url)
    except (ApontaError, OSError) as error:
        if not isinstance(error, ApontaError) or error.code != "ops.older_database":  # `_upgrade` reports that
            yield Finding("ops", "bad", "ops_down", {"why": error})
        return
    yield Finding("ops", "good", "ops")
    try:
        with transaction(engine) as connection:
            _, versions = last_published(connection)
            known = sample_files(connection)
    finally:
        engine.dispose()
    try:
        check_lake(factory.lake_folder, versions)
        yield Finding("lake", "good", "lake", {"tables": len(versions)})
    except ApontaError as error:
        yield Finding("lake", "bad", "lake_lost", {"why": error})
    raw = RawZone(factory.data / "raw")
    missing = sorted(sha256 for sha256 in known if not raw.has(sha256))
    if missing:
        facts = {"missing": len(missing), "known": len(known), "example": missing[0]}
        yield Finding("raw", "bad", "raw_missing", facts)
    else:
        yield Finding("raw", "good", "raw", {"known": len(known)})


def _restating(factory: Factory) -> Iterator[Finding]:
    """Inputs that changed since facts were built from them. Another check reports a database that cannot be opened."""
    try:
        engine = connect(factory.ops_url)
    except (ApontaError, OSError):
        return

    try:
        pending = restatement.pending_restatements(
            factory, engine, datetime.now(UTC), lambda: open_lake(factory.lake_folder)
        )
    except ApontaError as error:
        yield Finding("lake", "bad", "lake_lost", {"why": error})
        return
    finally:
        engine.dispose()
    for causes in sorted({each.causes for each in pending}):
        restated = [each for each in pending if each.causes == causes]
        machines = ", ".join(each.machine for each in restated)
        facts = {"hours": sum(each.hours for each in restated), "machines": machines, "causes": causes}
        yield Finding("restate", "warning", "restate", facts)


def _drift(factory: Factory) -> Iterator[Finding]:
    """Machines whose last file was quarantined for the most part. Another check reports a lake that cannot be read."""
    try:
        files = drifting_machines(factory)
    except (ApontaError, OSError):
        return
    for file in files:
        facts = {"machine": file.machine, "name": file.name, "layout": file.layout}
        counts = {"aside": file.aside, "rows": file.rows}
        yield Finding("drift", "warning", "drift", {**facts, **counts, "hash": file.sha256[:12]})


def _clocks(factory: Factory) -> Iterator[Finding]:
    """Machines whose clock is ahead, or reported no time. Another check reports a lake that cannot be read."""
    try:
        rows = query(factory, "SELECT * FROM gold.clocks ORDER BY machine")
        lake = Published(factory)
        written_twice = {
            row["machine"]: lake.rows(_WRITTEN_TWICE, row["machine"])[0]["items"] for row in rows if row["rebuilt"]
        }
    except (ApontaError, OSError):
        return
    for row in rows:
        if row["rebuilt"]:
            yield Finding("machine_clock", "warning", "clock_rebuilt", row)
        if written_twice.get(row["machine"]):
            yield Finding("machine_clock", "warning", "clock_twice", row | {"items": written_twice[row["machine"]]})
        if row["skew_ms"] is not None and row["skew_ms"] > AHEAD_MS:
            seconds = {"skew_s": row["skew_ms"] / 1000, "jitter_s": row["jitter_ms"] / 1000}
            yield Finding("machine_clock", "warning", "clock_ahead", row | seconds)


# Items of its last week that the machine wrote again, to the letter, in files of other hours.
_WRITTEN_TWICE = """
WITH last AS (SELECT max(hour) AS hour FROM silver.hours WHERE machine = ?1 AND items > 0),
written_again AS (SELECT count(DISTINCT hour) - 1 AS more FROM silver.items
         WHERE machine = ?1 AND produced_at_source IS NOT NULL AND hour > (SELECT hour FROM last) - INTERVAL 7 DAY
         GROUP BY counter, produced_at_source, product_at_source, quality_at_source, product, quality, cycle_s)
SELECT coalesce(sum(more), 0)::BIGINT AS items FROM written_again"""


def _stock(factory: Factory) -> Iterator[Finding]:
    for section in factory.settings.stock:
        if section.start is None:
            yield Finding("stock", "bad", "stock_no_start", {"name": section.name})
        try:
            destination = open_destination(section, factory.stock_url(section), factory.folder)
            destination.check()
            list(destination.on_hand())
            yield Finding("stock", "good", "stock", {"name": section.name, "kind": section.kind})
        except ApontaError as error:
            yield Finding("stock", "bad", "stock_down", {"name": section.name, "why": error})
    if not factory.settings.stock:
        yield Finding("stock", "warning", "no_stock")
