"""What can be known of a machine: told each of its hours in order, with only the items that some file tells."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aponta.lab.simulation.machine import Item
from aponta.lab.simulation.plant import Machine
from aponta.lab.simulation.shifts import HOUR, Shift
from aponta.lab.simulation.states import Said

Told = tuple[int, Item]  # with its counter
OFF_CALENDAR = ""  # where a shift's name stands
FOREVER = 2**62
SHORTEST_MS = 30_000  # of a micro-stop, where nobody says otherwise


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
    unknown: int = 0  # of no quality that anybody declared
    counter_sum: int = 0
    unseen: int = 0  # items that the counter passed over within the hour


@dataclass
class Witness:
    """Remembers counts and gaps, not items: months of them would not fit. Times are milliseconds in UTC."""

    machine: Machine
    shifts: Sequence[Shift]
    counters: int  # so many numbers its counter has
    told: list[Said] = field(default_factory=list)  # of itself, in any order
    hours: dict[int, HourCount] = field(default_factory=lambda: defaultdict(HourCount))
    covered: list[int] = field(default_factory=list)  # hours of which a good file came
    spoken: set[int] = field(default_factory=set)  # and of which an earlier hour's file will have told, too
    held: set[int] = field(default_factory=set)  # hours not to be declared to stock
    made: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)  # product, hour, shift, quality -> pieces
    gaps: list[Gap] = field(default_factory=list)
    reported: tuple[int, int] = (0, 0)  # the first and the last hour that a file speaks for or that has items
    reigns: list[tuple[int, str]] = field(default_factory=list)  # from when which product is in force
    _last: Item | None = None
    _ahead: list[Told] = field(default_factory=list)  # items told to be of hours that are still to come

    def hear(
        self,
        hour: int,
        counters: Sequence[int],
        items: Sequence[Item],
        *,
        covered: bool = True,
        held: bool = False,
        retold: bool = False,
    ) -> None:
        """The next hour, and the items that its files tell. retold: at other times than they were made; some may be
        told to be of later hours.
        """
        self.catch_up(hour)
        told = list(zip(counters, items, strict=True))
        if retold or self._ahead:
            told = sorted((*self._ahead, *told), key=_moment)
            self._ahead = [one for one in told if one[1].produced_ms >= hour + HOUR]
            told = told[: len(told) - len(self._ahead)]
        if held and hour not in self.spoken:
            self.held.add(hour)
        self._hear(hour, told, covered)

    def catch_up(self, until: int = FOREVER) -> None:
        """Hears of the hours before that which no file speaks for, and of which items were told."""
        for hour in sorted({item.produced_ms // HOUR * HOUR for _, item in self._ahead}):
            if hour < until:
                self._hear(hour, [one for one in self._ahead if hour <= one[1].produced_ms < hour + HOUR])
        self._ahead = [one for one in self._ahead if one[1].produced_ms >= until]

    def _hear(self, hour: int, told: Sequence[Told], covered: bool = False) -> None:
        count = self.hours[hour]
        if covered or hour in self.spoken:
            self.covered.append(hour)
        if told or hour in self.covered[-1:]:
            self.reported = self.reported[0] or hour, hour
        last = self._last
        for _, item in told:
            begun = item.produced_ms - item.cycle_ms
            if last is None:
                first = self.reported[0]
                self.reigns.append((first, item.product))
                self._gap(first, begun, item.product, item.product)
            else:
                if begun != last.produced_ms:
                    self._gap(last.produced_ms, begun, last.product, item.product)
                if item.product != last.product:
                    self.reigns.append((item.produced_ms, item.product))
            last = item
        self._last = last
        count.items += len(told)
        count.counter_sum += sum(counter for counter, _ in told)
        count.unseen += unseen([counter for counter, _ in told], self.counters)
        left = [item for _, item in told]
        for shift in self.shifts:
            if shift.start_ms < hour + HOUR and hour < shift.end_ms:
                self._count(
                    hour, shift.name, [item for item in left if shift.start_ms <= item.produced_ms < shift.end_ms]
                )
                left = [item for item in left if not shift.start_ms <= item.produced_ms < shift.end_ms]
        self._count(hour, OFF_CALENDAR, left)

    def _count(self, hour: int, shift: str, items: Sequence[Item]) -> None:
        count = self.hours[hour]
        for (product, quality), pieces in Counter((item.product, item.quality) for item in items).items():
            self.made[product, hour, shift, quality] += pieces
            setattr(count, quality, getattr(count, quality) + pieces)

    def all_gaps(self) -> list[Gap]:
        """The gaps heard, and the open one from the last item to the end of the last hour."""
        if self._last is None:
            return []
        product = self._last.product
        return [*self.gaps, Gap(self._last.produced_ms, self.reported[1] + HOUR, product, product)]

    @property
    def _shortest_ms(self) -> int:
        """What is not longer can be no stop."""
        own_s = self.machine.micro_stop_after_s
        return SHORTEST_MS if own_s is None else own_s * 1000

    def _gap(self, start: int, end: int, product: str, following: str) -> None:
        if end - start > self._shortest_ms:
            self.gaps.append(Gap(start, end, product, following))


def unseen(counters: Sequence[int], rolls_over: int) -> int:
    """Numbers between the least and the greatest that nothing has. In order of time: a fall below the half begins anew,
    unless the counter rolled over, which goes on at 0 after so many numbers.
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


def _moment(told: Told) -> tuple[int, int]:
    return told[1].produced_ms, told[0]
