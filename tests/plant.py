"""A simulated factory in the midst of a shift: what had come by then went through the pipeline."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aponta.config import Factory, load
from aponta.lab.folder import simulate
from aponta.pipeline import run

NOW = datetime(2026, 3, 3, 17, 40, tzinfo=UTC)  # Tuesday, 14:40 in São Paulo: the second day of two


def make(folder: Path, **simulated: Any) -> Factory:
    """Writes the factory folder with every fault of the lab; what comes after NOW is not there yet."""
    simulate(folder, days=2, faults=("all",), **simulated)
    for path in (folder / "landing").rglob("*.txt"):
        if path.stat().st_mtime > NOW.timestamp():
            path.unlink()
    return load(folder)


def work(factory: Factory) -> None:
    """One pass at NOW."""
    run(factory, clock=lambda: NOW, wait_for_young=False)
