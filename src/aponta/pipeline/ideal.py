"""The ideal cycle (PRI) of a product on a machine, hour by hour: the most exact line of ideal_cycles.csv."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from aponta.calendar import to_us
from aponta.config import Factory

Row = tuple[str, str, int, int]  # machine, product, hour, microseconds


def ideal_rows(
    factory: Factory, made: Collection[tuple[str, str]], hours: Mapping[str, Collection[int]]
) -> Iterator[Row]:
    """For each (machine, product) and each of the machine's hours: machine, product, hour, ideal cycle. Where none is
    given, no row.

    A line is valid from the first hour that begins on its day. Of two lines the one that names the machine and the
    product wins, then the one that names the machine, then the product; of equals the newest.
    """
    lines = sorted(
        (
            (to_us(datetime(day.year, day.month, day.day, tzinfo=factory.zone).astimezone(UTC)), line)
            for line in factory.ideal_cycles
            for day in (line.valid_from,)
        ),
        key=lambda dated: dated[0],
    )
    for machine, product in sorted(made):
        fitting = [
            ((line.machine != "*") * 2 + (line.product != "*"), since, round(line.ideal_cycle_s * 1_000_000))
            for since, line in lines
            if line.machine in ("*", machine) and line.product in ("*", product)
        ]
        for hour in sorted(hours.get(machine, ())):
            valid = [(exactness, since, cycle) for exactness, since, cycle in fitting if since <= hour]
            if valid:
                yield machine, product, hour, max(valid)[2]
