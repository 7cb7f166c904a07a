"""A packing machine's PackML log (ISA-TR88): items and states in one file, times in UTC."""

from collections.abc import Sequence

from aponta.lab.cells import Columns, break_before_fourth_column
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import to_local
from aponta.lab.simulation.states import StateReport

PLACES = {"produced_at": 0, "counter": 2, "product": 3, "quality": 4, "cycle_s": 5, "temperature_c": 6}
CODES = {"good": "Processed", "scrap": "Defective"}
CLOCK = "%Y-%m-%dT%H:%M:%S.%f%z"
MEANS = {
    "Execute": "run",
    **dict.fromkeys(("Holding", "Held", "Unholding", "Stopping", "Stopped"), "stop"),
    **dict.fromkeys(("Suspending", "Suspended", "Unsuspending", "Idle"), "external"),
    **dict.fromkeys(("Completing", "Complete", "Resetting", "Starting"), "changeover"),
    **dict.fromkeys(("Aborting", "Aborted", "Clearing"), "failure"),
}


def _path(machine: str, hour_ms: int) -> str:
    return f"{machine}_{to_local(hour_ms):%Y%m%d_%H}.log"


def _rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[SimulatedItem]) -> list[str]:
    """One row per item."""
    return [
        f"{FORM.time_text(ms)}|Item|{counter}|{product}|{CODES[quality]}|{cycle / 1000:.3f}|{temperature / 100:.1f}"
        for counter, (ms, cycle, product, quality, temperature, _) in zip(counters, items, strict=True)
    ]


def _state_row(said: StateReport) -> str:
    return f"{FORM.time_text(said.at_ms)}|State|{said.state}|{said.reason}"


def _header(machine: SimulatedMachine, hour_ms: int, product: str) -> list[str]:
    return [f"# PackML 3.0 {machine.code} {to_local(hour_ms):%Y-%m-%d %H:%M}"]


FORM = FileForm(
    name="packml",
    code="ENV{}",
    types=("packing",),
    path=_path,
    rows=_rows,
    cells=Columns("|", PLACES),
    clock=CLOCK,
    numbers=("cycle_s", "temperature_c"),
    counters=2**31,
    counter_from=100_000_000,
    utc=True,
    qualities=CODES,
    header=_header,
    break_row=break_before_fourth_column("|"),
    state_row=_state_row,
    state_meanings=MEANS,
)
