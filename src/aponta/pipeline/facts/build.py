"""From a batch's records to every table they change: items, hours, runs, stops, production, restatements, OEE.

All frames are made and checked first, from the versions the batch started at, and their data files are written beside;
then they are committed, in the order of the flow. Run again after a kill, the same frames come out and what was
committed is not committed twice.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import astuple
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from aponta.config import Factory
from aponta.contract.decoded import STEADY_US
from aponta.contract.lake import Frame, Lake, Spans, stacked
from aponta.contract.layout import TOTALS
from aponta.contract.table import Kind, Table
from aponta.factory_calendar import HOUR_US
from aponta.pipeline.facts.blocks import blocks, hours_of_span, merge_spans
from aponta.pipeline.facts.ideal_cycles import ideal_rows
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.facts.placement import placement
from aponta.pipeline.facts.planned_time import PIECE, PlannedTime
from aponta.pipeline.facts.running_totals import increments
from aponta.pipeline.facts.scope import BatchChanges, BatchScope, TableWrite, spans_of_hours
from aponta.pipeline.facts.state_timeline import BUSY, KnownTime, StateTimeline, state_timelines
from aponta.pipeline.ledger.hours import Hour
from aponta.refine import sequence
from aponta.refine.gold import production, restatements
from aponta.refine.kpi import oee
from aponta.refine.silver import files, hours, items, runs, states, stops, totals

HOUR: dict[str, Kind] = {"machine": "string", "hour": "long"}
COVERED: dict[str, Kind] = {**HOUR, "covered": "boolean"}


class Facts:
    """The frames of one batch, each made when first asked for."""

    def __init__(self, lake: Lake, factory: Factory, index: Neighbours, task: BatchScope) -> None:
        self.lake, self.factory, self.index, self.task = lake, factory, index, task
        self.sensors = task.sensors
        self.blocks = blocks(task.touched, index)
        self._left_off = lake.rows(hours.LEFT_OFF, [])  # where each hour does, of those that tell running totals
        self.planned = PlannedTime(factory, index, task.touched)

    def writes(self) -> Iterator[TableWrite]:
        touched = spans_of_hours(self.task.touched)
        if self.task.touched:
            columns = [column.name for column in items.items_table(self.sensors).columns]
            made = self.items if self.task.has_totals else totals.none(self.items)
            # Decode told which rows stand twice in a file; of one alone in its hours the accounts count each hour.
            yield TableWrite(
                items.items_table(self.sensors), made.select(*columns), touched, not self.task.several_files
            )
            yield TableWrite(hours.TABLE, self.hours, touched)
            begun = self._rows(runs.TABLE, self._new_runs)
            yield TableWrite(runs.TABLE, begun, Spans(self._between(runs=True), "started_at"))
            if self.task.states is not None:
                ends = tuple((machine, first, last + HOUR_US - 1) for machine, first, last in touched.spans)
                yield TableWrite(states.TABLE, self._rows(states.TABLE, self.told), Spans(ends, "started_at"))
            stood = self._rows(stops.TABLE, self._new_stops)
            yield TableWrite(stops.TABLE, stood, Spans(self._between(runs=False), "started_at"))
        if self.task.touched or self.task.closed_meanwhile:
            yield TableWrite(
                production.TABLE,
                self.production_written,
                spans_of_hours({*self.task.touched, *self.task.closed_meanwhile}),
            )
        if self.restated_rows:
            yield TableWrite(restatements.TABLE, self._rows(restatements.TABLE, self.restated_rows), None)
        if self.task.touched:
            yield TableWrite(oee.TABLE, self.oee, Spans(self.spans))

    def made(self) -> BatchChanges:
        if not self.task.touched:
            return BatchChanges({}, frozenset(), False, {}, frozenset())
        of_hours = self.lake.collect(self.hours.select("machine", "hour", "items", "first_at"))
        counted = {(row["machine"], row["hour"]): row["items"] for row in of_hours}
        made = frozenset((row["machine"], row["hour"]) for row in of_hours if row["first_at"] is not None)
        restated = frozenset((row["machine"], row["hour"]) for row in self.restated_rows)
        contested = self.task.several_files
        return BatchChanges(counted, made, contested, self._outcomes() if contested else {}, restated)

    # -- items in order

    @cached_property
    def _placed(self) -> Frame:
        """The touched hours' items, each in its block."""
        beside = placement(self.lake, self.factory, self.task, self.blocks, self.planned)
        found = items.items(self.task.records, beside, self.sensors, contested=self.task.several_files)
        if self.task.has_totals:
            counts = increments(self.lake, self.factory, self.index, self.task, found)
            found, self._left_off = counts.items, counts.last_values
        else:
            found = found.drop(*TOTALS)
        return self.lake.materialize(items.reassigned(found, self.task.reassignments, telling=self.task.has_totals))

    def _ordered(self, placed: Frame) -> Frame:
        edges = [
            (block.machine, block.number, edge.at, edge.hour, edge.product, edge.cycle_us, edge.cycles, side)
            for block in self.blocks
            for edge, side in ((block.left, -1), (block.right, 1))
        ]
        edges += [
            (block.machine, block.number, edge.at, edge.hour, edge.running_product, 0, 1, 2)
            for block in self.blocks
            if (edge := block.right).running_product != edge.product
        ]
        one = nw.lit(1, nw.Int64)
        told = nw.when(totals.tell()).then(nw.col("pieces")).otherwise(one) if self.task.has_totals else one
        needed = placed.with_columns(cycles=told).select(
            *sequence.NEEDED
        )  # sorting moves whole rows: only what order is read from
        return sequence.sequence(needed, self.lake.rows(sequence.EDGE, edges))

    @cached_property
    def notable(self) -> Frame:
        alone = not self.task.several_files and self.shortest_us >= STEADY_US and not self.task.reassignments
        # Where each hour is one file's, and nobody reassigned any, decoding told already which items just go on.
        unsteady = nw.col("unsteady") > 0
        placed = self._placed.filter(unsteady) if alone else self._placed.with_columns(unsteady=nw.lit(2, nw.Int64))
        if self.task.has_totals:  # a row that shows nothing is there between items, and none itself
            placed = placed.filter((nw.col("pieces") > 0) | ~totals.tell())
        return self.lake.materialize(sequence.notable(self._ordered(placed), self.shortest_us))

    @cached_property
    def items(self) -> Frame:
        restarted = self.lake.collect(self.notable.filter(nw.col("restart")).select(nw.len().alias("n")))[0]["n"]
        if not restarted:
            return self._placed.with_columns(epoch=nw.lit(0, nw.Int64))
        epochs = sequence.epochs(self._ordered(self._placed)).filter(nw.col("side") == 0).select(*items.KEY, "epoch")
        return self.lake.materialize(self._placed.join(epochs, on=list(items.KEY), how="inner"))

    @cached_property
    def hours(self) -> Frame:
        covered = [(*hour, covered) for hour, covered in self.task.touched.items()]
        counts = self._placed.group_by("machine", "hour").agg(nw.len().alias("items"))
        return self.lake.materialize(
            hours.hours(self.notable, counts, self.lake.rows(COVERED, covered), self._left_off)
        )

    # -- runs and stops: those of the blocks are new, those around them stay

    @cached_property
    def _new_runs(self) -> list[dict[str, Any]]:
        return self.lake.collect(runs.runs(self.notable))

    @cached_property
    def _limits(self) -> list[tuple[str, int | None, int | None]]:
        machines = self.factory.machines.values()
        return [(one.machine, _us(one.micro_stop_after_s), _us(one.stop_after_s)) for one in machines]

    @property
    def shortest_us(self) -> int:
        """No gap that is not longer can be a stop."""
        return min([stops.DEFAULT_MICRO_STOP_US, *(limit for _, limit, _ in self._limits if limit)])

    @cached_property
    def told(self) -> list[dict[str, Any]]:
        """silver.states of the touched hours."""
        return [] if self.task.states is None else self.lake.collect(self.task.states)

    @cached_property
    def timelines(self) -> dict[int, StateTimeline]:
        """What machines told of themselves around each block, by its number."""
        if self.task.states is None:
            return {}
        return state_timelines(self.lake, self.blocks, self.told, self.task.touched, self.index)

    @cached_property
    def spans(self) -> tuple[tuple[str, int, int], ...]:
        """The hours whose KPIs depend on the blocks: machine, first, last."""
        return merge_spans([*(block.span for block in self.blocks), *(one.span for one in self.timelines.values())])

    @cached_property
    def _new_stops(self) -> list[dict[str, Any]]:
        limits = self.lake.rows(stops.LIMITS, self._limits)
        busy = self.pieces.filter(nw.col("busy"), nw.col("covered"))
        gaps = stops.gaps(self.notable, self.shortest_us)
        if not self.timelines:
            return self.lake.collect(stops.stops(gaps, busy, self.ideal, limits))
        rows = self.planned.rows(self.spans)
        known = KnownTime(
            tuple(self.timelines.values()), [(row[0], row[2], row[3]) for row in rows if row[6] and row[7]]
        )
        found = stops.stops(gaps, self.lake.rows(BUSY, known.unknown_time()), self.ideal, limits)
        stood = self.lake.rows(states.STRETCH, map(astuple, known.intervals()))
        told = states.stops(stood, busy, limits, self._in_force)
        return [*known.without_known(self.lake.collect(found)), *self.lake.collect(told)]

    def _between(self, *, runs: bool) -> tuple[tuple[str, int, int], ...]:
        """The times in which a block's stops (from its left edge on) or runs (up to its right edge) begin."""
        after = 1 if runs else 0
        of_blocks = [
            (one.machine, one.starts[0] + (after if one.left.product is not None else 0), one.starts[1] + after)
            for one in self.blocks
        ]
        into = [] if runs else [begun for one in self.timelines.values() for begun in one.stop_before]
        return (*of_blocks, *into)

    def _around(self, table: Table, since: Mapping[str, int]) -> list[dict[str, Any]]:
        """The rows of silver.runs or silver.stops in the spans that the blocks do not replace."""
        first = {machine: min(since.get(machine, start), start) for machine, start, _ in reversed(self.spans)}
        wanted = Spans(
            tuple((machine, first[machine], last + HOUR_US - 1) for machine, _, last in self.spans), "started_at"
        )
        replaced = self._between(runs=table is runs.TABLE)
        return [
            row
            for row in self.lake.collect(self.lake.read(table, wanted))
            if not any(
                machine == row["machine"] and first <= row["started_at"] <= last for machine, first, last in replaced
            )
        ]

    def _rows(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> Frame:
        schema = {column.name: column.kind for column in table.columns}
        return self.lake.rows(schema, [[row[name] for name in schema] for row in rows])

    # -- facts

    @cached_property
    def production_new(self) -> Frame:
        open_hours = self.lake.rows(HOUR, sorted(self.task.open_hours))
        return self.lake.materialize(production.production(self.items, open_hours, telling=self.task.has_totals))

    @cached_property
    def production_written(self) -> Frame:
        if not self.task.closed_meanwhile:
            return self.production_new
        closed = self.lake.read(production.TABLE, spans_of_hours(self.task.closed_meanwhile))
        closed = production.provisional(closed, self.lake.rows(HOUR, []))
        return stacked([self.production_new, closed]) if self.task.touched else closed

    @cached_property
    def restated_rows(self) -> list[dict[str, Any]]:
        if not self.task.causes:
            return []
        told = spans_of_hours([(cause[0], cause[1]) for cause in self.task.causes])
        old = self.lake.read(production.TABLE, told)
        causes = self.lake.rows(restatements.CAUSES, self.task.causes)
        return self.lake.collect(restatements.restatements(old, self.production_new, causes))

    @cached_property
    def oee(self) -> Frame:
        since: dict[str, int] = {}
        for block in self.blocks:
            before = self.index.before(block.machine, block.left.hour)
            begun = None if before is None else self.index.row(block.machine, before)["last_at"]
            since.setdefault(
                block.machine, begun or self.index.limits(block.machine)[0]
            )  # a first stop, before any item
        for line in self.timelines.values():  # a state that was told before the span and reaches into it
            machine, first, _ = line.span
            reaching = [one.started_at for one in line.intervals if one.started_at < first]
            since[machine] = min([since[machine], *reaching[-1:]])
        stood = [*self._around(stops.TABLE, since), *self._new_stops]
        around = self._untouched(self.spans)
        beside = self.lake.read(production.TABLE, spans_of_hours(around)) if around else None
        facts = self.production_new if beside is None else stacked([self.production_new, beside])
        return self.lake.materialize(
            oee.oee(self.pieces, self._in_force, self._rows(stops.TABLE, stood), facts, self.ideal)
        )

    @cached_property
    def _in_force(self) -> Frame:
        made = [*self._around(runs.TABLE, {}), *self._new_runs]
        return self.lake.materialize(
            runs.in_force(self._rows(runs.TABLE, made), self.lake.rows(runs.CARRY, self._carried()))
        )

    def _carried(self) -> Iterator[tuple[str, int, str]]:
        """The product in force when each span begins: the last one made before it, else the first one made."""
        first_made = {
            (row["machine"], row["hour"]): row["first_product"]
            for row in self.lake.collect(self.hours.filter(~nw.col("first_product").is_null()))
        }
        for machine, start, _ in self.spans:
            before, after = self.index.before(machine, start), self.index.after(machine, start - 1)
            if before is not None:
                yield machine, start, self.index.row(machine, before)["last_product"]
                continue
            made = {hour: product for (name, hour), product in first_made.items() if name == machine}
            if after is not None:
                made[after] = self.index.row(machine, after)["first_product"]
            yield machine, start, made[min(made)] if made else "unknown"

    def _untouched(self, spans: Collection[tuple[str, int, int]]) -> set[Hour]:
        """The hours of the spans whose facts stay as they are."""
        return {
            key
            for key, state in self.index.known.items()
            if state.items and any(key[0] == span[0] and span[1] <= key[1] <= span[2] for span in spans)
        }

    # -- what frames need beside them

    @cached_property
    def pieces(self) -> Frame:
        """Of the spans, but not of hours that fell away before the machine's first report, or after its last."""
        reported = []
        for machine, first, last in self.spans:
            since, until = self.index.limits(machine)
            reported.append((machine, max(first, since), min(last, until)))
        return self.lake.rows(PIECE, self.planned.rows(span for span in reported if span[1] <= span[2]))

    @cached_property
    def ideal(self) -> Frame:
        """The ideal cycle of each product that was made in the spans, by hour."""
        made = {
            (row["machine"], row["product"])
            for row in self.lake.collect(self.production_new.select("machine", "product").unique())
        }
        beside = {
            (block.machine, edge.product)
            for block in self.blocks
            for edge in (block.left, block.right)
            if edge.product is not None
        }
        around = self._untouched(self.spans)
        if around:
            before = self.lake.read(production.TABLE, spans_of_hours(around), ["machine", "product"])
            beside |= {(row["machine"], row["product"]) for row in self.lake.collect(before.unique())}
        wanted: dict[str, set[int]] = {}
        for span in self.spans:
            wanted.setdefault(span[0], set()).update(hours_of_span(span))
        return self.lake.rows(
            {"machine": "string", "product": "string", "hour": "long", "ideal_us": "long"},
            ideal_rows(self.factory, made | beside, wanted),
        )

    def _outcomes(self) -> dict[int, dict[str, int]]:
        old = self.lake.read(items.items_table(self.sensors), spans_of_hours(self.task.touched))
        found = self.lake.collect(files.outcomes(self.task.new_records, self.items, old, self.sensors))
        return {row.pop("file"): row for row in found}


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000_000)
