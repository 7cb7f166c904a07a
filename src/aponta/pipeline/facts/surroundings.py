"""The surroundings of the touched hours: how far a change reaches, and the rows there that stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aponta.contract.lake import Frame, Lake, Spans
from aponta.contract.table import Table
from aponta.factory_calendar import HOUR_US
from aponta.pipeline.facts.blocks import Block, merge_spans
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.facts.planned_time import PIECE, PlannedTime
from aponta.pipeline.facts.scope import BatchScope
from aponta.pipeline.facts.state_timeline import StateTimeline, state_timelines
from aponta.pipeline.ledger.hours import Hour
from aponta.refine.silver import runs


@dataclass(frozen=True)
class Surroundings:
    lake: Lake
    neighbours: Neighbours
    scope: BatchScope
    blocks: list[Block]
    planned: PlannedTime

    @cached_property
    def machine_states(self) -> list[dict[str, Any]]:
        """silver.states of the touched hours."""
        return [] if self.scope.states is None else self.lake.collect(self.scope.states)

    @cached_property
    def timelines(self) -> dict[int, StateTimeline]:
        """The states that machines reported around each block, by its number."""
        if self.scope.states is None:
            return {}
        return state_timelines(self.lake, self.blocks, self.machine_states, self.scope.touched, self.neighbours)

    @cached_property
    def spans(self) -> tuple[tuple[str, int, int], ...]:
        """The hours whose KPIs depend on the blocks: machine, first, last."""
        return merge_spans(
            [*(block.span for block in self.blocks), *(timeline.span for timeline in self.timelines.values())]
        )

    @cached_property
    def pieces(self) -> Frame:
        """PIECE of the spans, without hours that fell away before the machine's first report, or after its last."""
        reported = []
        for machine, first, last in self.spans:
            since, until = self.neighbours.limits(machine)
            reported.append((machine, max(first, since), min(last, until)))
        return self.lake.rows(PIECE, self.planned.rows(span for span in reported if span[1] <= span[2]))

    @cached_property
    def untouched(self) -> set[Hour]:
        """The hours of the spans whose facts stay as they are."""
        return {
            (machine, hour)
            for (machine, hour), record in self.neighbours.known.items()
            if record.items and any(machine == name and first <= hour <= last for name, first, last in self.spans)
        }

    def replaced(self, table: Table) -> tuple[tuple[str, int, int], ...]:
        """The times in which rows of silver.runs or silver.stops begin that the blocks replace: stops from a block's
        left neighbour on, runs up to its right one.
        """
        is_runs = table is runs.TABLE
        after = 1 if is_runs else 0
        of_blocks = [
            (block.machine, block.starts[0] + (after if block.left.product is not None else 0), block.starts[1] + after)
            for block in self.blocks
        ]
        before = [] if is_runs else [stop for timeline in self.timelines.values() for stop in timeline.stop_before]
        return (*of_blocks, *before)

    def rows_around(self, table: Table, since: Mapping[str, int]) -> list[dict[str, Any]]:
        """The rows of silver.runs or silver.stops in the spans that the blocks do not replace.

        since: by machine, the time from which rows are read where that is before its first span.
        """
        first_at = {machine: min(since.get(machine, start), start) for machine, start, _ in reversed(self.spans)}
        wanted = Spans(
            tuple((machine, first_at[machine], last + HOUR_US - 1) for machine, _, last in self.spans), "started_at"
        )
        replaced = self.replaced(table)
        return [
            row
            for row in self.lake.collect(self.lake.read(table, wanted))
            if not any(
                machine == row["machine"] and first <= row["started_at"] <= last for machine, first, last in replaced
            )
        ]
