"""A packing machine's PackML log (ISA-TR88): items and states in one file, times in UTC."""

from collections.abc import Sequence

from aponta.lab.cells import Columns, broken
from aponta.lab.form import Form
from aponta.lab.simulation.machine import Item
from aponta.lab.simulation.plant import Machine
from aponta.lab.simulation.shifts import local
from aponta.lab.simulation.states import Said

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


def path(machine: str, hour_ms: int) -> str:
    return f"{machine}_{local(hour_ms):%Y%m%d_%H}.log"


def rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[Item]) -> list[str]:
    """One row per item."""
    return [
        f"{FORM.moment(ms)}|Item|{counter}|{product}|{CODES[quality]}|{cycle / 1000:.3f}|{temperature / 100:.1f}"
        for counter, (ms, cycle, product, quality, temperature, _) in zip(counters, items, strict=True)
    ]


def says(said: Said) -> str:
    return f"{FORM.moment(said.at_ms)}|State|{said.state}|{said.reason}"


def head(machine: Machine, hour_ms: int, product: str) -> list[str]:
    return [f"# PackML 3.0 {machine.code} {local(hour_ms):%Y-%m-%d %H:%M}"]


FORM = Form(
    name="packml",
    code="ENV{}",
    types=("packing",),
    path=path,
    rows=rows,
    cells=Columns("|", PLACES),
    clock=CLOCK,
    numbers=("cycle_s", "temperature_c"),
    counters=2**31,
    counter_from=100_000_000,
    utc=True,
    qualities=CODES,
    head=head,
    broken=broken("|"),
    says=says,
    means=MEANS,
)
