"""The conveyor: one pass over the files that came, step after step, each from what the last one left."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from threading import Thread

from sqlalchemy import Engine

from aponta.collect.landing import collect
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
from aponta.ops.lock import exclusive
from aponta.pipeline import staging
from aponta.pipeline.batch import refine_batch, stage_batch
from aponta.pipeline.context import Context
from aponta.pipeline.declare import declare_changes
from aponta.pipeline.files.closing import close_after_us
from aponta.pipeline.ledger.arrivals import waiting_files
from aponta.pipeline.ledger.batches import Batch, last_published, plan_batch, unfinished_batches
from aponta.pipeline.ledger.hours import has_open_hours
from aponta.pipeline.ledger.receipts import check_format
from aponta.pipeline.outbox_table import refresh_outbox_table
from aponta.pipeline.post import post_declarations
from aponta.pipeline.report import PassOptions, Progress, Report
from aponta.pipeline.restate.restatement import COUNTS, detect_changes, pending_hours, plan_restatement, restate
from aponta.pipeline.upgrade import FolderUpgrade
from aponta.refine.tables import all_tables


def run_pass(
    factory: Factory,
    options: PassOptions | None = None,
    *,
    clock: Clock = system_clock,
    progress: Progress | None = None,
) -> Report:
    """One pass. A second one right after finds nothing to do.

    Raises ConfigError, ContractError, TransientError.
    """
    started = time.perf_counter()
    options, progress = options or PassOptions(), progress or Progress()
    upgrade = FolderUpgrade(factory, clock, progress.upgraded)
    with (
        exclusive(factory, clock, options.wait_seconds, progress.wait, upgrade.database) as engine,
        memory.keep_freed_memory(),
    ):
        report = _Pass(factory, engine, clock, options, progress).run(upgrade)
    report.seconds = time.perf_counter() - started
    return report


class _Pass:
    def __init__(
        self, factory: Factory, engine: Engine, clock: Clock, options: PassOptions, progress: Progress
    ) -> None:
        self.factory, self.engine, self.clock = factory, engine, clock
        self.options, self.steps, self.progress = options, options.steps, progress
        self.context = Context(factory, engine, RawZone(factory.data / "raw"))
        self.report = Report(run=options.run_id)
        self.is_warm = self.inputs_checked = False
        self.is_outdated = False  # published.json, by its columns
        self.backfilled = False  # one batch of a backfill in each pass: new files go first

    def run(self, upgrade: FolderUpgrade) -> Report:
        steps = self.steps
        self.check_ledger()
        self.is_outdated = upgrade.tables(lambda: self.lake)
        self.report.upgraded = upgrade.done
        if "collect" in steps:
            self.collect()
        if "decode" in steps or "refine" in steps:
            self.work()
        if "refine" in steps:
            self.detect_changes()
        if "ship" in steps:
            self.ship()
        if "refine" in steps:
            self.restate()
        if "ship" in steps and self.counts_changed:
            self.ship()
        self.tidy()
        return self.report

    def check_ledger(self) -> None:
        """A ledger that was lost, or restored from an old copy, numbers batches that the lake takes for done: their
        rows would be left out silently. And a lake that is gone is not an empty one.
        """
        in_lake = published_batch(self.factory.lake_folder)
        with transaction(self.engine) as connection:
            known, versions = last_published(connection)
            check_format(connection)
        if in_lake > known:
            raise ContractError("pipeline.ledger_behind", told=in_lake, known=known)
        check_lake(self.factory.lake_folder, versions)

    def warm_up(self) -> None:
        """Loads what later steps need while the first ones wait for the disk: loading is a third of a short pass.

        Only once there is work: an idle watcher holds neither engine.
        """
        if self.is_warm:
            return
        self.is_warm = True

        def load() -> None:
            import_module("aponta.decode.files")
            import_module("aponta.lake.embedded")

            country = self.factory.calendar.holidays.country
            if country:
                with suppress(ConfigError):  # raised again where the calendar is needed
                    holidays_of(country, self.factory.calendar.holidays.state, self.clock().year)

        Thread(target=load, daemon=True).start()

    @cached_property
    def lake(self) -> Lake:
        return open_lake(self.factory.lake_folder, self.published()[1])

    def published(self) -> tuple[int, dict[str, int]]:
        """The last finished batch, and the versions that readers see or, after a kill, are about to see."""
        with transaction(self.engine) as connection:
            number, versions = last_published(connection)
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

    def collect(self) -> None:
        def progress(done: int, total: int) -> None:
            self.warm_up()
            self.progress.step("collect", done, total)

        with self.timed("collect"):
            self.report.collected = collect(
                every_source(self.factory, self.engine, self.options.resting),
                self.context.raw,
                self.engine,
                self.clock,
                self.factory.settings.landing.stable_seconds,
                wait=self.options.wait_for_young,
                progress=progress,
            )

    def detect_changes(self) -> None:
        """Has the calendar or another input of the facts changed? Once, before any fact is computed; not before the
        first files are decoded, while what it needs is still being loaded.
        """
        if self.inputs_checked:
            return
        self.inputs_checked = True
        with self.timed("restate"):
            detect_changes(self.factory, self.engine, self.clock(), lambda: self.lake)

    def work(self) -> None:
        """Batch after batch, until nothing waits. While one is refined the next is decoded."""
        with transaction(self.engine) as connection:
            total = waiting_files(connection)
        finished = 0
        with ThreadPoolExecutor(1) as beside:
            ahead: Future[tuple[Batch, Staged]] | None = None
            while (batch := self._next()) is not None:
                if batch.restates is not None:
                    self._restate(batch)
                    continue
                with self.timed("decode"):
                    if ahead is not None:
                        ahead.result()
                    batch, staged = stage_batch(
                        self.context,
                        batch,
                        lambda n, of=finished: self.progress.step("decode", of + n, total),  # type: ignore[misc]
                    )
                finished += len(batch.arrivals)
                if "refine" in self.steps:
                    following = self._next(beyond=batch) if "decode" in self.steps else None
                    ahead = beside.submit(stage_batch, self.context, following) if following is not None else None
                    self.detect_changes()
                    with self.timed("refine"):
                        self.progress.step("refine", finished, total)
                        _, base = self.published()
                        self.report.counts.add(refine_batch(self.context, batch, staged, self.lake, base))

    def _next(self, beyond: Batch | None = None) -> Batch | None:
        """The batch to work on, or the one after it: one left over, else a new one. Decoding alone goes on to the next
        files; refining alone takes what was staged."""
        planning, refining = "decode" in self.steps, "refine" in self.steps
        with transaction(self.engine) as connection:
            for batch in unfinished_batches(connection):
                staged = batch.restates is not None or staging.exists(self.factory.data, batch.id)
                if (refining and (staged or planning) or planning and not staged) and (
                    beyond is None or batch.id != beyond.id
                ):
                    self.backfilled |= batch.is_backfill
                    return batch
            if not planning:
                return None
            now = self.clock()
            overdue = from_us(to_us(now) - HOUR_US - close_after_us(self.factory))
            closing = refining and beyond is None and has_open_hours(connection, until=overdue)
            planned = plan_batch(connection, now, closing=closing, backfill=not self.backfilled)
            self.backfilled |= planned is not None and planned.is_backfill
            return planned

    def ship(self) -> None:
        self.report.no_start = tuple(one.name for one in self.factory.settings.stock if one.start is None)
        with self.timed("ship"):
            declared = declare_changes(self.factory, self.engine, lambda: self.lake, self.clock)
            posted = post_declarations(
                self.factory,
                self.engine,
                self.clock,
                lambda done, total: self.progress.step("ship", done, total),
                requested=self.options.requested,
            )
            self.report.shipped += declared + posted
            refresh_outbox_table(self.engine, lambda: self.lake, self.published()[0])

    def restate(self) -> None:
        """After the files that came, and after stock, which no calendar changes: neither waits for years of hours.
        Reassigned quantities are declared after it.
        """
        with transaction(self.engine) as connection:
            done, total = 0, pending_hours(connection, self.factory)
        while True:
            with transaction(self.engine) as connection:
                batch = plan_restatement(connection, self.factory, self.clock())
            if batch is None:
                return
            self.progress.step("restate", done, total)
            done += self._restate(batch)

    def _restate(self, batch: Batch) -> int:
        """Returns the number of hours."""
        self.detect_changes()
        with self.timed("restate"):
            restated = restate(self.context, batch, self.lake, self.published()[1])
        for hours in restated:
            self.report.add_restated(hours)
        return sum(hours.hours for hours in restated)

    @property
    def counts_changed(self) -> bool:
        return any(COUNTS & {*hours.causes} for hours in self.report.restated.values())

    def tidy(self) -> None:
        """Compacts small files into few large ones, and publishes what readers do not see yet."""
        with self.timed("tidy"):
            number, versions = self.published()
            if self.report.counts.files["seen"] or self.report.restated:
                for table in all_tables(self.factory.sensors):
                    self.lake.tidy(table, to_us(self.clock()))
            if "lake" in self.__dict__:  # it was opened: an idle pass opens none
                versions = self.lake.versions()
            self.report.batch = number
            if number and (self.is_outdated or versions != published_versions(self.factory.lake_folder)):
                self.lake.flush()
                self.lake.publish(number)
