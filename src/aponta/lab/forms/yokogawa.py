"""A paperless recorder at an oven: tabs, lines about the recorder above the names of columns, UTF-16."""

from collections.abc import Sequence

from aponta.lab.cells import Columns
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import to_local

PLACES: dict[str, int | tuple[int, int]] = {
    "produced_at": (0, 1),
    "counter": 2,
    "temperature_c": 3,
    "pressure_bar": 4,
}


def _path(machine: str, hour_ms: int) -> str:
    return f"{machine}_{to_local(hour_ms):%y%m%d_%H}.txt"


def _rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[SimulatedItem]) -> list[str]:
    """One row per batch that was baked: neither its product nor its quality."""
    hour = to_local(hour_ms)
    return [
        f"{hour:%Y/%m/%d}\t{hour:%H}:{second // 60:02d}:{second % 60:02d}\t{counter}\t"
        f"{item.temperature / 100:.1f}\t{item.vibration / 1000:.2f}"
        for counter, item in zip(counters, items, strict=True)
        for second in ((item.produced_ms - hour_ms) // 1000,)
    ]


def _header(machine: SimulatedMachine, hour_ms: int, product: str) -> list[str]:
    """The identity of the recorder, and the names of the columns."""
    return [
        "Model\tDX1002",
        "Language Code\tportuguese",
        "File Status\tComplete",
        f"Serial No.\tS5C1{machine.code}",
        "",
        "Date\tTime\tCount\tTemp1[C]\tPress1[bar]",
    ]


def _break_row(row: str) -> str:
    """Behind its third column."""
    return "\r\n".join(part.strip("\t") for part in (row[: row.rindex("\t")], row[row.rindex("\t") :]))


FORM = FileForm(
    name="yokogawa",
    code="FOR{}",
    types=("oven",),
    path=_path,
    rows=_rows,
    cells=Columns("\t", PLACES),
    clock="%Y/%m/%d %H:%M:%S",
    numbers=("temperature_c", "pressure_bar"),
    counters=10**9,
    counter_from=100_000_000,
    encoding="utf-16",
    has_cycle=False,
    header=_header,
    stray=None,
    break_row=_break_row,
)
