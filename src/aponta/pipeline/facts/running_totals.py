"""What rows of running totals show: each hour goes on from where the last one before it left off, touched or not."""

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
    items: Frame  # with what was made
    last_values: Frame  # hours.LEFT_OFF, of each touched hour


def increments(lake: Lake, factory: Factory, index: Neighbours, task: BatchScope, found: Frame) -> Increments:
    """found: the items of the touched hours, as rows tell them."""
    found = lake.materialize(found)
    rules = [
        (name, total, layout.fields[total].restart_below, layout.fields[total].rollover)
        for name, layout in factory.layouts.items()
        for total in layout.totals
    ]
    # Each is computed before the next begins: windows over windows over windows take an engine long to plan.
    told = lake.materialize(totals.readings(found, lake.rows(totals.RULES, rules)))
    rows = lake.materialize(totals.with_previous(told))
    hours_with_items = {(one.machine, hour) for one in task.source_files for hour in one.records} & task.touched.keys()
    left_off: dict[Hour, dict[str, Any]] = {hour: {} for hour in hours_with_items}
    for row in lake.collect(totals.last_values(rows)):
        left_off[row["machine"], row["hour"]][row["total"]] = row["highest"]
    before = {(row["machine"], row["hour"]): row for row in index.previous_with_items(task.touched)}
    carried = [
        (*hour, name, last[name])
        for hour, last in _goes_on_from(left_off, before).items()
        for name in TOTALS
        if last.get(name) is not None
    ]
    made = totals.produced(found.filter(totals.has_total()), rows, lake.rows(totals.HIGHEST, carried))
    others = totals.without_totals(found.filter(~totals.has_total()))
    wide = [(*hour, *(last.get(name) for name in TOTALS)) for hour, last in left_off.items()]
    columns = list(others.collect_schema())
    return Increments(stacked([others, made.select(*columns)]), lake.rows(hours.LEFT_OFF, wide))


def _goes_on_from(
    left_off: Mapping[Hour, Mapping[str, Any]], before: Mapping[Hour, Mapping[str, Any]]
) -> dict[Hour, Mapping[str, Any]]:
    """Each hour -> where the last one before it left off, whichever of these it is."""
    found: dict[Hour, Mapping[str, Any]] = {}
    machine, last = None, None
    for (name, hour), told in sorted({**before, **left_off}.items(), key=lambda one: one[0]):
        if name == machine and last is not None and (name, hour) in left_off:
            found[name, hour] = last
        machine, last = name, told
    return found
