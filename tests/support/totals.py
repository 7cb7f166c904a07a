"""A factory whose machine T01 writes running totals, each minute or at each change. Seconds count from START."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import factory as small

from aponta.config import Factory

LAYOUT = r"""
name = "totals"
version = 1
files = '(?P<machine>T\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
[text]
columns = 5
[fields]
machine = { column = 1, check = ["name:machine"] }
produced_at = { column = 2, format = "%d/%m/%Y %H:%M:%S" }
product = { column = 3 }
good_total = { column = 4 }
scrap_total = { column = 5 }
"""
MACHINES = small.MACHINES + "T01,L1,totals,finished\n"
ROLLS = LAYOUT.replace("column = 4 }", "column = 4, rollover = 1000 }")


@dataclass(frozen=True)
class Reading:
    at: int
    good: int
    scrap: int = 0
    product: str = "P"

    @property
    def hour(self) -> int:
        return self.at // 3600

    @property
    def row(self) -> str:
        local = small.START - small.BEHIND_UTC + timedelta(seconds=self.at)
        return f"T01;{local:%d/%m/%Y %H:%M:%S};{self.product};{self.good};{self.scrap}"


def text(rows: Iterable[Reading]) -> bytes:
    return "".join(f"{reading.row}\r\n" for reading in rows).encode()


def make(folder: Path, layout: str = LAYOUT, **changed: str) -> Factory:
    (folder / "layouts").mkdir(parents=True, exist_ok=True)
    (folder / "layouts" / "totals.toml").write_text(layout)
    return small.make(folder, machines=MACHINES, **changed)


def deliver(factory: Factory, rows: Iterable[Reading], tail: str = "", hour: int | None = None) -> None:
    """A file of these rows, named after the hour of the first."""
    readings = list(rows)
    small.deliver(factory, small.name("T01", readings[0].hour if hour is None else hour, tail), text(readings))


def minutes(hour: int, *, since: int = 0, each: int = 12, first: int | None = None, count: int = 60) -> list[Reading]:
    """One row a minute for an hour: P at its ideal cycle of 5 s; the total goes on from hour to hour."""
    start = since + hour * 60 * each if first is None else first
    return [Reading(hour * 3600 + n * 60, start + n * each) for n in range(count)]
