"""The same records as delimited text, in columns of fixed width and as pairs, each with the layout that reads it."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NAMES = ("M", "CNT", "T", "PRD", "Q", "CYC", "HEAT", "VIB")  # of pairs
WIDTHS = (4, 14, 24, 12, 2, 8, 9, 9)
FIELDS = ("machine", "counter", "produced_at", "product", "quality", "cycle_s", "temperature_c", "vibration_mm_s")
ENDS = tuple(sum(WIDTHS[: number + 1]) for number in range(len(WIDTHS)))


def _fixed(cells: list[str]) -> str:
    return "".join(cell.rjust(width) for cell, width in zip(cells, WIDTHS, strict=True))


def _pairs(cells: list[str]) -> str:
    return ";".join(f"{name}={cell}" for name, cell in zip(NAMES, cells, strict=True))


WRITTEN: dict[str, Callable[[list[str]], str]] = {"delimited": ";".join, "fixed": _fixed, "pairs": _pairs}


def place(form: str, number: int) -> dict[str, Any]:
    """Where the column of that number, from 0, stands."""
    if form == "fixed":
        return {"at": (ENDS[number] - WIDTHS[number] + 1, ENDS[number])}
    return {"key": NAMES[number]} if form == "pairs" else {"column": number + 1}


def layout(folder: Path, form: str) -> dict[str, Any]:
    """The layout of a simulated factory, for files of another form."""
    (path,) = (folder / "layouts").glob("*.toml")
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    told["text"]["form"] = form
    for number, name in enumerate(FIELDS):
        table = told["fields"] if name in told["fields"] else told["sensors"]
        del table[name]["column"]
        table[name] |= place(form, number)
    return told


def rows(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The records of a simulated factory, by file, as text without what stands beside them."""
    for path in sorted((folder / "landing").rglob("*.txt")):
        text = path.read_text(encoding="cp1252")
        yield path.name, [row for row in text.split("\n") if row and not row.startswith("#")]


def write(folder: Path, into: Path) -> None:
    """The records of a simulated factory in each form: a folder of files each, made once."""
    for form, written in WRITTEN.items():
        if not (into / form).exists():
            (into / form).mkdir(parents=True)
            for name, found in rows(folder):
                text = "".join(f"{written(row.split(';'))}\r\n" for row in found)
                (into / form / name).write_bytes(text.encode("cp1252"))
