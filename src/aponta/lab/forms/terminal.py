"""A production terminal: fixed width, typed rows, a trailer that counts, sums and checks."""

import binascii
from collections.abc import Sequence

from aponta.lab.cells import FixedPlaces
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import to_local

PLACES = {
    "counter": (2, 9),
    "produced_at": (10, 23),
    "product": (24, 33),
    "quality": (34, 34),
    "pieces": (35, 37),
    "torque_nm": (38, 42),
}
CODES = {"good": "B", "scrap": "R"}
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _path(machine: str, hour_ms: int) -> str:
    """Hour and day, which come again each month."""
    return f"{machine}.{to_local(hour_ms):%H%d}"


def _rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[SimulatedItem]) -> list[str]:
    """One row per item, of 42 characters."""
    hour = f"{to_local(hour_ms):%d%m%Y%H}"
    return [
        f"3{counter:08d}{hour}{second // 60:02d}{second % 60:02d}{item.product:<10}{CODES[item.quality]}001"
        f"{item.temperature // 10:05d}"
        for counter, item in zip(counters, items, strict=True)
        for second in ((item.produced_ms - hour_ms) // 1000,)
    ]


def _header(machine: SimulatedMachine, hour_ms: int, product: str) -> list[str]:
    return [f"1{machine.code}{to_local(hour_ms):%d%m%Y}{'LINHA ' + machine.line[1:]:<10}"]


def _trailer(claimed: int, above: bytes) -> bytes:
    """Rows, the sum of their pieces - one each -, and CRC-16/KERMIT of all above."""
    plain = binascii.crc_hqx(above.translate(MIRRORED), 0)
    return b"9%06d%08d%04X" % (claimed, claimed, int(f"{plain:016b}"[::-1], 2))


def _break_row(row: str) -> str:
    """Before the product, so that neither part looks like a row of another kind."""
    at = PLACES["product"][0] - 1
    return f"{row[:at]}\r\n{row[at:]}"


FORM = FileForm(
    name="terminal",
    code="MAQ{:02d}",
    types=("assembly",),
    path=_path,
    rows=_rows,
    cells=FixedPlaces(PLACES, numbers=("counter", "pieces", "torque_nm")),
    clock="%d%m%Y%H%M%S",
    numbers=("torque_nm", "torque_nm"),
    counters=10**8,
    counter_from=10_000_000,
    encoding="latin-1",
    decimal="",
    qualities=CODES,
    has_cycle=False,
    names_hour=False,
    names_machine=True,
    writes_empty=False,
    header=_header,
    trailer=_trailer,
    has_checksum=True,
    stray=None,
    break_row=_break_row,
)
