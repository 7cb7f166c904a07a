"""Rebuilds hours from their known items: for a restating batch, and for the preview of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
from sqlalchemy import Connection

from aponta.config import Factory
from aponta.contract.lake import Frame, Lake, Spans
from aponta.contract.reassignment import Reassignment
from aponta.contract.table import Kind
from aponta.factory_calendar import HOUR_US, from_us
from aponta.ops.tables import machine_hour
from aponta.pipeline.facts.build import FactBuilder
from aponta.pipeline.facts.neighbours import Neighbours, load_neighbours
from aponta.pipeline.facts.scope import BatchScope, SourceFile, spans_of_hours
from aponta.pipeline.ledger.hours import Hour, HourRecord, hour_records
from aponta.pipeline.ledger.reassignments import reassignments_of_hours
from aponta.refine.silver import items, states, totals

ORIGIN = ("file_sha256", "layout", "received_at")
NUMBER: dict[str, Kind] = {
    "file": "long",
    "file_sha256": "string",
    "layout": "string",
    "received_at": "long",
    "machine": "string",
}
REPORTED = machine_hour.c.covered | (machine_hour.c["items"] > 0)
Causes = tuple[Mapping[Hour, str], int, int]  # hours whose counts may change, and why; when, and in which batch


@dataclass(frozen=True)
class Rebuilt:
    hours: list[HourRecord]
    touched: Mapping[Hour, bool]  # and whether a file covers each
    facts: FactBuilder


def rebuild_hours(
    connection: Connection,
    factory: Factory,
    lake: Lake,
    spans: Mapping[str, tuple[int, int]],
    reassignments: Mapping[str, tuple[Reassignment, ...]],
    causes: Causes = ({}, 0, 0),
) -> Rebuilt:
    """The facts of the reported hours from the first to the last of each machine, from the versions the lake is at."""
    records = [one for machine, (first, last) in spans.items() for one in _hours(connection, machine, first, last)]
    touched = {(one.machine, one.hour): one.covered for one in records}
    with_states = {name for name, one in factory.machines.items() if factory.layouts[one.layout].states}
    neighbours = load_neighbours(connection, lake, touched, touched, with_states)
    scope = _scope(factory, records, touched, lake)
    scope = replace(
        scope,
        causes=tuple(_restatement_causes(neighbours, touched, causes)),
        reassignments=reassignments_of_hours(touched, reassignments.values()),
    )
    return Rebuilt(records, touched, FactBuilder(lake, factory, neighbours, scope))


def _restatement_causes(
    neighbours: Neighbours, touched: Mapping[Hour, bool], causes: Causes
) -> Iterator[tuple[Any, ...]]:
    """restatements.CAUSES: other restatements change no count."""
    hours, at, batch = causes
    for machine, hour in touched:
        if (machine, hour) in hours and neighbours.was_final(machine, hour):
            yield machine, hour, hours[machine, hour], "", at, batch


def _hours(connection: Connection, machine: str, first: int, last: int) -> list[HourRecord]:
    within = machine_hour.c.hour.between(from_us(first), from_us(last))
    return hour_records(connection, REPORTED & (machine_hour.c.machine == machine) & within)


def _reported_states(factory: Factory, touched: Mapping[Hour, bool], lake: Lake) -> Frame | None:
    if not any(layout.states for layout in factory.layouts.values()):
        return None
    ends = tuple((machine, first, last + HOUR_US - 1) for machine, first, last in spans_of_hours(touched).spans)
    return lake.read(states.TABLE, Spans(ends, "started_at"))


def _scope(factory: Factory, records: list[HourRecord], touched: Mapping[Hour, bool], lake: Lake) -> BatchScope:
    """The items of the hours, as the records they were made from."""
    dropped = lake.dropped_columns(items.items_table(factory.sensors))
    sensors = (*factory.sensors, *(column.name for column in dropped))
    rows = lake.read(items.items_table(sensors), spans_of_hours(touched))
    counts = rows.group_by(*ORIGIN, "machine", "hour").agg(
        nw.len().alias("records"), has_totals=totals.has_total().any()
    )
    by_file: dict[tuple[str, str, int, str], dict[int, int]] = {}
    has_totals = False
    for row in lake.collect(counts):
        has_totals |= row["has_totals"]
        file = (row["file_sha256"], row["layout"], row["received_at"], row["machine"])
        by_file.setdefault(file, {})[row["hour"]] = row["records"]
    files = tuple(SourceFile(number, *file, by_file[file]) for number, file in enumerate(sorted(by_file)))
    numbers = lake.rows(NUMBER, [(one.number, one.sha256, one.layout, one.received_at, one.machine) for one in files])
    staged = items.records_of_items(rows.join(numbers, on=[*ORIGIN, "machine"], how="inner"), sensors)
    return BatchScope(
        touched=touched,
        records=staged,
        states=_reported_states(factory, touched, lake),
        sensors=sensors,
        source_files=files,
        several_files=False,
        has_totals=has_totals,
        new_records=staged,
        open_hours=frozenset((one.machine, one.hour) for one in records if one.closed_by is None),
        closed_meanwhile=frozenset(),
        causes=(),
    )
