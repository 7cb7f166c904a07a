"""A script beside a robot: pairs of key and value, times in milliseconds since 1970, LF alone."""

from collections.abc import Sequence

from aponta.lab.cells import Pairs
from aponta.lab.form import EPOCH_MS, FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.shifts import to_local

KEYS = {"produced_at": "ts", "product": "prog", "counter": "n", "quality": "res", "current_a": "amp"}
CODES = {"good": "OK", "scrap": "NOK"}


def _path(machine: str, hour_ms: int) -> str:
    return f"{machine}-{to_local(hour_ms):%Y%m%d%H}.log"


def _rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[SimulatedItem]) -> list[str]:
    """One row per item."""
    return [
        f"ts={item.produced_ms};prog={item.product};n={counter};res={CODES[item.quality]};"
        f"amp={100 + item.temperature / 100:.1f}"
        for counter, item in zip(counters, items, strict=True)
    ]


FORM = FileForm(
    name="logger",
    code="ROB{}",
    types=("assembly",),
    path=_path,
    rows=_rows,
    cells=Pairs(";", KEYS),
    clock=EPOCH_MS,
    numbers=("current_a", "current_a"),
    counters=10**9,
    counter_from=100_000_000,
    newline="\n",
    qualities=CODES,
    has_cycle=False,
    writes_empty=False,
)
