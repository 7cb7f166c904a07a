"""The knowledge that files give of a machine: each hour is observed in order, with the items that some file has."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR, SimulatedShift
from aponta.lab.simulation.states import StateReport

Counted = tuple[int, SimulatedItem]  # with its counter
OFF_CALENDAR = ""  # in place of a shift's name
FOREVER = 2**62
SHORTEST_MS = 30_000  # of a micro-stop, by default


@dataclass(frozen=True)
class ItemGap:
    """Time without production: from an item (or the first hour's start) to the next item's cycle (or the last hour's
    end).
    """

    start: int
    end: int
    product: str  # made before the gap, which counts as this product's time
    following: str  # made after the gap: its ideal cycle defines a long gap


@dataclass
class HourCounts:
    items: int = 0
    good: int = 0
    scrap: int = 0
    rework: int = 0
    unknown: int = 0  # of a quality that the layout does not declare
    counter_sum: int = 0
    unseen: int = 0  # numbers that the counter skips within the hour


@dataclass
class Observer:
    """Stores counts and gaps, not items: months of items would not fit. Times are milliseconds in UTC."""

    machine: SimulatedMachine
    shifts: Sequence[SimulatedShift]
    counters: int  # its counter has so many numbers
    states: list[StateReport] = field(default_factory=list)  # in any order
    hours: dict[int, HourCounts] = field(default_factory=lambda: defaultdict(HourCounts))
    covered: list[int] = field(default_factory=list)  # hours with a good file
    covered_ahead: set[int] = field(default_factory=set)  # hours that an earlier hour's file covers, too
    withheld: set[int] = field(default_factory=set)  # hours not to be declared to stock
    # (product, hour, shift, quality) -> pieces
    production: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)
    gaps: list[ItemGap] = field(default_factory=list)
    reported: tuple[int, int] = (0, 0)  # the first and the last hour that a file covers or that has items
    product_changes: list[tuple[int, str]] = field(default_factory=list)  # (from when, product in force)
    _last: SimulatedItem | None = None
    _ahead: list[Counted] = field(default_factory=list)  # items dated into hours still to come

    def observe(
        self,
        hour: int,
        counters: Sequence[int],
        items: Sequence[SimulatedItem],
        *,
        covered: bool = True,
        withheld: bool = False,
        times_changed: bool = False,
    ) -> None:
        """The next hour, and the items in its files. times_changed: they have other times than they were made at, some
        of them perhaps in later hours.
        """
        self.catch_up(hour)
        counted = list(zip(counters, items, strict=True))
        if times_changed or self._ahead:
            counted = sorted((*self._ahead, *counted), key=_time)
            self._ahead = [each for each in counted if each[1].produced_ms >= hour + HOUR]
            counted = counted[: len(counted) - len(self._ahead)]
        if withheld and hour not in self.covered_ahead:
            self.withheld.add(hour)
        self._observe(hour, counted, covered)

    def catch_up(self, until: int = FOREVER) -> None:
        """Observe the earlier hours that no file covers, and into which items are dated."""
        for hour in sorted({item.produced_ms // HOUR * HOUR for _, item in self._ahead}):
            if hour < until:
                self._observe(hour, [each for each in self._ahead if hour <= each[1].produced_ms < hour + HOUR])
        self._ahead = [each for each in self._ahead if each[1].produced_ms >= until]

    def _observe(self, hour: int, counted: Sequence[Counted], covered: bool = False) -> None:
        count = self.hours[hour]
        if covered or hour in self.covered_ahead:
            self.covered.append(hour)
        if counted or hour in self.covered[-1:]:
            self.reported = self.reported[0] or hour, hour
        last = self._last
        for _, item in counted:
            begun = item.produced_ms - item.cycle_ms
            if last is None:
                first = self.reported[0]
                self.product_changes.append((first, item.product))
                self._gap(first, begun, item.product, item.product)
            else:
                if begun != last.produced_ms:
                    self._gap(last.produced_ms, begun, last.product, item.product)
                if item.product != last.product:
                    self.product_changes.append((item.produced_ms, item.product))
            last = item
        self._last = last
        count.items += len(counted)
        count.counter_sum += sum(counter for counter, _ in counted)
        count.unseen += count_unseen([counter for counter, _ in counted], self.counters)
        left = [item for _, item in counted]
        for shift in self.shifts:
            if shift.start_ms < hour + HOUR and hour < shift.end_ms:
                self._count(
                    hour, shift.name, [item for item in left if shift.start_ms <= item.produced_ms < shift.end_ms]
                )
                left = [item for item in left if not shift.start_ms <= item.produced_ms < shift.end_ms]
        self._count(hour, OFF_CALENDAR, left)

    def _count(self, hour: int, shift: str, items: Sequence[SimulatedItem]) -> None:
        count = self.hours[hour]
        for (product, quality), pieces in Counter((item.product, item.quality) for item in items).items():
            self.production[product, hour, shift, quality] += pieces
            setattr(count, quality, getattr(count, quality) + pieces)

    def all_gaps(self) -> list[ItemGap]:
        """The gaps observed, and the open one from the last item to the end of the last hour."""
        if self._last is None:
            return []
        product = self._last.product
        return [*self.gaps, ItemGap(self._last.produced_ms, self.reported[1] + HOUR, product, product)]

    @property
    def _shortest_ms(self) -> int:
        """A gap that is not longer can be no stop."""
        own_s = self.machine.micro_stop_after_s
        return SHORTEST_MS if own_s is None else own_s * 1000

    def _gap(self, start: int, end: int, product: str, following: str) -> None:
        if end - start > self._shortest_ms:
            self.gaps.append(ItemGap(start, end, product, following))


def count_unseen(counters: Sequence[int], rolls_over: int) -> int:
    """The count of numbers missing between the least and the greatest.

    counters: in order of time; a fall below the half is a restart, unless the counter rolled over: it goes on at 0
    after `rolls_over` numbers.
    """
    missing, turns, last = 0, 0, 0
    numbers: set[int] = set()
    for counter in counters:
        if counter < last / 2 and last - counter > rolls_over / 2:
            turns += rolls_over
        elif counter < last / 2:
            missing += _between(numbers)
            numbers, turns = set(), 0
        numbers.add(counter + turns)
        last = counter
    return missing + _between(numbers)


def _between(numbers: set[int]) -> int:
    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0


def _time(counted: Counted) -> tuple[int, int]:
    return counted[1].produced_ms, counted[0]
