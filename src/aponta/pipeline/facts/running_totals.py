"""Items from running totals: each hour goes on from the last values of the hour before it, touched or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aponta.config import Factory
from aponta.contract.lake import Frame, Lake, stacked
from aponta.contract.layout import TOTALS
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.facts.scope import BatchScope
from aponta.pipeline.ledger.hours import Hour
from aponta.refine.silver import hours, totals


@dataclass(frozen=True)
class Increments:
    items: Frame  # with the pieces made
    last_values: Frame  # hours.LEFT_OFF of each touched hour


def increments(lake: Lake, factory: Factory, neighbours: Neighbours, scope: BatchScope, rows: Frame) -> Increments:
    """rows: of the touched hours, items and readings of totals."""
    rows = lake.materialize(rows)
    rules = [
        (name, total, layout.fields[total].restart_below, layout.fields[total].rollover)
        for name, layout in factory.layouts.items()
        for total in layout.totals
    ]
    # Each is computed before the next begins: windows over windows over windows take an engine long to plan.
    readings = lake.materialize(totals.readings(rows, lake.rows(totals.RULES, rules)))
    with_previous = lake.materialize(totals.with_previous(readings))
    with_items = {(file.machine, hour) for file in scope.source_files for hour in file.records} & scope.touched.keys()
    last_values: dict[Hour, dict[str, Any]] = {hour: {} for hour in with_items}
    for row in lake.collect(totals.last_values(with_previous)):
        last_values[row["machine"], row["hour"]][row["total"]] = row["highest"]
    before = {(row["machine"], row["hour"]): row for row in neighbours.previous_with_items(scope.touched)}
    carried = [
        (*hour, name, last[name])
        for hour, last in _carried_from(last_values, before).items()
        for name in TOTALS
        if last.get(name) is not None
    ]
    counted = totals.produced(rows.filter(totals.has_total()), with_previous, lake.rows(totals.HIGHEST, carried))
    items = totals.without_totals(rows.filter(~totals.has_total()))
    wide = [(*hour, *(last.get(name) for name in TOTALS)) for hour, last in last_values.items()]
    columns = list(items.collect_schema())
    return Increments(stacked([items, counted.select(*columns)]), lake.rows(hours.LEFT_OFF, wide))


def _carried_from(
    last_values: Mapping[Hour, Mapping[str, Any]], before: Mapping[Hour, Mapping[str, Any]]
) -> dict[Hour, Mapping[str, Any]]:
    """Each hour -> the last values of the one before it, whichever of these it is."""
    carried: dict[Hour, Mapping[str, Any]] = {}
    machine, last = None, None
    for (name, hour), values in sorted({**before, **last_values}.items(), key=lambda one: one[0]):
        if name == machine and last is not None and (name, hour) in last_values:
            carried[name, hour] = last
        machine, last = name, values
    return carried
