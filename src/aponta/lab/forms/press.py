"""The case's press: columns between semicolons, cp1252, decimal comma, a trailer that counts (CRLF)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from aponta.lab.cells import Columns, break_before_fourth_column
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import to_local

PLACES = {"counter": 1, "produced_at": 2, "product": 3, "quality": 4, "cycle_s": 5, "temperature_c": 6}
CODES = {"good": "A", "scrap": "R", "rework": "T"}
MILLISECONDS = tuple(f".{each:03d}" for each in range(1000))
STRAY = "\udc81"  # becomes the byte 0x81


def _path(machine: str, hour_ms: int) -> str:
    """Named by the local hour in which it begins."""
    return f"{machine}_{to_local(hour_ms):%Y%m%d_%H}.txt"


def _rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[SimulatedItem]) -> list[str]:
    """One row per item, without its line end. All items lie in the hour."""
    hour = f"{to_local(hour_ms):%d/%m/%Y %H}"
    seconds = [f"{hour}:{minute:02d}:{second:02d}" for minute in range(60) for second in range(60)]
    cycles = _written({item.cycle_ms for item in items}, lambda ms: f"{ms // 10},{ms % 10}")
    degrees = _written({item.temperature for item in items}, lambda c: f"{c // 100},{c % 100:02d}")
    shakes = _written({item.vibration for item in items}, lambda v: f"{v // 1000},{v % 1000:03d}")
    return [
        f"{machine};{counter};{seconds[(ms - hour_ms) // 1000]}{MILLISECONDS[ms % 1000]};{product};"
        f"{CODES[quality]};{cycles[cycle]};{degrees[temperature]};{shakes[vibration]}"
        for counter, (ms, cycle, product, quality, temperature, vibration) in zip(counters, items, strict=True)
    ]


def _header(machine: SimulatedMachine, hour_ms: int, product: str) -> list[str]:
    """The lines above the rows."""
    return [
        f"# maquina={machine.code} produto={product} inicio={to_local(hour_ms):%d/%m/%Y %H:%M:%S}",
        f"# Linha {machine.line} · {machine.name} – produção",
    ]


def _trailer(claimed: int, above: bytes) -> bytes:
    return b"# fim registros=%d" % claimed


def _noise(code: str, row: str, product: str) -> Mapping[str, str]:
    """Noise, some of it much like rows."""
    stamp = row.split(";")[2]
    return {
        "@@@@ erro de comunicação: porta COM3 @@@@": "columns",
        f"{code};{stamp};{product}": "columns",
        f"{code};17;{stamp};{product};A;24,8;68,97;2,923;2,925;;": "columns",
        f"{code};17;{stamp};{product};A;24,8;6a8,97;2,923": "number",
        f"{code};17;31/02/2026 07:61:00.250;{product};A;24,8;68,97;2,923": "time",
        f"{code};17;{stamp};{STRAY * 4};A;24,8;68,97;2,923": "encoding",
        f"\x02{STRAY}ÿÿ÷\x15\x06;;;": "encoding",
    }


def _written(values: Iterable[int], write: Callable[[int], str]) -> dict[int, str]:
    """Each value's text, made once: an hour holds thousands of items and a few hundred values."""
    return {value: write(value) for value in values}


FORM = FileForm(
    name="press",
    code="M{:02d}",
    types=("press", "injection", "assembly"),
    path=_path,
    rows=_rows,
    cells=Columns(";", PLACES),
    clock="%d/%m/%Y %H:%M:%S.%f",
    numbers=("cycle_s", "temperature_c"),
    counters=10**12,
    counter_from=100_000_000_000,
    encoding="cp1252",
    decimal=",",
    qualities=CODES,
    names_machine=True,
    header=_header,
    trailer=_trailer,
    stray=STRAY,
    break_row=break_before_fourth_column(";"),
    noise=_noise,
)
