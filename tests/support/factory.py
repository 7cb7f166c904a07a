"""A small factory for tests: its configuration, its machines' files, and what the pipeline makes of them.

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
from aponta.contract.lake import Lake
from aponta.lake.open import open_lake
from aponta.lake.published import published_versions
from aponta.ops.database import connect, transaction
from aponta.ops.tables import receipt
from aponta.pipeline.report import PassOptions, Progress, Report
from aponta.pipeline.run import run_pass
from aponta.refine.tables import all_tables
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
STOPPED = {  # an empty file means that the machine stood still
    layout: FILES[f"layouts/{layout}.toml"].replace("[text]", 'empty = "stopped"\n[text]', 1)
    for layout in ("counted", "uncounted")
}
CLOCKLESS = {  # and times that a lost clock leaves out are rebuilt
    name: layout.replace(':%S.%f" }', ':%S.%f", rebuild = "cycle" }') for name, layout in STOPPED.items()
}


def make(folder: Path, **changed: str) -> Factory:
    """Writes the factory folder; `changed` gives a file other content, by its name's stem (`calendar=...`)."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(changed.get(Path(path).stem, content), encoding="utf-8")
    (folder / "landing").mkdir(exist_ok=True)
    return load(folder)


def copy_to(factory: Factory, folder: Path) -> Factory:
    """A copy to go on from: a pass costs a second, its copy nothing."""
    shutil.copytree(factory.folder, folder, dirs_exist_ok=True)
    return load(folder)


@dataclass(frozen=True)
class Item:
    at: float  # seconds after START
    counter: int
    product: str = "P"
    quality: str = "A"
    cycle: str = "5"
    written: str | None = None  # the time as the machine's clock writes it, instead of `at`

    @property
    def hour(self) -> int:
        """Hours after START."""
        return int(self.at // 3600)

    def row(self, machine: str) -> str:
        local = START - BEHIND_UTC + timedelta(seconds=self.at)
        at = f"{local:%d/%m/%Y %H:%M:%S}.{local.microsecond // 1000:03d}"
        written = at if self.written is None else self.written
        return f"{machine};{self.counter};{written};{self.product};{self.quality};{self.cycle}"


def steady(hour: int, count: int = 12, *, first: int | None = None, **same: Any) -> list[Item]:
    """Items over a whole hour, 290 s apart: the hour is covered from end to end. Counters go on from hour to hour."""
    start = 1 + hour * count if first is None else first
    return [Item(hour * 3600 + 10 + number * 290, start + number, **same) for number in range(count)]


def text(machine: str, items: Iterable[Item], trailer: int | bool = True) -> bytes:
    """A machine's file; trailer: True claims the rows there are, a number claims that many, False leaves it out."""
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
    written_at = (START + timedelta(seconds=written)).timestamp()
    os.utime(path, (written_at, written_at))
    return path


def run(factory: Factory, now: datetime = WEEK_LATER, *, progress: Progress | None = None, **options: Any) -> Report:
    """One pass at that time. Each pass must satisfy the law of accounting. options: of PassOptions."""
    wanted = PassOptions(wait_for_young=False, **options)
    report = run_pass(factory, wanted, clock=lambda: now, progress=progress)
    rows, items = report.counts.rows, report.counts.items
    assert rows["total"] == rows["records"] + rows["states"] + rows["quarantined"] + rows["skipped"], rows
    assert rows["records"] == items["new"] + items["known"] + items["changed"] + items["repeated"], (rows, items)
    return report


def content(
    factory: Factory, table: str, without: Sequence[str] = (), lake: Lake | None = None
) -> list[dict[str, Any]]:
    """All rows of a table as published, sorted by their content. Times are integer microseconds, UTC.

    lake: opened already, for who reads several tables.
    """
    lake = lake or open_lake(factory.lake_folder)
    (rows,) = (lake.collect(lake.read(each)) for each in all_tables(factory.sensors) if each.name == table)
    compared = [{name: value for name, value in row.items() if name not in without} for row in rows]
    return sorted(compared, key=lambda row: [(value is not None, value) for value in row.values()])


def everything(factory: Factory) -> dict[str, Any]:
    """Every row of every table, and the stock system's own movements."""
    lake = open_lake(factory.lake_folder)
    rows = {table.name: content(factory, table.name, lake=lake) for table in all_tables(factory.sensors)}
    return rows | {"on hand": on_hand(factory)}


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
    """Rows that may not depend on how the files came: all columns but an item's file and when that file came."""
    lake = open_lake(factory.lake_folder)
    rows = {table: content(factory, table, ("received_at", "file_sha256", "row_no"), lake) for table in FACTS}
    return rows | {"on hand": on_hand(factory)}


def on_hand(factory: Factory) -> dict[tuple[str, str], Decimal]:
    """(stock code, location) -> quantity, as the stock system has it; nothing where it is 0."""
    (destination,) = factory.settings.stock
    quantities = open_destination(destination, factory.stock_url(destination), factory.folder).on_hand()
    return {(code, place): quantity for code, place, quantity in quantities if quantity}


def versions(factory: Factory) -> dict[str, int]:
    """Table -> version that readers see."""
    return published_versions(factory.lake_folder)


def receipts(factory: Factory) -> list[tuple[str, str, str]]:
    """(hash, hash before it, body) in the order of the chain."""
    engine = connect(factory.ops_url)
    try:
        with transaction(engine) as connection:
            rows = connection.execute(select(receipt).order_by(receipt.c.number))
            return [(row.hash, row.previous, row.body) for row in rows]
    finally:
        engine.dispose()
