"""Hours made anew from the items that are known: what a restating batch is made of, and what one would change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.facts.scope import BatchScope, SourceFile, spans_of_hours
from aponta.pipeline.ledger import reassignments as reassignments_
from aponta.pipeline.ledger.hours import Hour, HourRecord, hour_records
from aponta.refine.silver import items, totals
from aponta.refine.silver import states as states_table

ORIGIN = ("file_sha256", "layout", "received_at")
NUMBER: dict[str, Kind] = {
    "file": "long",
    "file_sha256": "string",
    "layout": "string",
    "received_at": "long",
    "machine": "string",
}
REPORTED = machine_hour.c.covered | (machine_hour.c["items"] > 0)
Told = tuple[Mapping[Hour, str], int, int]  # hours whose counts may change, and why; when, and in which batch


@dataclass(frozen=True)
class Rebuilt:
    hours: list[HourRecord]
    touched: Mapping[Hour, bool]  # and whether a file speaks for each
    facts: FactBuilder


def rebuild_hours(
    connection: Connection,
    factory: Factory,
    lake: Lake,
    spans: Mapping[str, tuple[int, int]],
    reassignments: Mapping[str, tuple[Reassignment, ...]],
    told: Told = ({}, 0, 0),
) -> Rebuilt:
    """The facts of the reported hours from the first to the last of each machine, from the versions the lake is at."""
    states = [one for machine, (first, last) in spans.items() for one in _hours(connection, machine, first, last)]
    touched = {(one.machine, one.hour): one.covered for one in states}
    telling = {name for name, one in factory.machines.items() if factory.layouts[one.layout].states}
    index = Neighbours(connection, lake, touched, touched, telling)
    put_right = reassignments_.reassignments_of_hours(touched, reassignments.values())
    task = _scope(factory, states, touched, lake, put_right, tuple(_causes(index, touched, told)))
    return Rebuilt(states, touched, FactBuilder(lake, factory, index, task))


def _causes(index: Neighbours, touched: Mapping[Hour, bool], told: Told) -> Iterator[tuple[Any, ...]]:
    """restatements.CAUSES. What else is restated changes no count."""
    hours, at, batch = told
    for machine, hour in touched:
        if (machine, hour) in hours and index.was_final(machine, hour):
            yield machine, hour, hours[machine, hour], "", at, batch


def _hours(connection: Connection, machine: str, first: int, last: int) -> list[HourRecord]:
    within = machine_hour.c.hour.between(from_us(first), from_us(last))
    return hour_records(connection, REPORTED & (machine_hour.c.machine == machine) & within)


def _reported_states(factory: Factory, touched: Mapping[Hour, bool], lake: Lake) -> Frame | None:
    if not any(layout.states for layout in factory.layouts.values()):
        return None
    ends = tuple((machine, first, last + HOUR_US - 1) for machine, first, last in spans_of_hours(touched).spans)
    return lake.read(states_table.TABLE, Spans(ends, "started_at"))


def _scope(
    factory: Factory,
    states: list[HourRecord],
    touched: Mapping[Hour, bool],
    lake: Lake,
    reassignments: tuple[Reassignment, ...],
    causes: tuple[tuple[Any, ...], ...],
) -> BatchScope:
    """The items of the hours, as the records they were made from."""
    dropped = lake.dropped_columns(items.items_table(factory.sensors))
    sensors = (*factory.sensors, *(column.name for column in dropped))
    found = lake.read(items.items_table(sensors), spans_of_hours(touched))
    counted = found.group_by(*ORIGIN, "machine", "hour").agg(
        nw.len().alias("records"), telling=totals.has_total().any()
    )
    by_file: dict[tuple[str, str, int, str], dict[int, int]] = {}
    telling = False
    for row in lake.collect(counted):
        telling |= row["telling"]
        file = (row["file_sha256"], row["layout"], row["received_at"], row["machine"])
        by_file.setdefault(file, {})[row["hour"]] = row["records"]
    holders = tuple(SourceFile(number, *file, by_file[file]) for number, file in enumerate(sorted(by_file)))
    numbers = lake.rows(NUMBER, [(one.number, one.sha256, one.layout, one.received_at, one.machine) for one in holders])
    records = items.records_of_items(found.join(numbers, on=[*ORIGIN, "machine"], how="inner"), sensors)
    return BatchScope(
        touched=touched,
        records=records,
        states=_reported_states(factory, touched, lake),
        sensors=sensors,
        source_files=holders,
        several_files=False,
        has_totals=telling,
        new_records=records,
        open_hours=frozenset((one.machine, one.hour) for one in states if one.closed_by is None),
        closed_meanwhile=frozenset(),
        causes=causes,
        reassignments=reassignments,
    )
