"""What a machine writes: its items of an hour as the bytes of a `press_v1` file (CRLF, cp1252, decimal comma)."""

from collections.abc import Callable, Iterable, Sequence

from aponta.lab.machine import Item
from aponta.lab.plant import Machine
from aponta.lab.shifts import local

COUNTERS = 10**12  # a counter has twelve digits; then it goes on at 0
COUNTER, TIME, PRODUCT, QUALITY, CYCLE, TEMPERATURE = range(1, 7)  # columns of a row
CODES = {"good": "A", "scrap": "R", "rework": "T"}
MILLISECONDS = tuple(f".{each:03d}" for each in range(1000))


def file_name(machine: str, hour_ms: int) -> str:
    """Named by the local hour in which it begins."""
    return f"{machine}_{local(hour_ms):%Y%m%d_%H}.txt"


def rows(machine: str, hour_ms: int, counters: Sequence[int], items: Sequence[Item]) -> list[str]:
    """One row per item, without its line end. All items lie in the hour."""
    hour = f"{local(hour_ms):%d/%m/%Y %H}"
    seconds = [f"{hour}:{minute:02d}:{second:02d}" for minute in range(60) for second in range(60)]
    cycles = _written({item.cycle_ms for item in items}, lambda ms: f"{ms // 10},{ms % 10}")
    degrees = _written({item.temperature for item in items}, lambda c: f"{c // 100},{c % 100:02d}")
    shakes = _written({item.vibration for item in items}, lambda v: f"{v // 1000},{v % 1000:03d}")
    return [
        f"{machine};{counter};{seconds[(ms - hour_ms) // 1000]}{MILLISECONDS[ms % 1000]};{product};"
        f"{CODES[quality]};{cycles[cycle]};{degrees[temperature]};{shakes[vibration]}"
        for counter, (ms, cycle, product, quality, temperature, vibration) in zip(counters, items, strict=True)
    ]


def moment(ms: int) -> str:
    """A time as rows have it."""
    return f"{local(ms // 1000 * 1000):%d/%m/%Y %H:%M:%S}{MILLISECONDS[ms % 1000]}"


def changed(row: str, column: int, text: str) -> str:
    """The row with another text in a column."""
    fields = row.split(";")
    fields[column] = text
    return ";".join(fields)


def file_bytes(
    machine: Machine,
    hour_ms: int,
    product: str,
    rows: Sequence[str],
    trailer: int | None,
    encoding: str = "cp1252",
    seal: Callable[[bytes], bytes] = lambda above: b"",
) -> bytes:
    """The whole file; `trailer` is the number of rows it claims, None leaves the trailer out. It ends with what `seal`
    makes of the bytes above it.

    A character U+DC80..U+DCFF in a row becomes the byte 0x80..0xFF: so faults write what cp1252 cannot.
    """
    lines = [*head(machine, hour_ms, product), *rows, ""]
    above = "\r\n".join(lines).encode(encoding, "surrogateescape")
    if trailer is None:
        return above
    return above + b"# fim registros=%d" % trailer + seal(above) + b"\r\n"


def head(machine: Machine, hour_ms: int, product: str) -> list[str]:
    """The lines above the rows."""
    return [
        f"# maquina={machine.code} produto={product} inicio={local(hour_ms):%d/%m/%Y %H:%M:%S}",
        f"# Linha {machine.line} · {machine.name} – produção",
    ]


def _written(values: Iterable[int], write: Callable[[int], str]) -> dict[int, str]:
    """Each value's text, made once: an hour holds thousands of items and a few hundred values."""
    return {value: write(value) for value in values}
