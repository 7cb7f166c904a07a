"""The factory folder's own files: aponta.toml, machines, products, ideal cycles, calendar and the machines' layout."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from aponta.lab.plant import Plant
from aponta.lab.shifts import PATTERNS, stoppages

LOCATIONS = {"finished": "SP1/finished", "scrap": "SP1/scrap", "intermediate": "SP1/wip"}

INSTALLED = 20  # days before the first one
APONTA = """\
# A simulated factory. `aponta doctor` checks this folder; `aponta run` reads its landing folder.
[factory]
name = "Aurora Utensílios"
site = "SP1"
timezone = "America/Sao_Paulo"
language = "pt-BR"

[landing]
folders = ["landing"]
poll_seconds = 5
stable_seconds = 0                 # nobody is still writing the simulated files
due_minutes = 15
after = "leave"

[lake]
url = "data/lake"
engine = "embedded"

[ops]
url = "data/ops.db"

[stock]
name = "main"
kind = "sql"
url = "data/stock.db"
start = {start}T00:00:00        # items made before are never declared
declare = "hour_closed"
close_after_minutes = 20
locations = {{ {locations} }}
"""

HOLIDAYS = """\
[holidays]
country = "BR"
state = "SP"
"""

LAYOUT = r"""# What the machines write: one file per machine and hour, one line per item.
#
#   # maquina=M01 produto=PNL-20-AL inicio=05/01/2026 07:00:00
#   M01;147924305000;05/01/2026 07:00:00.250;PNL-20-AL;A;24,8;68,97;2,923
#   # fim registros=14500
name    = "press_v1"
version = 1
files   = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'     # regular expression on the file's name, any case
hour    = { from = "name:hour", format = "%Y%m%d_%H", is = "start" }

[text]
encoding  = "cp1252"
form      = "delimited"
delimiter = ";"
quote     = ""
decimal   = ","
thousands = ""
null      = ["", "-", "NaN"]
timezone  = "factory"         # the machines' clocks show local time
rewrite   = "no"              # a file is written once

[lines]                       # tried in this order: trailer, header, comment, blank; what is left is a record
trailer = '^# fim registros=(?P<rows>\d+)'                       # rows are checked against what was read
header  = '^# maquina=(?P<machine>\S+) produto=(?P<product>\S+)'
comment = '^#'

[fields]
machine     = { column = 1, check = ["name:machine", "header:machine"] }    # all three agree, or the file is refused
counter     = { column = 2 }                                                # rises by one with each item
produced_at = { column = 3, format = "%d/%m/%Y %H:%M:%S.%f" }               # the end of the item's cycle
product     = { column = 4 }
quality     = { column = 5, map = { A = "good", R = "scrap", T = "rework" } }
cycle_s     = { column = 6, scale = 0.01 }                                  # written in hundredths of a second

[sensors]                     # the unit is in the name; outside the range a value is kept and flagged
temperature_c  = { column = 7, range = [-20, 200] }
vibration_mm_s = { column = 8, range = [0, 100] }
"""


def write(folder: Path, plant: Plant, days: Sequence[date], layout: Iterable[tuple[str, str]] = ()) -> None:
    """Writes them into `folder`; the factory begins on the first of `days`. layout: what it says in other words."""
    locations = ", ".join(f'{place} = "{location}"' for place, location in LOCATIONS.items())
    _text(folder / "aponta.toml", APONTA.format(start=days[0], locations=locations))
    written = LAYOUT
    for usual, other in layout:
        written = written.replace(usual, other)
    _text(folder / "layouts" / "press_v1.toml", written)
    _text(folder / "calendar.toml", _calendar(days))
    _table(
        folder / "machines.csv",
        "machine,name,line,area,operation,layout,type,stock,micro_stop_after_s,stop_after_s,installed_on",
        (
            (
                *(machine.code, machine.name, machine.line, machine.area, machine.operation, "press_v1", machine.type),
                *(machine.stock, machine.micro_stop_after_s, machine.stop_after_s, days[0] - timedelta(days=INSTALLED)),
            )
            for machine in plant.machines
        ),
    )
    _table(
        folder / "products.csv",
        "product,name,unit,pieces_per_unit,stock_code,unit_value_brl",
        ((each.code, each.name, "un", 1, each.stock_code, each.value_brl) for each in plant.products),
    )
    _table(
        folder / "ideal_cycles.csv",
        "machine,product,ideal_cycle_s,valid_from",
        (
            (machine.code, product, f"{ms / 1000:.3f}", days[0])
            for machine in plant.machines
            for product, ms in machine.ideal_ms.items()
        ),
    )


def _calendar(days: Sequence[date]) -> str:
    shifts = [
        f'[[shift]]\nname = "{each.name}"\nlines = ["{each.line}"]\ndays = "mon-fri"\nstart = "{each.start}"\n'
        f'end = "{each.end}"\nbreaks = ["{each.rest[0]}-{each.rest[1]}"]\nvalid_from = {days[0]}\n'
        for each in PATTERNS
    ]
    exceptions = [
        f'[[exception]]\ndate = {each.day}\nlines = ["{each.line}"]\nkind = "stoppage"\nstart = "{each.start}"\n'
        f'end = "{each.end}"\n'
        for each in stoppages(days)
    ]
    return "\n".join([*shifts, HOLIDAYS, *exceptions])


def _table(path: Path, columns: str, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split(","))
        writer.writerows(rows)


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
