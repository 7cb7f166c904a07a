"""What can be known of a machine: told each of its hours in order, with only the items that some file tells."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aponta.lab.machine import Item
from aponta.lab.plant import Machine
from aponta.lab.shifts import HOUR, Shift


@dataclass(frozen=True)
class Gap:
    """Nothing made, from an item (or the first hour's start) to the next item's cycle (or the last hour's end)."""

    start: int
    end: int
    product: str  # made before it: the time is this product's
    following: str  # made after it: its ideal cycle says what is long


@dataclass
class HourCount:
    items: int = 0
    good: int = 0
    scrap: int = 0
    rework: int = 0
    counter_sum: int = 0
    unseen: int = 0  # items that the counter passed over


@dataclass
class Witness:
    """Remembers counts and gaps, not items: months of them would not fit. Times are milliseconds in UTC."""

    machine: Machine
    shifts: Sequence[Shift]
    hours: dict[int, HourCount] = field(default_factory=lambda: defaultdict(HourCount))
    covered: list[int] = field(default_factory=list)  # hours of which a good file came
    held: set[int] = field(default_factory=set)  # hours not to be declared to stock
    made: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)  # product, hour, shift, quality -> pieces
    gaps: list[Gap] = field(default_factory=list)
    reigns: list[tuple[int, str]] = field(default_factory=list)  # from when which product is in force
    _last: Item | None = None
    _last_counter: int = 0

    def hear(
        self, hour: int, counters: Sequence[int], items: Sequence[Item], *, covered: bool = True, held: bool = False
    ) -> None:
        """The next hour, and the items known of it."""
        count = self.hours[hour]
        if held:
            self.held.add(hour)
        if not covered:
            return
        self.covered.append(hour)
        last, last_counter = self._last, self._last_counter
        for counter, item in zip(counters, items, strict=True):
            begun = item.produced_ms - item.cycle_ms
            if last is None:
                self.reigns.append((self.covered[0], item.product))
                self._gap(self.covered[0], begun, item.product, item.product)
            else:
                if begun != last.produced_ms:
                    self._gap(last.produced_ms, begun, last.product, item.product)
                if item.product != last.product:
                    self.reigns.append((item.produced_ms, item.product))
                if counter > last_counter + 1:
                    count.unseen += counter - last_counter - 1
            last, last_counter = item, counter
        self._last, self._last_counter = last, last_counter
        count.items += len(items)
        count.counter_sum += sum(counters)
        for shift in self.shifts:
            if shift.start_ms < hour + HOUR and hour < shift.end_ms:
                within = (item for item in items if shift.start_ms <= item.produced_ms < shift.end_ms)
                for (product, quality), pieces in Counter((item.product, item.quality) for item in within).items():
                    self.made[product, hour, shift.name, quality] += pieces
                    setattr(count, quality, getattr(count, quality) + pieces)

    def all_gaps(self) -> list[Gap]:
        """The gaps heard, and the open one from the last item to the end of the last hour."""
        if self._last is None:
            return []
        product = self._last.product
        return [*self.gaps, Gap(self._last.produced_ms, self.covered[-1] + HOUR, product, product)]

    def _gap(self, start: int, end: int, product: str, following: str) -> None:
        if end > start:
            self.gaps.append(Gap(start, end, product, following))
