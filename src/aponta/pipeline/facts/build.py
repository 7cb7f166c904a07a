"""From a batch's records to every table they change: items, hours, runs, stops, production, restatements, OEE.

All frames are made and checked first, from the versions the batch started at, and their data files are written beside;
then they are committed, in the order of the flow. Run again after a kill, the same frames come out and what was
committed is not committed twice.
"""

from collections.abc import Iterator
from dataclasses import astuple
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from aponta.config import Factory
from aponta.contract.lake import Frame, Lake, Spans, stacked, table_frame
from aponta.contract.table import Kind
from aponta.factory_calendar import HOUR_US
from aponta.pipeline.facts.blocks import blocks, hours_of_span
from aponta.pipeline.facts.ideal_cycles import ideal_rows
from aponta.pipeline.facts.item_rows import ItemRows
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.facts.planned_time import PlannedTime
from aponta.pipeline.facts.scope import BatchChanges, BatchScope, TableWrite, spans_of_hours
from aponta.pipeline.facts.state_timeline import BUSY, KnownTime
from aponta.pipeline.facts.surroundings import Surroundings
from aponta.refine.gold import production, restatements
from aponta.refine.kpi import oee
from aponta.refine.silver import files, hours, items, runs, states, stops, totals

HOUR: dict[str, Kind] = {"machine": "string", "hour": "long"}


class FactBuilder:
    """The frames of one batch, each computed when it is first asked for."""

    def __init__(self, lake: Lake, factory: Factory, neighbours: Neighbours, scope: BatchScope) -> None:
        self.lake, self.factory, self.neighbours, self.scope = lake, factory, neighbours, scope
        self.blocks = blocks(scope.touched, neighbours)
        self.planned = PlannedTime(factory, neighbours, scope.touched)
        self.rows = ItemRows(lake, factory, neighbours, scope, self.blocks, self.planned)
        self.around = Surroundings(lake, neighbours, scope, self.blocks, self.planned)

    def writes(self) -> Iterator[TableWrite]:
        """Every table that changes, in the order of the flow."""
        scope, touched = self.scope, spans_of_hours(self.scope.touched)
        if scope.touched:
            columns = [column.name for column in items.items_table(scope.sensors).columns]
            counted = self.rows.items if scope.has_totals else totals.without_totals(self.rows.items)
            # Decode knows which rows stand twice in a file; where a file is alone in its hours the accounts count each.
            proven = not scope.several_files
            yield TableWrite(items.items_table(scope.sensors), counted.select(*columns), touched, proven)
            yield TableWrite(hours.TABLE, self.rows.hours, touched)
            begun = table_frame(self.lake, runs.TABLE, self.new_runs)
            yield TableWrite(runs.TABLE, begun, Spans(self.around.replaced(runs.TABLE), "started_at"))
            if scope.states is not None:
                ends = tuple((machine, first, last + HOUR_US - 1) for machine, first, last in touched.spans)
                reported = table_frame(self.lake, states.TABLE, self.around.machine_states)
                yield TableWrite(states.TABLE, reported, Spans(ends, "started_at"))
            stopped = table_frame(self.lake, stops.TABLE, self.new_stops)
            yield TableWrite(stops.TABLE, stopped, Spans(self.around.replaced(stops.TABLE), "started_at"))
        if scope.touched or scope.closed_meanwhile:
            changed = spans_of_hours({*scope.touched, *scope.closed_meanwhile})
            yield TableWrite(production.TABLE, self.production_rows, changed)
        if self.restated_rows:
            yield TableWrite(restatements.TABLE, table_frame(self.lake, restatements.TABLE, self.restated_rows), None)
        if scope.touched:
            yield TableWrite(oee.TABLE, self.oee, Spans(self.around.spans))

    def changes(self) -> BatchChanges:
        """The changes of the touched hours, for the accounts."""
        several_files = self.scope.several_files
        if not self.scope.touched:
            return BatchChanges({}, frozenset(), False, {}, frozenset())
        of_hours = self.lake.collect(self.rows.hours.select("machine", "hour", "items", "first_at"))
        counts = {(row["machine"], row["hour"]): row["items"] for row in of_hours}
        with_rows = frozenset((row["machine"], row["hour"]) for row in of_hours if row["first_at"] is not None)
        restated = frozenset((row["machine"], row["hour"]) for row in self.restated_rows)
        return BatchChanges(counts, with_rows, several_files, self._outcomes() if several_files else {}, restated)

    # -- runs and stops: the blocks' own are new, those around them stay

    @cached_property
    def new_runs(self) -> list[dict[str, Any]]:
        return self.lake.collect(runs.product_runs(self.rows.boundary_rows))

    @cached_property
    def new_stops(self) -> list[dict[str, Any]]:
        limits = self.lake.rows(stops.LIMITS, self.rows.limits)
        busy = self.around.pieces.filter(nw.col("busy"), nw.col("covered"))
        gaps = stops.gaps(self.rows.boundary_rows, self.rows.shortest_stop_us)
        if not self.around.timelines:
            return self.lake.collect(stops.stops_of_gaps(gaps, busy, self.ideal, limits))
        planned = [(row[0], row[2], row[3]) for row in self.planned.rows(self.around.spans) if row[6] and row[7]]
        known = KnownTime(tuple(self.around.timelines.values()), planned)
        of_gaps = stops.stops_of_gaps(gaps, self.lake.rows(BUSY, known.unknown_time()), self.ideal, limits)
        intervals = self.lake.rows(states.STRETCH, map(astuple, known.intervals()))
        of_states = states.reported_stops(intervals, busy, limits, self.product_in_force)
        return [*known.without_known(self.lake.collect(of_gaps)), *self.lake.collect(of_states)]

    @cached_property
    def product_in_force(self) -> Frame:
        """runs.in_force of the spans."""
        made = [*self.around.rows_around(runs.TABLE, {}), *self.new_runs]
        carried = self.lake.rows(runs.CARRY, self._carried_products())
        return self.lake.materialize(runs.products_in_force(table_frame(self.lake, runs.TABLE, made), carried))

    def _carried_products(self) -> Iterator[tuple[str, int, str]]:
        """The product in force when each span begins: the last one made before it, else the first one made."""
        first_made = {
            (row["machine"], row["hour"]): row["first_product"]
            for row in self.lake.collect(self.rows.hours.filter(~nw.col("first_product").is_null()))
        }
        for machine, start, _ in self.around.spans:
            before, after = self.neighbours.before(machine, start), self.neighbours.after(machine, start - 1)
            if before is not None:
                yield machine, start, self.neighbours.row(machine, before)["last_product"]
                continue
            made = {hour: product for (name, hour), product in first_made.items() if name == machine}
            if after is not None:
                made[after] = self.neighbours.row(machine, after)["first_product"]
            yield machine, start, made[min(made)] if made else "unknown"

    # -- production and OEE

    @cached_property
    def production_now(self) -> Frame:
        """gold.production of the touched hours."""
        open_hours = self.lake.rows(HOUR, sorted(self.scope.open_hours))
        return self.lake.materialize(
            production.production(self.rows.items, open_hours, with_totals=self.scope.has_totals)
        )

    @cached_property
    def production_rows(self) -> Frame:
        """The rows to write: hours that closed meanwhile are provisional no more."""
        if not self.scope.closed_meanwhile:
            return self.production_now
        closed = self.lake.read(production.TABLE, spans_of_hours(self.scope.closed_meanwhile))
        closed = production.provisional(closed, self.lake.rows(HOUR, []))
        return stacked([self.production_now, closed]) if self.scope.touched else closed

    @cached_property
    def restated_rows(self) -> list[dict[str, Any]]:
        if not self.scope.causes:
            return []
        seen = spans_of_hours([(cause[0], cause[1]) for cause in self.scope.causes])
        before = self.lake.read(production.TABLE, seen)
        causes = self.lake.rows(restatements.CAUSES, self.scope.causes)
        return self.lake.collect(restatements.restatements(before, self.production_now, causes))

    @cached_property
    def oee(self) -> Frame:
        stopped = [*self.around.rows_around(stops.TABLE, self._stops_since()), *self.new_stops]
        facts, untouched = self.production_now, self.around.untouched
        if untouched:
            facts = stacked([facts, self.lake.read(production.TABLE, spans_of_hours(untouched))])
        stop_rows = table_frame(self.lake, stops.TABLE, stopped)
        return self.lake.materialize(oee.oee(self.around.pieces, self.product_in_force, stop_rows, facts, self.ideal))

    def _stops_since(self) -> dict[str, int]:
        """By machine, when the first stop may begin that reaches into its spans."""
        since: dict[str, int] = {}
        for block in self.blocks:
            before = self.neighbours.before(block.machine, block.left.hour)
            begun = None if before is None else self.neighbours.row(block.machine, before)["last_at"]
            # a first stop, before any item
            since.setdefault(block.machine, begun or self.neighbours.limits(block.machine)[0])
        for timeline in self.around.timelines.values():  # a state reported before the span that reaches into it
            machine, first, _ = timeline.span
            reaching = [interval.started_at for interval in timeline.intervals if interval.started_at < first]
            since[machine] = min([since[machine], *reaching[-1:]])
        return since

    @cached_property
    def ideal(self) -> Frame:
        """The ideal cycle of each product that was made in the spans, by hour."""
        made = _products(self.lake, self.production_now.select("machine", "product"))
        made |= {
            (block.machine, edge.product)
            for block in self.blocks
            for edge in (block.left, block.right)
            if edge.product is not None
        }
        untouched = self.around.untouched
        if untouched:
            columns = ["machine", "product"]
            made |= _products(self.lake, self.lake.read(production.TABLE, spans_of_hours(untouched), columns))
        hours_by_machine: dict[str, set[int]] = {}
        for span in self.around.spans:
            hours_by_machine.setdefault(span[0], set()).update(hours_of_span(span))
        return self.lake.rows(
            {"machine": "string", "product": "string", "hour": "long", "ideal_us": "long"},
            ideal_rows(self.factory, made, hours_by_machine),
        )

    def _outcomes(self) -> dict[int, dict[str, int]]:
        sensors = self.scope.sensors
        before = self.lake.read(items.items_table(sensors), spans_of_hours(self.scope.touched))
        outcomes = files.outcomes(self.scope.new_records, self.rows.items, before, sensors)
        return {row.pop("file"): row for row in self.lake.collect(outcomes)}


def _products(lake: Lake, rows: Frame) -> set[tuple[str, str]]:
    return {(row["machine"], row["product"]) for row in lake.collect(rows.unique())}
