"""An injection moulder's session reports (EUROMAP 63): commas, quoted text, names of columns, each row on two lines."""

from collections.abc import Sequence

from aponta.lab.cells import Columns
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import to_local

PLACES: dict[str, int | tuple[int, int]] = {
    "produced_at": (0, 1),
    "stroke_mm": 2,
    "barrel_c": 3,
    "cycle_s": 4,
    "counter": 5,
    "quality": 6,
    "product": 7,
}
CODES = {"good": "0", "scrap": "1"}
FIRST_LINE = 5  # columns on it


def _path(machine: str, hour_ms: int) -> str:
    """A folder a machine and day; reports are numbered by the hours of the year."""
    hour = to_local(hour_ms)
    number = (hour.timetuple().tm_yday - 1) * 24 + hour.hour
    return f"{machine}/{hour:%Y%m%d}/REPORT{number:04d}.DAT"


def _rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[SimulatedItem]) -> list[str]:
    """One row per item, not wrapped yet."""
    hour = to_local(hour_ms)
    return [
        f"{hour:%Y%m%d},{hour:%H}:{second // 60:02d}:{second % 60:02d},{vibration / 1000:.2f},{temperature / 100:.1f},"
        f'{cycle / 1000:.3f},{counter},{CODES[quality]},"{product}"'
        for counter, (ms, cycle, product, quality, temperature, vibration) in zip(counters, items, strict=True)
        for second in ((ms - hour_ms) // 1000,)
    ]


def _header(machine: SimulatedMachine, hour_ms: int, product: str) -> list[str]:
    """The names of the columns, as long as rows are."""
    return ["DATE,TIME,ActStrCsh[1],ActTmpBrlZn[1,3],ActTimCyc,", " ActCntCyc,ActStsPrt,SetDescJob"]


def _wrap(row: str) -> str:
    """Its last columns go on in a line of their own."""
    columns = row.split(",", FIRST_LINE)
    return row if len(columns) <= FIRST_LINE else f"{','.join(columns[:FIRST_LINE])},\r\n {columns[FIRST_LINE]}"


FORM = FileForm(
    name="euromap63",
    code="INJ{}",
    types=("injection",),
    path=_path,
    rows=_rows,
    cells=Columns(",", PLACES, quoted=("product",), quote='"'),
    clock="%Y%m%d %H:%M:%S",
    numbers=("cycle_s", "barrel_c"),
    counters=2**31,
    counter_from=10_000_000,
    qualities=CODES,
    names_hour=False,
    writes_empty=False,
    header=_header,
    wrap=_wrap,
)
