"""A factory whose machine S01 reports its items and its states in one file. Seconds count from START."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import factory as small

from aponta.config import Factory

LAYOUT = r"""
name = "reporting"
version = 1
files = '(?P<machine>S\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
[fields]
machine = { column = 2 }
produced_at = { column = 3, format = "%d/%m/%Y %H:%M:%S.%f" }
counter = { column = 4 }
product = { column = 5 }
quality = { column = 6, map = { A = "good", R = "scrap" } }
cycle_s = { column = 7 }
[record]
column = 1
items = ["I"]
states = ["S"]
[states]
columns = 5
state = { column = 4, map = { RUN = "run", HALT = "stop", SETUP = "changeover", WAIT = "external", FAIL = "failure" } }
reason = { column = 5 }
"""
MACHINES = small.MACHINES + "S01,L1,reporting,finished\n"


@dataclass(frozen=True)
class State:
    at: float
    state: str
    reason: str = ""

    @property
    def hour(self) -> int:
        return int(self.at // 3600)


def stamp(at: float) -> str:
    local = small.START - small.BEHIND_UTC + timedelta(seconds=at)
    return f"{local:%d/%m/%Y %H:%M:%S}.{local.microsecond // 1000:03d}"


def row(record: small.Item | State) -> str:
    at = stamp(record.at)
    if isinstance(record, State):
        return f"S;S01;{at};{record.state};{record.reason}"
    cycle_s = record.cycle.replace(",", ".")
    return f"I;S01;{at};{record.counter};{record.product};{record.quality};{cycle_s}"


def text(rows: Iterable[small.Item | State]) -> bytes:
    return "".join(f"{row(record)}\r\n" for record in sorted(rows, key=lambda record: record.at)).encode()


def make(folder: Path, **changed: str) -> Factory:
    (folder / "layouts").mkdir(parents=True, exist_ok=True)
    (folder / "layouts" / "reporting.toml").write_text(LAYOUT, encoding="utf-8")
    return small.make(folder, **{"machines": MACHINES} | changed)
