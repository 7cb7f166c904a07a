"""The neighbours of touched hours: found in the operational database, described by their rows of silver.hours."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from aponta.contract.lake import Lake, Spans
from aponta.factory_calendar import from_us, to_us
from aponta.ops.tables import machine_hour
from aponta.pipeline.facts.state_timeline import LOOKS
from aponta.pipeline.ledger.hours import HourRecord, hour_records
from aponta.refine.silver import hours


class Neighbours:
    """Implements `touched.Index` for one batch. `known` are the untouched hours around the touched ones."""

    def __init__(
        self,
        connection: Connection,
        lake: Lake,
        touched: Mapping[tuple[str, int], bool],
        reported: Collection[tuple[str, int]],
        telling: Collection[str] = (),
    ) -> None:
        """touched: and whether a file speaks for each. reported: those that one speaks for or has items of. telling:
        machines that tell their states: one may hold for days.
        """
        self._made_in: dict[str, list[int]] = {}
        self.known: dict[tuple[str, int], HourRecord] = {}
        self.before_batch: dict[tuple[str, int], HourRecord] = {}  # what was known of the touched hours
        self._limits: dict[str, tuple[int, int]] = {}
        machines = sorted({machine for machine, _ in touched})
        far = select(machine_hour.c.machine, func.min(machine_hour.c.hour), func.max(machine_hour.c.hour)).where(
            machine_hour.c.machine.in_(machines), machine_hour.c.covered | (machine_hour.c["items"] > 0)
        )
        was = {
            machine: (to_us(first), to_us(last))
            for machine, first, last in connection.execute(far.group_by(machine_hour.c.machine))
        }
        self.reported_until = {machine: last for machine, (_, last) in was.items()}
        for machine in machines:
            own = [hour for name, hour in touched if name == machine]
            known = was.get(machine, (min(own), max(own)))
            near = self._near(connection, machine, (min(own), max(own)), known)
            if machine in telling:
                near = min(near[0], min(own) - LOOKS[-1]), max(near[1], max(own) + LOOKS[-1])
            for state in hour_records(
                connection,
                (machine_hour.c.machine == machine) & machine_hour.c.hour.between(from_us(near[0]), from_us(near[1])),
            ):
                where = self.before_batch if (machine, state.hour) in touched else self.known
                where[machine, state.hour] = state
            self._made_in[machine] = sorted(
                hour for name, hour in self.known if name == machine and self.known[name, hour].had_items
            )
            ends = [hour for hour in known if not min(own) <= hour <= max(own)]
            ends += [hour for (name, hour), one in self.known.items() if name == machine and (one.covered or one.items)]
            ends += [hour for name, hour in reported if name == machine]
            self._limits[machine] = (min(ends or own), max(ends or own))
        self._lake = lake
        self._rows = self._read(self._near_items(touched))

    @staticmethod
    def _near(connection: Connection, machine: str, own: tuple[int, int], known: tuple[int, int]) -> tuple[int, int]:
        """From the second hour in which anything was made before to the first one after; where there is none, all that
        was reported.
        """
        first, last = own
        column = machine_hour.c.hour
        of_machine = select(column).where(machine_hour.c.machine == machine, machine_hour.c.had_items)
        before = (
            connection.execute(of_machine.where(column < from_us(first)).order_by(column.desc()).limit(2))
            .scalars()
            .all()
        )
        after = connection.execute(of_machine.where(column > from_us(last)).order_by(column).limit(1)).scalars().all()
        return to_us(before[-1]) if before else min(first, known[0]), to_us(after[0]) if after else max(last, known[1])

    def _near_items(self, touched: Collection[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        for machine, hour in touched:
            before = self.before(machine, hour)
            for one in (before, before and self.before(machine, before), self.after(machine, hour)):
                if one:
                    yield machine, one

    def _read(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
        spans = Spans(tuple((machine, hour, hour) for machine, hour in sorted(set(wanted))))
        found = self._lake.collect(self._lake.read(hours.TABLE, spans)) if spans.spans else []
        return {(row["machine"], row["hour"]): row for row in found}

    def before(self, machine: str, hour: int) -> int | None:
        there = self._made_in[machine]
        at = bisect_left(there, hour)
        return there[at - 1] if at else None

    def after(self, machine: str, hour: int) -> int | None:
        there = self._made_in[machine]
        at = bisect_right(there, hour)
        return there[at] if at < len(there) else None

    def limits(self, machine: str) -> tuple[int, int]:
        return self._limits[machine]

    def row(self, machine: str, hour: int) -> Mapping[str, Any]:
        if (machine, hour) not in self._rows:  # a state that holds since long ago reaches back beyond the neighbours
            self._rows |= self._read([(machine, hour)])
        return self._rows[machine, hour]

    def previous_with_items(self, hours: Collection[tuple[str, int]]) -> list[Mapping[str, Any]]:
        """Of each of these hours the row of the last one with items before it, not touched, whether anything was made
        in it or not.
        """
        there = {
            machine: sorted(hour for name, hour in self.known if name == machine and self.known[name, hour].items)
            for machine in {machine for machine, _ in hours}
        }
        before = {
            (machine, there[machine][at - 1]) for machine, hour in hours if (at := bisect_left(there[machine], hour))
        }
        self._rows |= self._read(before - self._rows.keys())
        return [self._rows[one] for one in sorted(before)]

    def products(self) -> set[str]:
        """Those of the items next to touched hours."""
        ends = ("first_product", "first_in_force", "last_product")
        return {row[end] for row in self._rows.values() for end in ends if row[end] is not None}

    def was_final(self, machine: str, hour: int) -> bool:
        """Had people seen this hour as finished: closed, or passed over by a later one?"""
        state = self.before_batch.get((machine, hour))
        return (state is not None and state.closed_by is not None) or hour < self.reported_until.get(machine, hour)
