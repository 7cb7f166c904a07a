"""A paperless recorder at an oven: tabs, lines about the recorder above the names of columns, UTF-16."""

from collections.abc import Sequence

from aponta.lab.cells import Columns
from aponta.lab.form import Form
from aponta.lab.simulation.machine import Item
from aponta.lab.simulation.plant import Machine
from aponta.lab.simulation.shifts import local

PLACES: dict[str, int | tuple[int, int]] = {
    "produced_at": (0, 1),
    "counter": 2,
    "temperature_c": 3,
    "pressure_bar": 4,
}


def path(machine: str, hour_ms: int) -> str:
    return f"{machine}_{local(hour_ms):%y%m%d_%H}.txt"


def rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[Item]) -> list[str]:
    """One row per batch that was baked: neither its product nor its quality."""
    hour = local(hour_ms)
    return [
        f"{hour:%Y/%m/%d}\t{hour:%H}:{second // 60:02d}:{second % 60:02d}\t{counter}\t"
        f"{item.temperature / 100:.1f}\t{item.vibration / 1000:.2f}"
        for counter, item in zip(counters, items, strict=True)
        for second in ((item.produced_ms - hour_ms) // 1000,)
    ]


def head(machine: Machine, hour_ms: int, product: str) -> list[str]:
    """What recorder it is, and the names of the columns."""
    return [
        "Model\tDX1002",
        "Language Code\tportuguese",
        "File Status\tComplete",
        f"Serial No.\tS5C1{machine.code}",
        "",
        "Date\tTime\tCount\tTemp1[C]\tPress1[bar]",
    ]


def broken(row: str) -> str:
    """Behind its third column."""
    return "\r\n".join(part.strip("\t") for part in (row[: row.rindex("\t")], row[row.rindex("\t") :]))


FORM = Form(
    name="yokogawa",
    code="FOR{}",
    types=("oven",),
    path=path,
    rows=rows,
    cells=Columns("\t", PLACES),
    clock="%Y/%m/%d %H:%M:%S",
    numbers=("temperature_c", "pressure_bar"),
    counters=10**9,
    counter_from=100_000_000,
    encoding="utf-16",
    tells_cycle=False,
    head=head,
    stray=None,
    broken=broken,
)
