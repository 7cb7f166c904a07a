"""What a machine writes: its items of an hour as the bytes of a `press_v1` file (CRLF, cp1252, decimal comma)."""

from collections.abc import Callable, Iterable, Sequence

from aponta.lab.machine import Item
from aponta.lab.plant import Machine
from aponta.lab.shifts import local

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


def file_bytes(machine: Machine, hour_ms: int, product: str, rows: Sequence[str], trailer: int | None) -> bytes:
    """The whole file; `trailer` is the number of rows it claims, None leaves the trailer out.

    A character U+DC80..U+DCFF in a row becomes the byte 0x80..0xFF: so faults write what cp1252 cannot.
    """
    lines = [
        f"# maquina={machine.code} produto={product} inicio={local(hour_ms):%d/%m/%Y %H:%M:%S}",
        f"# Linha {machine.line} · {machine.name} – produção",
        *rows,
    ]
    if trailer is not None:
        lines.append(f"# fim registros={trailer}")
    lines.append("")
    return "\r\n".join(lines).encode("cp1252", "surrogateescape")


def _written(values: Iterable[int], write: Callable[[int], str]) -> dict[int, str]:
    """Each value's text, made once: an hour holds thousands of items and a few hundred values."""
    return {value: write(value) for value in values}
