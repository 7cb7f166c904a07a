"""A small factory to test with: its configuration, its machines' files, and what the pipeline made of them.

M01 (finished goods) and M02 (work in process) number their items; N01 does not. P and Q are counted in pieces, B in
boxes of 12. Seconds count from START, when Monday's shift begins.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from aponta.config import Factory, load
from aponta.lake.embedded import EmbeddedLake
from aponta.lake.published import published
from aponta.ops.database import connect, transaction
from aponta.ops.tables import receipt
from aponta.pipeline.run import Report, run_pass, tables
from aponta.ship.destinations import open_destination

START = datetime(2026, 3, 2, 10, tzinfo=UTC)  # 07:00 in São Paulo
BEHIND_UTC = timedelta(hours=3)
WEEK_LATER = START + timedelta(days=7)  # every hour is long over then

SETTINGS = """
[factory]
name = "Test"
site = "T"
[landing]
stable_seconds = 0
[stock]
start = 2026-03-01T00:00:00
locations = { finished = "finished", scrap = "scrap", intermediate = "wip" }
"""
CALENDAR = """
[[shift]]
name = "1"
start = "07:00"
end = "19:00"
breaks = ["08:30-08:45"]
"""
LAYOUT = r"""
name = "{name}"
version = 1
files = '(?P<machine>{letter}\d\d)_(?P<hour>\d{{8}}_\d{{2}}).*\.txt'
hour = {{ from = "name:hour", format = "%Y%m%d_%H" }}
[text]
decimal = ","
null = ["", "-"]
columns = 6
quote = '"'
[lines]
trailer = '^# end (?P<rows>\d+)'
header = '^# of (?P<machine>\S+)'
comment = '^#'
[fields]
machine = {{ column = 1, check = ["name:machine", "header:machine"] }}
{counter}
produced_at = {{ column = 3, format = "%d/%m/%Y %H:%M:%S.%f" }}
product = {{ column = 4 }}
quality = {{ column = 5, map = {{ A = "good", R = "scrap", T = "rework" }} }}
cycle_s = {{ column = 6 }}
"""
MACHINES = """machine,line,layout,stock
M01,L1,counted,finished
M02,L1,counted,intermediate
N01,L1,uncounted,finished
"""
PRODUCTS = "product,unit,pieces_per_unit,stock_code\nP,pc,1,SKU-P\nQ,pc,1,\nB,box,12,SKU-B\n"
CYCLES = "machine,product,ideal_cycle_s\n*,P,5\nM01,Q,10\n*,B,2\n"
FILES = {
    "aponta.toml": SETTINGS,
    "calendar.toml": CALENDAR,
    "machines.csv": MACHINES,
    "products.csv": PRODUCTS,
    "ideal_cycles.csv": CYCLES,
    "layouts/counted.toml": LAYOUT.format(name="counted", letter="M", counter="counter = { column = 2 }"),
    "layouts/uncounted.toml": LAYOUT.format(name="uncounted", letter="N", counter=""),
}
STOPPED = {  # an empty file says that the machine stood
    one: FILES[f"layouts/{one}.toml"].replace("[text]", 'empty = "stopped"\n[text]', 1)
    for one in ("counted", "uncounted")
}
CLOCKLESS = {  # and times that the clock does not tell are made anew
    one: layout.replace(':%S.%f" }', ':%S.%f", rebuild = "cycle" }') for one, layout in STOPPED.items()
}


def make(folder: Path, **changed: str) -> Factory:
    """Writes the factory folder; `changed` gives a file other content, by its name's stem (`calendar=...`)."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(changed.get(Path(path).stem, content), encoding="utf-8")
    (folder / "landing").mkdir(exist_ok=True)
    return load(folder)


def copied(made: Factory, folder: Path) -> Factory:
    """As it was left, to go on from there: a pass costs a second, its copy nothing."""
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    return load(folder)


@dataclass(frozen=True)
class Item:
    at: float  # seconds after START
    counter: int
    product: str = "P"
    quality: str = "A"
    cycle: str = "5"
    written: str | None = None  # what the machine's clock says instead of `at`

    @property
    def hour(self) -> int:
        """Hours after START."""
        return int(self.at // 3600)

    def row(self, machine: str) -> str:
        local = START - BEHIND_UTC + timedelta(seconds=self.at)
        at = f"{local:%d/%m/%Y %H:%M:%S}.{local.microsecond // 1000:03d}"
        told = at if self.written is None else self.written
        return f"{machine};{self.counter};{told};{self.product};{self.quality};{self.cycle}"


def steady(hour: int, count: int = 12, *, first: int | None = None, **same: Any) -> list[Item]:
    """Items all over one hour, 290 s apart: it is covered from end to end. Counters go on from hour to hour."""
    start = 1 + hour * count if first is None else first
    return [Item(hour * 3600 + 10 + number * 290, start + number, **same) for number in range(count)]


def text(machine: str, items: Iterable[Item], trailer: int | bool = True) -> bytes:
    """A machine's file; the trailer says how many rows there are, or what it is told to say."""
    rows = [item.row(machine) for item in items]
    end = [] if trailer is False else [f"# end {len(rows) if trailer is True else trailer}"]
    return "".join(f"{row}\r\n" for row in (f"# of {machine}", *rows, *end)).encode()


def name(machine: str, hour: int, tail: str = "") -> str:
    return f"{machine}_{START - BEHIND_UTC + timedelta(hours=hour):%Y%m%d_%H}{tail}.txt"


def deliver(factory: Factory, name: str, data: bytes, written: int = 0) -> Path:
    """Puts a file into the landing folder, written so many seconds after START. Files of one name get a folder each."""
    number = 0
    while (path := factory.folder / "landing" / str(number) / name).exists():
        number += 1
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    moment = (START + timedelta(seconds=written)).timestamp()
    os.utime(path, (moment, moment))
    return path


def run(factory: Factory, now: datetime = WEEK_LATER, **options: Any) -> Report:
    """One pass at that time. The law of accounting is held against each."""
    report = run_pass(factory, clock=lambda: now, wait_for_young=False, **options)
    rows, items = report.counts.rows, report.counts.items
    assert rows["total"] == rows["records"] + rows["states"] + rows["quarantined"] + rows["skipped"], rows
    assert rows["records"] == items["new"] + items["known"] + items["changed"] + items["repeated"], (rows, items)
    return report


def content(factory: Factory, table: str, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """All rows of a table as published, in order of their own content. Times are integer microseconds, UTC."""
    lake = EmbeddedLake(factory.lake_folder, versions(factory))
    (found,) = (lake.collect(lake.read(one)) for one in tables(factory) if one.name == table)
    kept = [{name: value for name, value in row.items() if name not in without} for row in found]
    return sorted(kept, key=lambda row: [(value is not None, value) for value in row.values()])


def everything(factory: Factory) -> dict[str, Any]:
    """Every row of every table, and the stock system's own movements."""
    return {table.name: content(factory, table.name) for table in tables(factory)} | {"on hand": on_hand(factory)}


FACTS = (
    "silver.items",
    "silver.hours",
    "silver.runs",
    "silver.states",
    "silver.stops",
    "gold.production",
    "kpi.oee",
)


def facts(factory: Factory) -> dict[str, Any]:
    """What may not depend on how the files came: all but which file an item stands in and when that came."""
    told = {table: content(factory, table, ("received_at", "file_sha256", "row_no")) for table in FACTS}
    return told | {"on hand": on_hand(factory)}


def on_hand(factory: Factory) -> dict[tuple[str, str], Decimal]:
    """(stock code, location) -> quantity, as the stock system has it; nothing where it is 0."""
    (destination,) = factory.settings.stock
    held = open_destination(destination, factory.stock_url(destination), factory.folder).on_hand()
    return {(code, place): quantity for code, place, quantity in held if quantity}


def versions(factory: Factory) -> dict[str, int]:
    """Table -> version that readers see."""
    return published(factory.lake_folder)


def receipts(factory: Factory) -> list[tuple[str, str, str]]:
    """(hash, hash before it, body) in the order of the chain."""
    engine = connect(factory.ops_url)
    try:
        with transaction(engine) as connection:
            rows = connection.execute(select(receipt).order_by(receipt.c.number))
            return [(row.hash, row.previous, row.body) for row in rows]
    finally:
        engine.dispose()
