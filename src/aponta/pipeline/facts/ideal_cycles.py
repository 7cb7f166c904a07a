"""The ideal cycle (PRI) of a product on a machine, hour by hour: the most exact line of ideal_cycles.csv."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aponta.config import Factory
from aponta.config.master import IdealCycle
from aponta.factory_calendar import to_us

Row = tuple[str, str, int, int]  # machine, product, hour, microseconds
Line = tuple[int, int, int]  # how exact it is, since when, microseconds


def ideal_rows(
    factory: Factory, made: Collection[tuple[str, str]], hours: Mapping[str, Collection[int]]
) -> Iterator[Row]:
    """For each (machine, product) and each of the machine's hours: machine, product, hour, ideal cycle. No row if none
    is given.
    """
    for machine, product in sorted(made):
        fitting = applicable_cycles(factory.ideal_cycles, factory.zone, machine, product)
        for hour in sorted(hours.get(machine, ())):
            cycle = best_match(fitting, hour)
            if cycle is not None:
                yield machine, product, hour, cycle


def applicable_cycles(lines: Iterable[IdealCycle], zone: ZoneInfo, machine: str, product: str) -> list[Line]:
    """Those for the product on the machine. A line is valid from the first hour that begins on its day."""
    return [
        ((line.machine != "*") * 2 + (line.product != "*"), _begins(line, zone), round(line.ideal_cycle_s * 1_000_000))
        for line in lines
        if line.machine in ("*", machine) and line.product in ("*", product)
    ]


def best_match(lines: Iterable[Line], at: int) -> int | None:
    """The line that names the machine and the product wins, then one that names the machine, then one that names the
    product; the newest of equals.
    """
    valid = [line for line in lines if line[1] <= at]
    return max(valid)[2] if valid else None


def _begins(line: IdealCycle, zone: ZoneInfo) -> int:
    day = line.valid_from
    return to_us(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
