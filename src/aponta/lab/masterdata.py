"""The factory folder's own files: aponta.toml, machines, products, ideal cycles, calendar and the machines' layouts."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from aponta.lab.form import FileForm
from aponta.lab.simulation.plant import SimulatedPlant
from aponta.lab.simulation.shifts import PATTERNS, stoppages

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


def write_master_data(folder: Path, plant: SimulatedPlant, days: Sequence[date], forms: Mapping[str, FileForm]) -> None:
    """Writes them into `folder`; the factory begins on the first of `days`. forms: of its machines' files, by name."""
    locations = ", ".join(f'{place} = "{location}"' for place, location in LOCATIONS.items())
    _text(folder / "aponta.toml", APONTA.format(start=days[0], locations=locations))
    for form in forms.values():
        _text(folder / "layouts" / form.layout_file.name, form.toml)
    _text(folder / "calendar.toml", _calendar(days))
    _table(
        folder / "machines.csv",
        "machine,name,line,area,operation,layout,type,stock,micro_stop_after_s,stop_after_s,installed_on",
        (
            (
                *(machine.code, machine.name, machine.line, machine.area, machine.operation),
                *(forms[machine.form].layout_file.stem, machine.type),
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
