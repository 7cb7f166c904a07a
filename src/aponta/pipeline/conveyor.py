"""The conveyor: one pass over what has come, step after step, each from what the last one left."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Engine, exists, select

from aponta.calendar import HOUR_US, from_us, to_us
from aponta.collect.folder import Folder
from aponta.collect.landing import Collected, collect
from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.clock import Clock, system_clock
from aponta.contract.decoded import Staged
from aponta.contract.lake import Lake
from aponta.contract.table import Table
from aponta.ops.database import connect, transaction
from aponta.ops.lock import Holder, pass_lock
from aponta.ops.tables import arrival, machine_hour
from aponta.pipeline import declare, ledger, staging
from aponta.pipeline.work import Counts, Workplace, refine, stage

Step = Literal["collect", "decode", "refine", "ship"]
STEPS: tuple[Step, ...] = ("collect", "decode", "refine", "ship")


@dataclass
class Report:
    """What a pass did. `trouble` needs a person or another try; it is empty when all is well."""

    counts: Counts = field(default_factory=Counts)
    collected: Collected | None = None
    shipped: declare.Shipped = field(default_factory=declare.Shipped)
    waiting: dict[str, int] = field(default_factory=dict)  # quarantined rows, rejected postings ... that wait for a person
    seconds: float = 0
    profile: dict[str, float] = field(default_factory=dict)  # seconds by step

    def as_json(self) -> dict[str, Any]:
        stock = {name: getattr(self.shipped, name) for name in ("prepared", "acknowledged", "rejected", "unknown")}
        return {
            "files": self.counts.files, "rows": self.counts.rows, "items": self.counts.items, "stock": stock,
            "seconds": round(self.seconds, 3), "profile": {name: round(spent, 3) for name, spent in self.profile.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Watcher:
    """Who is told of progress: step, done, total."""

    step: Callable[[str, int, int], None] = lambda step, done, total: None
    wait: Callable[[Holder], None] = lambda holder: None


def open_lake(factory: Factory, versions: Mapping[str, int]) -> Lake:
    from aponta.lake.embedded import EmbeddedLake

    return EmbeddedLake(factory.lake_folder, versions)


def run(
    factory: Factory,
    *,
    clock: Clock = system_clock,
    steps: Sequence[Step] = STEPS,
    wait_seconds: float = 30,
    wait_for_young: bool = True,
    watcher: Watcher = Watcher(),  # noqa: B008  # frozen
) -> Report:
    """One pass. A second one right after finds nothing to do. Raises ConfigError, ContractError, TransientError."""
    started = time.perf_counter()
    report = Report()
    factory.data.mkdir(exist_ok=True)
    with pass_lock(factory.data, wait_seconds, clock, watcher.wait):
        engine = connect(factory.ops_url)
        try:
            _pass(factory, engine, clock, steps, wait_for_young, watcher, report)
        finally:
            engine.dispose()
    report.seconds = time.perf_counter() - started
    return report


def _pass(
    factory: Factory, engine: Engine, clock: Clock, steps: Sequence[Step], wait_for_young: bool, watcher: Watcher, report: Report
) -> None:
    raw = RawZone(factory.data / "raw")
    spent = report.profile

    def timed(step: str, since: float) -> None:
        spent[step] = spent.get(step, 0.0) + time.perf_counter() - since

    if "collect" in steps:
        since = time.perf_counter()
        sources = [Folder(factory.folder / folder, factory.settings.landing.after, folder) for folder in factory.settings.landing.folders]
        report.collected = collect(
            sources, raw, engine, clock, factory.settings.landing.stable_seconds,
            wait=wait_for_young, progress=lambda done, total: watcher.step("collect", done, total),
        )  # fmt: skip
        timed("collect", since)
    total, finished = _waiting_files(engine), 0
    lake: Lake | None = None
    while "decode" in steps or "refine" in steps:
        batch = _next(factory, engine, clock, planning="decode" in steps, refining="refine" in steps)
        if batch is None:
            break
        since = time.perf_counter()

        def decoded(count: int, before: int = finished) -> None:
            watcher.step("decode", before + count, total)

        staged = stage(Workplace(factory, engine, raw, lambda base: open_lake(factory, base), decoded), batch)
        finished += len(batch.arrivals)
        timed("decode", since)
        if "refine" not in steps:
            continue
        since = time.perf_counter()
        watcher.step("refine", finished, total)
        report.counts.add(_refine(factory, engine, raw, batch, staged))
        timed("refine", since)
    if "refine" in steps or "ship" in steps:
        since = time.perf_counter()
        lake = _published(factory, engine)
        if "ship" in steps:
            report.shipped.prepared += declare.compare(factory, engine, lake, clock)
            shipped = declare.post(factory, engine, clock, lambda done, total: watcher.step("ship", done, total))
            report.shipped = declare.Shipped(
                report.shipped.prepared, shipped.acknowledged, shipped.rejected, shipped.unknown, shipped.stopped
            )
            declare.image(engine, lake)
        timed("ship", since)
        since = time.perf_counter()
        _tidy(factory, engine, lake, clock, bool(finished))
        timed("tidy", since)


def _next(factory: Factory, engine: Engine, clock: Clock, *, planning: bool, refining: bool) -> ledger.Batch | None:
    """The batch to work on: one left over, else a new one. A pass that only decodes goes on to the next files; one that only refines takes what was staged."""
    with transaction(engine) as connection:
        for batch in ledger.unfinished(connection):
            staged = (staging.folder(factory.data, batch.id) / "staged.json").exists()
            if refining and (staged or planning) or not staged and planning:
                return batch
        if not planning:
            return None
        return ledger.plan(connection, clock(), closing=refining and _hours_to_close(connection, factory, clock))


def _hours_to_close(connection: Any, factory: Factory, clock: Clock) -> bool:
    """Is any open hour past its time?"""
    minutes = max((one.close_after_minutes for one in factory.settings.stock), default=20)
    until = from_us(to_us(clock()) - HOUR_US - int(minutes * 60_000_000))
    overdue = exists().where(machine_hour.c.closed_by.is_(None), machine_hour.c.hour <= until)
    return bool(connection.execute(select(overdue)).scalar())


def _waiting_files(engine: Engine) -> int:
    from sqlalchemy import func

    with transaction(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(arrival).where(arrival.c.status.is_(None))).scalar() or 0)


def _refine(factory: Factory, engine: Engine, raw: RawZone, batch: ledger.Batch, staged: Staged) -> Counts:
    with transaction(engine) as connection:
        _, base = ledger.last_published(connection)
    place = Workplace(factory, engine, raw, lambda versions: open_lake(factory, versions), lambda count: None)
    return refine(place, batch, staged, base)


def _published(factory: Factory, engine: Engine) -> Lake:
    """The lake as the last finished batch left it; a kill before readers were told is made good."""
    from aponta.lake.embedded import published

    with transaction(engine) as connection:
        number, versions = ledger.last_published(connection)
    told = published(factory.lake_folder)
    lake = open_lake(factory, versions | {name: version for name, version in told.items() if version >= versions.get(name, 0)})
    if number and told != lake.versions():
        lake.publish(number)
    return lake


def _tidy(factory: Factory, engine: Engine, lake: Lake, clock: Clock, worked: bool) -> None:
    if not worked:
        return
    before = lake.versions()
    for table in tables(factory):
        lake.tidy(table, to_us(clock()))
    with transaction(engine) as connection:
        number, _ = ledger.last_published(connection)
    if lake.versions() != before or number:
        lake.publish(number)


def tables(factory: Factory) -> list[Table]:
    """Every table of the lake, in the order of the flow."""
    from aponta.refine.gold import production, restatements, stock_declarations
    from aponta.refine.kpi import oee
    from aponta.refine.silver import files, hours, items, quarantine, runs, stops

    return [
        files.TABLE, quarantine.TABLE, items.table(factory.sensors), hours.TABLE, runs.TABLE, stops.TABLE,
        production.TABLE, restatements.TABLE, stock_declarations.TABLE, oee.TABLE,
    ]  # fmt: skip


