"""The conveyor: one pass over what has come, step after step, each from what the last one left."""

import time
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib import import_module
from threading import Thread
from typing import Any, Literal

from sqlalchemy import Engine

from aponta.collect.landing import CollectResult, collect
from aponta.collect.raw import RawZone
from aponta.collect.sources import every_source
from aponta.config import Factory
from aponta.contract.clock import Clock, system_clock
from aponta.contract.decoded import Staged
from aponta.contract.lake import Lake
from aponta.errors import ConfigError, ContractError
from aponta.factory_calendar import HOUR_US, from_us, holidays_of, to_us
from aponta.lake.open import open_lake
from aponta.lake.published import check_lake, published_batch, published_versions
from aponta.ops import memory
from aponta.ops.database import transaction
from aponta.ops.lock import Holder, exclusive
from aponta.pipeline import declare, staging
from aponta.pipeline.batch import refine_batch, stage_batch
from aponta.pipeline.context import Context
from aponta.pipeline.files.accounting import PassCounts
from aponta.pipeline.files.closing import close_after_us
from aponta.pipeline.ledger import batches, receipts
from aponta.pipeline.ledger.arrivals import waiting_files
from aponta.pipeline.ledger.hours import has_open_hours
from aponta.pipeline.restate import restatement
from aponta.pipeline.restate.restatement import HoursToRestate
from aponta.pipeline.upgrade import FolderUpgrade, Upgrade
from aponta.refine.tables import all_tables

Step = Literal["collect", "decode", "refine", "ship"]
STEPS: tuple[Step, ...] = ("collect", "decode", "refine", "ship")


@dataclass
class Report:
    """What a pass did."""

    run: str = ""  # names it in the log
    batch: int = 0  # the last one that readers know
    counts: PassCounts = field(default_factory=PassCounts)
    collected: CollectResult | None = None
    restated: dict[str, HoursToRestate] = field(default_factory=dict)  # by machine: what its facts rest on has changed
    shipped: declare.Shipped = field(default_factory=declare.Shipped)
    upgraded: Upgrade = field(default_factory=Upgrade)  # what an earlier release had left
    no_start: tuple[str, ...] = ()  # destinations that nobody said from when on to declare to
    seconds: float = 0
    profile: dict[str, float] = field(default_factory=dict)  # seconds by step

    def as_json(self) -> dict[str, Any]:
        stock = {name: getattr(self.shipped, name) for name in ("prepared", "acknowledged", "rejected", "unknown")}
        return {
            "run": self.run,
            "files": self.counts.files,
            "rows": self.counts.rows,
            "items": self.counts.items,
            "restated": [asdict(one) for _, one in sorted(self.restated.items())],
            "stock": stock,
            "upgraded": self.upgraded.as_json(),
            "seconds": round(self.seconds, 3),
            "profile": {name: round(spent, 3) for name, spent in self.profile.items()},
        }


@dataclass(frozen=True)
class Progress:
    """Who is told of progress (step, done, total), that another pass is waited for, and of an upgrade."""

    step: Callable[[str, int, int], None] = lambda step, done, total: None
    wait: Callable[[Holder], None] = lambda holder: None
    upgraded: Callable[[Upgrade], None] = lambda upgrade: None


def run_pass(
    factory: Factory,
    *,
    clock: Clock = system_clock,
    steps: Sequence[Step] = STEPS,
    wait_seconds: float = 30,
    wait_for_young: bool = True,
    watcher: Progress | None = None,
    run_id: str = "",
    resting: Container[str] = (),
    asked: bool = True,
) -> Report:
    """One pass. A second one right after finds nothing to do. resting: sources that are not looked into this time.
    asked: a person or a schedule wants it now; else stock systems that lately did not answer are left in peace.
    Raises ConfigError, ContractError, TransientError.
    """
    started = time.perf_counter()
    watcher = watcher or Progress()
    upgrade = FolderUpgrade(factory, clock, watcher.upgraded)
    with exclusive(factory, clock, wait_seconds, watcher.wait, upgrade.database) as engine, memory.kept():
        passing = Pass(factory, engine, clock, steps, watcher)
        passing.report.run, passing.asked = run_id, asked
        passing.check_ledger()
        passing.outdated = upgrade.tables(lambda: passing.lake)
        passing.report.upgraded = upgrade.done
        if "collect" in steps:
            passing.collect(wait_for_young, resting)
        if "decode" in steps or "refine" in steps:
            passing.work()
        if "refine" in steps:
            passing.notice()
        if "ship" in steps:
            passing.ship()
        if "refine" in steps:
            passing.restate()
        if "ship" in steps and passing.counts_changed:
            passing.ship()
        passing.tidy()
    passing.report.seconds = time.perf_counter() - started
    return passing.report


class Pass:
    def __init__(
        self, factory: Factory, engine: Engine, clock: Clock, steps: Sequence[Step], watcher: Progress
    ) -> None:
        self.factory, self.engine, self.clock, self.steps, self.progress = factory, engine, clock, steps, watcher
        self.raw = RawZone(factory.data / "raw")
        self.place = Context(factory, engine, self.raw)
        self.report = Report()
        self.warm = self.noticed = False
        self.outdated = False  # published.json, by its columns
        self.asked = True
        self.backfilled = False  # a batch of one in each pass: what is new goes first

    def check_ledger(self) -> None:
        """A ledger that was lost, or put back from an old copy, numbers batches that the lake takes for done: their
        rows would be left out in silence. And a lake that is gone is not an empty one.
        """
        told = published_batch(self.factory.lake_folder)
        with transaction(self.engine) as connection:
            known, versions = batches.last_published(connection)
            receipts.check_format(connection)
        if told > known:
            raise ContractError("pipeline.ledger_behind", told=told, known=known)
        check_lake(self.factory.lake_folder, versions)

    def warm_up(self) -> None:
        """Loads what later steps need while the first ones wait for the disk: loading is a third of a short pass.

        Only once there is work: a watcher that has none holds neither engine.
        """
        if self.warm:
            return
        self.warm = True

        def load() -> None:
            import_module("aponta.decode.files")
            import_module("aponta.lake.embedded")

            country = self.factory.calendar.holidays.country
            if country:
                with suppress(ConfigError):  # whoever needs the calendar says so
                    holidays_of(country, self.factory.calendar.holidays.state, self.clock().year)

        Thread(target=load, daemon=True).start()

    @cached_property
    def lake(self) -> Lake:
        return open_lake(self.factory.lake_folder, self.published()[1])

    def published(self) -> tuple[int, dict[str, int]]:
        """The last finished batch, and the versions readers see or, after a kill, are to be told of."""
        with transaction(self.engine) as connection:
            number, versions = batches.last_published(connection)
        for name, version in published_versions(self.factory.lake_folder).items():
            versions[name] = max(version, versions.get(name, 0))
        return number, versions

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        since = time.perf_counter()
        try:
            yield
        finally:
            spent = self.report.profile
            spent[step] = spent.get(step, 0.0) + time.perf_counter() - since

    def collect(self, wait_for_young: bool, resting: Container[str]) -> None:
        def progress(done: int, total: int) -> None:
            self.warm_up()
            self.progress.step("collect", done, total)

        with self.timed("collect"):
            self.report.collected = collect(
                every_source(self.factory, self.engine, resting),
                self.raw,
                self.engine,
                self.clock,
                self.factory.settings.landing.stable_seconds,
                wait=wait_for_young,
                progress=progress,
            )

    def notice(self) -> None:
        """Has the calendar changed, or what else facts rest on? Once, before any fact is computed; not before the first
        files are decoded, while what it needs is still being loaded.
        """
        if self.noticed:
            return
        self.noticed = True
        with self.timed("restate"):
            restatement.detect_changes(self.factory, self.engine, self.clock(), lambda: self.lake)

    def work(self) -> None:
        """Batch after batch, until nothing waits. While one is refined the next is decoded."""
        with transaction(self.engine) as connection:
            total = waiting_files(connection)
        finished = 0
        with ThreadPoolExecutor(1) as beside:
            ahead: Future[tuple[batches.Batch, Staged]] | None = None
            while (batch := self._next()) is not None:
                if batch.restates is not None:
                    self._restate(batch)
                    continue
                with self.timed("decode"):
                    if ahead is not None:
                        ahead.result()
                    batch, staged = stage_batch(
                        self.place,
                        batch,
                        lambda n, of=finished: self.progress.step("decode", of + n, total),  # type: ignore[misc]
                    )
                finished += len(batch.arrivals)
                if "refine" in self.steps:
                    following = self._next(beyond=batch) if "decode" in self.steps else None
                    ahead = beside.submit(stage_batch, self.place, following) if following is not None else None
                    self.notice()
                    with self.timed("refine"):
                        self.progress.step("refine", finished, total)
                        _, base = self.published()
                        self.report.counts.add(refine_batch(self.place, batch, staged, self.lake, base))

    def _next(self, beyond: batches.Batch | None = None) -> batches.Batch | None:
        """The batch to work on, or the one after it: one left over, else a new one. Decoding alone goes on to the next
        files; refining alone takes what was staged."""
        planning, refining = "decode" in self.steps, "refine" in self.steps
        with transaction(self.engine) as connection:
            for batch in batches.unfinished_batches(connection):
                staged = batch.restates is not None or staging.exists(self.factory.data, batch.id)
                if (refining and (staged or planning) or planning and not staged) and (
                    beyond is None or batch.id != beyond.id
                ):
                    self.backfilled |= any(one.redecode == "always" for one in batch.arrivals)
                    return batch
            if not planning:
                return None
            now = self.clock()
            overdue = from_us(to_us(now) - HOUR_US - close_after_us(self.factory))
            closing = refining and beyond is None and has_open_hours(connection, until=overdue)
            planned = batches.plan_batch(connection, now, closing=closing, backfill=not self.backfilled)
            self.backfilled |= planned is not None and any(one.redecode == "always" for one in planned.arrivals)
            return planned

    def ship(self) -> None:
        self.report.no_start = tuple(one.name for one in self.factory.settings.stock if one.start is None)
        with self.timed("ship"):
            compared = declare.declare_changes(self.factory, self.engine, lambda: self.lake, self.clock)
            shipped = declare.post_declarations(
                self.factory,
                self.engine,
                self.clock,
                lambda done, total: self.progress.step("ship", done, total),
                asked=self.asked,
            )
            self.report.shipped += compared + shipped
            declare.refresh_outbox_table(self.engine, lambda: self.lake, self.published()[0])

    def restate(self) -> None:
        """After the files that came, and after stock, which no calendar changes: neither waits for years of hours.
        What was reassigned is told to stock after it.
        """
        with transaction(self.engine) as connection:
            done, total = 0, restatement.pending_hours(connection, self.factory)
        while True:
            with transaction(self.engine) as connection:
                batch = restatement.plan_restatement(connection, self.factory, self.clock())
            if batch is None:
                return
            self.progress.step("restate", done, total)
            done += self._restate(batch)

    def _restate(self, batch: batches.Batch) -> int:
        """How many hours it were."""
        self.notice()
        with self.timed("restate"):
            told = restatement.restate(self.place, batch, self.lake, self.published()[1])
        for one in told:
            before = self.report.restated.get(one.machine, HoursToRestate(one.machine, 0, ()))
            self.report.restated[one.machine] = replace(one, hours=before.hours + one.hours)
        return sum(one.hours for one in told)

    @property
    def counts_changed(self) -> bool:
        return any(restatement.COUNTS & {*one.causes} for one in self.report.restated.values())

    def tidy(self) -> None:
        """Few large files instead of many small ones, and readers told of whatever they do not know yet."""
        with self.timed("tidy"):
            number, versions = self.published()
            if self.report.counts.files["seen"] or self.report.restated:
                for table in all_tables(self.factory.sensors):
                    self.lake.tidy(table, to_us(self.clock()))
            if "lake" in self.__dict__:  # it was opened: an idle pass opens none
                versions = self.lake.versions()
            self.report.batch = number
            if number and (self.outdated or versions != published_versions(self.factory.lake_folder)):
                self.lake.flush()
                self.lake.publish(number)
