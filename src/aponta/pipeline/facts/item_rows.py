"""The items of the touched hours in their order of time: what hours, runs, stops and production are read from."""

from dataclasses import dataclass
from functools import cached_property

import narwhals.stable.v2 as nw

from aponta.config import Factory
from aponta.contract.decoded import STEADY_US
from aponta.contract.lake import Frame, Lake
from aponta.contract.layout import TOTALS
from aponta.contract.table import Kind
from aponta.pipeline.facts.blocks import Block
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.facts.placement import placement
from aponta.pipeline.facts.planned_time import PlannedTime
from aponta.pipeline.facts.running_totals import Increments, increments
from aponta.pipeline.facts.scope import BatchScope
from aponta.refine import sequence
from aponta.refine.silver import hours, items, stops, totals

COVERED: dict[str, Kind] = {"machine": "string", "hour": "long", "covered": "boolean"}


@dataclass(frozen=True)
class ItemRows:
    """Frames of items, each computed when it is first asked for."""

    lake: Lake
    factory: Factory
    neighbours: Neighbours
    scope: BatchScope
    blocks: list[Block]
    planned: PlannedTime

    @cached_property
    def in_context(self) -> Increments:
        """The touched hours' items, each in its block; and the last values of running totals."""
        beside = placement(self.lake, self.factory, self.scope, self.blocks, self.planned)
        rows = items.items_of_records(
            self.scope.records, beside, self.scope.sensors, contested=self.scope.several_files
        )
        if self.scope.has_totals:
            counted = increments(self.lake, self.factory, self.neighbours, self.scope, rows)
        else:
            counted = Increments(rows.drop(*TOTALS), self.lake.rows(hours.LEFT_OFF, []))
        corrected = items.apply_reassignments(
            counted.items, self.scope.reassignments, with_totals=self.scope.has_totals
        )
        return Increments(self.lake.materialize(corrected), counted.last_values)

    @cached_property
    def items(self) -> Frame:
        """silver.items of the touched hours, with `epoch`: how often the counter restarted."""
        rows = self.in_context.items
        restarted = self.lake.collect(self.boundary_rows.filter(nw.col("restart")).select(nw.len().alias("n")))[0]["n"]
        if not restarted:
            return rows.with_columns(epoch=nw.lit(0, nw.Int64))
        epochs = sequence.epochs(self._ordered(rows)).filter(nw.col("side") == 0).select(*items.KEY, "epoch")
        return self.lake.materialize(rows.join(epochs, on=list(items.KEY), how="inner"))

    @cached_property
    def boundary_rows(self) -> Frame:
        """The rows at ends of hours and blocks, changes of product, gaps and jumps, between the blocks' neighbours."""
        # If each hour is of one file and nobody reassigned any, decode has already marked the items that just go on.
        marked = not self.scope.several_files and self.shortest_stop_us >= STEADY_US and not self.scope.reassignments
        rows = self.in_context.items
        rows = rows.filter(nw.col("unsteady") > 0) if marked else rows.with_columns(unsteady=nw.lit(2, nw.Int64))
        if self.scope.has_totals:  # a row that shows no increase stands between items, and is none itself
            rows = rows.filter((nw.col("pieces") > 0) | ~totals.has_total())
        return self.lake.materialize(sequence.boundary_rows(self._ordered(rows), self.shortest_stop_us))

    @cached_property
    def hours(self) -> Frame:
        """silver.hours of the touched hours."""
        covered = self.lake.rows(COVERED, [(*hour, is_covered) for hour, is_covered in self.scope.touched.items()])
        counts = self.in_context.items.group_by("machine", "hour").agg(nw.len().alias("items"))
        return self.lake.materialize(hours.hour_rows(self.boundary_rows, counts, covered, self.in_context.last_values))

    @property
    def limits(self) -> list[tuple[str, int | None, int | None]]:
        """stops.LIMITS: machine, micro-stop and stop limit in microseconds, where machines.csv gives them."""
        machines = self.factory.machines.values()
        return [(one.machine, _us(one.micro_stop_after_s), _us(one.stop_after_s)) for one in machines]

    @property
    def shortest_stop_us(self) -> int:
        """No gap that is not longer can be a stop."""
        return min([stops.DEFAULT_MICRO_STOP_US, *(limit for _, limit, _ in self.limits if limit)])

    def _ordered(self, rows: Frame) -> Frame:
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
        cycles = nw.when(totals.has_total()).then(nw.col("pieces")).otherwise(one) if self.scope.has_totals else one
        # Sorting moves whole rows: only the columns that order is read from.
        needed = rows.with_columns(cycles=cycles).select(*sequence.NEEDED)
        return sequence.sequence(needed, self.lake.rows(sequence.EDGE, edges))


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000_000)
