"""The placement of records: for each hour of each file their origin, shift, production day and block."""

from collections.abc import Collection
from typing import Any

from aponta.config import Factory
from aponta.contract.lake import Frame, Lake
from aponta.contract.table import Kind
from aponta.pipeline.facts.blocks import Block
from aponta.pipeline.facts.planned_time import PlannedTime
from aponta.pipeline.facts.scope import BatchScope, spans_of_hours
from aponta.pipeline.ledger.hours import Hour

PLACE: dict[str, Kind] = {
    "file": "long",
    "file_sha256": "string",
    "layout": "string",
    "received_at": "long",
    "hour": "long",
    "piece_start": "long",
    "piece_end": "long",
    "shift": "string",
    "production_day": "date",
    "block": "long",
    "restart_below": "long",
    "rollover": "long",
}


def placement(
    lake: Lake, factory: Factory, scope: BatchScope, blocks: Collection[Block], planned: PlannedTime
) -> Frame:
    """PLACE: a row for each hour of a file and each piece of it that the calendar cuts."""
    rules = {
        name: (layout.fields["counter"].restart_below, layout.fields["counter"].rollover)
        for name, layout in factory.layouts.items()
        if "counter" in layout.fields
    }
    layouts = {machine.machine: machine.layout for machine in factory.machines.values()}
    block_of = {(block.machine, hour): block.number for block in blocks for hour in block.hours}
    cut: dict[Hour, list[tuple[Any, ...]]] = {}
    for machine, hour, start, end, shift, day, *_ in planned.rows(spans_of_hours(scope.touched).spans):
        cut.setdefault((machine, hour), []).append((start, end, shift, day))
    rows = [
        (file.number, file.sha256, file.layout, file.received_at, hour, *piece, block_of[file.machine, hour], *rule)
        for file in scope.source_files
        for rule in (rules.get(layouts.get(file.machine, ""), (None, None)),)
        for hour in file.records
        for piece in cut.get((file.machine, hour), ())
    ]
    return lake.rows(PLACE, rows, few=True)
