"""The neighbours of touched hours: found in the operational database, described by their rows of silver.hours."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from aponta.contract.lake import Lake, Spans
from aponta.factory_calendar import from_us, to_us
from aponta.ops.tables import machine_hour
from aponta.pipeline.facts.state_timeline import LOOKS
from aponta.pipeline.ledger.hours import Hour, HourRecord, hour_records
from aponta.refine.silver import hours


@dataclass
class Neighbours:
    """Implements `blocks.NeighbourIndex` for one batch. Made by `load_neighbours`."""

    known: dict[Hour, HourRecord]  # the untouched hours around the touched ones
    before_batch: dict[Hour, HourRecord]  # what was known of the touched hours
    reported_until: dict[str, int]  # by machine, the last hour that was reported before the batch
    ends: dict[str, tuple[int, int]]  # by machine, the first and last hour reported with the batch
    lake: Lake
    _with_rows: dict[str, list[int]] = field(default_factory=dict)
    _rows: dict[Hour, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (machine, hour), record in sorted(self.known.items()):
            if record.had_items:
                self._with_rows.setdefault(machine, []).append(hour)

    def before(self, machine: str, hour: int) -> int | None:
        there = self._with_rows.get(machine, [])
        at = bisect_left(there, hour)
        return there[at - 1] if at else None

    def after(self, machine: str, hour: int) -> int | None:
        there = self._with_rows.get(machine, [])
        at = bisect_right(there, hour)
        return there[at] if at < len(there) else None

    def limits(self, machine: str) -> tuple[int, int]:
        return self.ends[machine]

    def row(self, machine: str, hour: int) -> Mapping[str, Any]:
        self.read([(machine, hour)])  # a state that holds since long ago reaches back beyond the neighbours
        return self._rows[machine, hour]

    def read(self, wanted: Iterable[Hour]) -> None:
        """Reads the rows of silver.hours that are not read yet."""
        missing = sorted(set(wanted) - self._rows.keys())
        if missing:
            spans = Spans(tuple((machine, hour, hour) for machine, hour in missing))
            for row in self.lake.collect(self.lake.read(hours.TABLE, spans)):
                self._rows[row["machine"], row["hour"]] = row

    def previous_with_items(self, touched: Collection[Hour]) -> list[Mapping[str, Any]]:
        """The rows of the last untouched hours with items before these, whether anything was made in them or not."""
        there = {
            machine: sorted(hour for name, hour in self.known if name == machine and self.known[name, hour].items)
            for machine in {machine for machine, _ in touched}
        }
        before = {
            (machine, there[machine][at - 1]) for machine, hour in touched if (at := bisect_left(there[machine], hour))
        }
        self.read(before)
        return [self._rows[key] for key in sorted(before)]

    def products(self) -> set[str]:
        """The products of the items next to touched hours."""
        ends = ("first_product", "first_in_force", "last_product")
        return {row[end] for row in self._rows.values() for end in ends if row[end] is not None}

    def was_final(self, machine: str, hour: int) -> bool:
        """Had people seen this hour as finished: closed, or passed over by a later one?"""
        record = self.before_batch.get((machine, hour))
        is_closed = record is not None and record.closed_by is not None
        return is_closed or hour < self.reported_until.get(machine, hour)


def load_neighbours(
    connection: Connection,
    lake: Lake,
    touched: Mapping[Hour, bool],
    reported: Collection[Hour],
    with_states: Collection[str] = (),
) -> Neighbours:
    """touched: and whether a file covers each. reported: hours that a file covers or has items of. with_states: the
    machines that report states, one of which may hold for days.
    """
    by_machine: dict[str, list[int]] = {machine: [] for machine in sorted({machine for machine, _ in touched})}
    for machine, hour in touched:
        by_machine[machine].append(hour)
    before = _reported_before(connection, by_machine)
    known: dict[Hour, HourRecord] = {}
    before_batch: dict[Hour, HourRecord] = {}
    ends: dict[str, tuple[int, int]] = {}
    for machine, own_hours in by_machine.items():
        own = min(own_hours), max(own_hours)
        known_ends = before.get(machine, own)
        first, last = _near(connection, machine, own, known_ends)
        if machine in with_states:
            first, last = min(first, own[0] - LOOKS[-1]), max(last, own[1] + LOOKS[-1])
        near = (machine_hour.c.machine == machine) & machine_hour.c.hour.between(from_us(first), from_us(last))
        at_ends = [hour for hour in known_ends if not own[0] <= hour <= own[1]]
        for record in hour_records(connection, near):
            is_touched = (machine, record.hour) in touched
            (before_batch if is_touched else known)[machine, record.hour] = record
            if not is_touched and (record.covered or record.items):
                at_ends.append(record.hour)
        at_ends += [hour for name, hour in reported if name == machine]
        ends[machine] = min(at_ends or own), max(at_ends or own)
    neighbours = Neighbours(known, before_batch, {machine: last for machine, (_, last) in before.items()}, ends, lake)
    neighbours.read(_next_to(neighbours, touched))
    return neighbours


def _reported_before(connection: Connection, machines: Collection[str]) -> dict[str, tuple[int, int]]:
    """By machine, the first and last hour that was reported before the batch."""
    ends = select(machine_hour.c.machine, func.min(machine_hour.c.hour), func.max(machine_hour.c.hour)).where(
        machine_hour.c.machine.in_(sorted(machines)), machine_hour.c.covered | (machine_hour.c["items"] > 0)
    )
    rows = connection.execute(ends.group_by(machine_hour.c.machine))
    return {machine: (to_us(first), to_us(last)) for machine, first, last in rows}


def _near(connection: Connection, machine: str, own: tuple[int, int], known: tuple[int, int]) -> tuple[int, int]:
    """From the second hour before in which anything was made to the first one after; where there is none, to the end
    of what was reported.
    """
    first, last = own
    column = machine_hour.c.hour
    of_machine = select(column).where(machine_hour.c.machine == machine, machine_hour.c.had_items)
    before = connection.scalars(of_machine.where(column < from_us(first)).order_by(column.desc()).limit(2)).all()
    after = connection.scalars(of_machine.where(column > from_us(last)).order_by(column).limit(1)).all()
    return to_us(before[-1]) if before else min(first, known[0]), to_us(after[0]) if after else max(last, known[1])


def _next_to(neighbours: Neighbours, touched: Collection[Hour]) -> Iterator[Hour]:
    for machine, hour in touched:
        before = neighbours.before(machine, hour)
        for near in (before, before and neighbours.before(machine, before), neighbours.after(machine, hour)):
            if near:
                yield machine, near
